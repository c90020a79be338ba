//! The frontend of the gRPC family.

use super::{Compression, UnknownFields};

/// The frontend of the gRPC family of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcFrontend {
    /// Answer gRPC-Web.
    pub web: bool,
    /// Answer Connect.
    pub connect: bool,
    /// Answer server reflection.
    pub reflection: bool,
    /// Answer health checks.
    pub health: bool,
    /// How reply messages are compressed; `None`: not at all.
    pub compression: Option<Compression>,
    /// Request headers that are not handed on, lower case.
    pub withhold_headers: Vec<String>,
    /// What happens to unknown fields of Connect's JSON.
    pub unknown_fields: UnknownFields,
    /// Whether Connect's JSON has fields that hold their default value.
    pub emit_defaults: bool,
}
