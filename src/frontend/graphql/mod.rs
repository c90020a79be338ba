//! GraphQL: one endpoint over every operation. A request is planned once and makes as many calls
//! as it must; its answer is written straight from their replies.

mod answer;
pub mod engine;
mod http;
pub mod input;
pub mod multipart;
pub mod operation;
mod page;
mod query;
mod refusal;
mod running;
pub mod schema;
pub mod sdl;
pub mod socket;
pub mod sse;

pub use answer::{Answer, Verdict};
pub use http::{Frontend, HEARTBEAT, Refusal};
pub use query::{Context, Kind, Query};

/// The frontend's name in logs and metrics.
pub const NAME: &str = "graphql";
