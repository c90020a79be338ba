//! Wire bytes to text and back, led by compiled shapes. Pure, synchronous, no I/O.
