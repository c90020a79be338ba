//! `listeners: { NAME: { grpc: ... } }` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Compression, UnknownFields};

/// The frontend of the gRPC family: gRPC, and by content type at the same paths gRPC-Web and Connect.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GrpcFrontend {
    /// Answer gRPC-Web, too, binary and text.
    pub web: At<bool>,
    /// Answer Connect, too, as JSON and protobuf.
    pub connect: At<bool>,
    /// Tell what can be called here by server reflection (`grpc.reflection.v1` and `v1alpha`).
    pub reflection: At<bool>,
    /// Answer health checks (`grpc.health.v1`).
    pub health: At<bool>,
    /// Compress reply messages of a kilobyte and more for clients that accept it. Request messages are
    /// read compressed or not.
    pub compression: Option<At<Compression>>,
    /// Names of request headers that are not handed on to the backends. In gRPC every header is
    /// metadata, so all others are, but for those of the protocols and those that tell a backend who
    /// calls.
    pub withhold_headers: At<Vec<At<String>>>,
    /// What happens to a field of Connect's JSON that the request message does not have.
    pub unknown_fields: At<UnknownFields>,
    /// Write fields that hold their default value in Connect's JSON, too.
    pub emit_defaults: At<bool>,
}

impl Default for GrpcFrontend {
    fn default() -> Self {
        Self {
            web: true.into(),
            connect: true.into(),
            reflection: true.into(),
            health: true.into(),
            compression: None,
            withhold_headers: At::from(vec![At::from("cookie".to_owned())]),
            unknown_fields: At::default(),
            emit_defaults: false.into(),
        }
    }
}
