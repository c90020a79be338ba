//! Dragoman: a protocol-translating API gateway.

pub mod backend;
pub mod call;
pub mod cli;
pub mod codec;
pub mod config;
pub mod contract;
pub mod dispatch;
pub mod frontend;
pub mod gateway;
pub mod policy;
pub mod server;
pub mod shop;
pub mod telemetry;
