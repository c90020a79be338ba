//! GraphQL: one endpoint over every operation. A request is planned once and makes as many calls
//! as it must; its answer is written straight from their replies.

mod answer;
pub mod engine;
pub mod input;
mod query;

pub use answer::{Answer, Verdict};
pub use query::{Context, Kind, Query};

/// The frontend's name in logs and metrics.
pub const NAME: &str = "graphql";
