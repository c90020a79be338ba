//! What clients give: values of variables checked against their types, and arguments as wire bytes.

mod coerce;
mod encode;
mod error;
mod scalar;
mod types;

#[cfg(test)]
mod tests;

pub use coerce::coerce;
pub use encode::encode;
pub use error::InputError;
pub use types::literal;

/// How deep values may nest.
const MAX_DEPTH: u32 = 100;
