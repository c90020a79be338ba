//! Dragoman, a protocol-translating API gateway.
//!
//! Every request becomes one [`Call`](call::Call), every answer one [`Reply`](call::Reply); the
//! middle speaks no protocol. The path of a call, and where each step can be read:
//!
//! ```text
//! client ─► server ─► frontend ─► policies ─► backend ─► service
//! ```
//!
//! 1. `server`: [`server`] accepts a connection on one core and reads HTTP.
//! 2. `gateway`: [`gateway::Gateway::handle`] picks the frontend of the listener.
//! 3. `frontend`: [`frontend::rest::Frontend::handle`] finds the route, turns the request into a
//!    call, and in the end the reply into a response. It is the one place where the whole path of
//!    a REST call can be read.
//! 4. `policy`: [`policy::stack::build`] lists the rules that a call passes, in order.
//! 5. `backend`: [`backend::grpc`] sends the payload, which is protobuf wire bytes already.
//!
//! What a call needs is compiled when the gateway is built: operations and shapes ([`contract`]),
//! name tables and transcoding ([`codec`]), routes, policy stacks and connections. A reload builds
//! a new [`gateway::Gateway`] and swaps it in.

pub mod cli;
pub mod server;

pub mod gateway;

pub mod frontend;

pub mod policy;

pub mod dispatch;

pub mod backend;

pub mod codec;

pub mod call;

pub mod contract;

pub mod config;

pub mod telemetry;

pub mod shop;
