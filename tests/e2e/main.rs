//! End-to-end tests: the real binary as a process, clients in front of it, services behind it.
//!
//! What is asked and answered stands in `tests/cases/**/*.yaml` (see `tests/cases/README.md`);
//! the modules here run it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a harness fails by panicking; clippy knows only test functions for tests"
)]

mod backend;
mod case;
mod cases;
mod changes;
mod client;
mod coding;
mod commands;
mod compare;
mod duplex;
mod ends;
mod frames;
mod gateway;
mod limits;
mod load;
mod matrix;
mod openapi;
mod pool;
mod python;
mod records;
mod reflection;
mod rest_backend;
mod robust;
mod script;
mod secured;
mod shop;
mod soap;
mod socket;
mod streams;
mod websocket;
