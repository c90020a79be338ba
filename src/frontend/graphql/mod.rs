//! GraphQL: one endpoint over every operation. A request is planned once and makes as many calls
//! as it must; its answer is written straight from their replies.

mod answer;
pub mod engine;
pub mod multipart;
pub mod operation;
mod query;
mod refusal;
mod running;
pub mod socket;
pub mod sse;

pub use answer::{Answer, Verdict};
pub use query::{Context, Kind, Query};

/// The frontend's name in logs and metrics.
pub const NAME: &str = "graphql";
