//! Logs and metrics.

pub mod logs;
pub mod metrics;
pub mod record;
mod writer;
