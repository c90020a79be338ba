//! Protocols that services speak.
