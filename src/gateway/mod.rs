//! Config and contracts compiled into one immutable snapshot behind an atomic pointer.
