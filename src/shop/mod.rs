//! The sample shop: what `dragoman demo` serves, and what examples, tests and benches call.

pub mod api;
