//! Checks `grpc:` of a listener.

use super::context::Context;
use super::listener::{header, unknown_fields};
use crate::config::checked;
use crate::config::written::{self, At};

pub fn check(context: &mut Context<'_>, grpc: &written::GrpcFrontend) -> checked::GrpcFrontend {
    let withheld = grpc.withhold_headers.get().map(Vec::as_slice).unwrap_or_default();
    checked::GrpcFrontend {
        web: grpc.web.value(),
        connect: grpc.connect.value(),
        reflection: grpc.reflection.value(),
        health: grpc.health.value(),
        compression: super::backend::compression(grpc.compression.as_ref().and_then(At::get)),
        withhold_headers: withheld.iter().filter_map(|at| header(context, at)).collect(),
        unknown_fields: unknown_fields(&grpc.unknown_fields),
        emit_defaults: grpc.emit_defaults.value(),
    }
}
