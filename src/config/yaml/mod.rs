//! YAML text to values that know their place: text → [`tree`] → [`environment`] → [`decode`].
//!
//! serde stops at the first error. Here the tree is read whole, and [`decode`] leaves out what it
//! cannot read and goes on, so that all problems are told at once.

mod access;

pub mod decode;
pub mod environment;
pub mod tree;
