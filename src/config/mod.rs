//! The config file: what was written ([`written`]), what runs ([`checked`]), the one way across
//! ([`check`]), and every problem found on it.
//!
//! ```text
//! text ─► yaml::tree ─► yaml::environment ─► yaml::decode ─► written ─► check ─► checked
//! ```

mod load;
mod mask;
pub mod suggest;

pub mod check;
pub mod checked;
pub mod header;
pub mod origin;
pub mod overrides;
pub mod pattern;
pub mod problem;
pub mod reference;
pub mod schema;
pub mod source;
pub mod written;
pub mod yaml;

pub use load::{from_grpc, load, parse, wsdl};
pub use overrides::Overrides;
pub use problem::{Problem, Problems, Severity};
pub use source::Place;

#[cfg(test)]
mod tests;
