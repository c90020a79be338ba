//! The commands.

pub mod args;
pub mod exit;
pub mod schema;
pub mod terminal;
