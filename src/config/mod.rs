//! The config file: what was written ([`written`]), what runs ([`checked`]), the one way across,
//! and every problem found on it.

pub mod checked;
