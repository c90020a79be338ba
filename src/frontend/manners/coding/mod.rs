//! Content codings: which one a response gets, and the coding itself, both ways.

pub mod compress;
pub mod decompress;
pub mod negotiate;
