//! The config as written: the file's form, one to one, with a place for everything.
//!
//! The doc comments here are the reference that users read: they become the JSON Schema and
//! `docs/config.md`.

mod at;
mod backend;
mod contract;
mod graphql;
mod grpc;
mod listener;
mod manners;
mod map;
mod process;
mod service;
mod short;
mod soap;
mod value;
mod wsdl;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use at::At;
pub use backend::{Backend, ClientTls, Compression, Grpc, RestBackend};
pub use contract::{Contract, Descriptors, Proto, Reflection};
pub use graphql::{Batch, Documents, Graphql, GraphqlLimits, Persisted};
pub use grpc::GrpcFrontend;
pub use listener::{
    Docs, ErrorFormat, Limits, Listener, OpenApi, Preference, Rest, Sse, Unescape, UnknownFields,
    WebSocket,
};
pub use manners::{Coding, CompressionLevel, Cors, ResponseCompression};
pub use map::{Entry, Map};
pub use process::{Admin, Log, LogFormat, Process};
pub use service::{Events, FieldKind, HttpRule, Operation, OperationField, Service};
pub use short::{FromShort, Short};
pub use soap::{Soap, SoapSecurity, SoapStyle};
pub use value::{Address, Duration, Endpoint, Size};
pub use wsdl::{Wsdl, WsdlFault, WsdlType};

/// The config of a Dragoman gateway.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where operations come from. Several contracts merge; at least one is needed.
    pub contracts: At<Vec<At<Contract>>>,
    /// Who answers calls, by a name of your choice. At least one is needed.
    pub backends: At<Map<Backend>>,
    /// Which backend serves which service, by the service's full name (`shop.v1.ProductService`)
    /// or a glob over them (`shop.v1.*`); the most specific one wins. A service that is not
    /// listed goes to the backend it was learned from by reflection, or to the only backend.
    pub services: At<Map<Service>>,
    /// Where clients come in, by a name of your choice. At least one is needed.
    pub listeners: At<Map<Listener>>,
    /// The listener for operators: `/healthz`, `/readyz`, `/metrics`, `/config`.
    pub admin: At<Admin>,
    /// What holds for the whole process.
    pub process: At<Process>,
}

/// A certificate chain and its private key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// PEM file of the certificate chain, leaf first.
    pub certificate: At<String>,
    /// PEM file of the private key (PKCS#8, PKCS#1 or SEC1).
    pub key: At<String>,
}
