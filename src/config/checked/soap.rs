//! The SOAP frontend.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::UnknownFields;
use crate::contract::soap::bind::Wishes;
use crate::contract::wsdl::read;

/// The SOAP frontend of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Soap {
    /// What stands before the names of services, without a slash at its end.
    pub path: String,
    /// Whether messages are in rpc style.
    pub rpc: bool,
    /// The namespace of a package.
    pub namespace: String,
    /// What stands before the path in addresses; `None`: as the client reached the gateway.
    pub address: Option<String>,
    /// Schemas at addresses of their own.
    pub linked_schemas: bool,
    /// Elements under the contract's names of fields.
    pub original_names: bool,
    /// Whether fields that hold their default are written.
    pub emit_defaults: bool,
    /// What happens to unknown elements.
    pub unknown_fields: UnknownFields,
    /// How many messages of a stream a list has at most; `None`: there are no lists.
    pub streams: Option<u32>,
    /// Request headers handed on, lower case.
    pub forward_headers: Vec<String>,
    /// From how many bytes on a value stands in a part of its own.
    pub mtom_threshold: usize,
    /// Attributes that an element may have.
    pub attributes: usize,
    /// What security headers are held to.
    pub security: SoapSecurity,
    /// WSDLs that clients already have.
    pub wsdl: Vec<Wsdl>,
    /// Whether there are no other services.
    pub only_wsdl: bool,
}

/// A WSDL that clients already have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wsdl {
    /// What it says.
    pub wsdl: Arc<read::Wsdl>,
    /// Where its service is below the frontend's path; `None`: at its name.
    pub path: Option<String>,
    /// What it does not say.
    pub wishes: Wishes,
}

/// What security headers are held to.
#[derive(Clone, PartialEq, Eq)]
pub struct SoapSecurity {
    /// Refuse requests without credentials.
    pub required: bool,
    /// Passwords by name; empty: they are not checked here.
    pub users: BTreeMap<String, String>,
    /// How far a client's clock may be off.
    pub max_skew: Duration,
}

impl std::fmt::Debug for SoapSecurity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoapSecurity")
            .field("required", &self.required)
            .field("users", &self.users.keys().collect::<Vec<_>>())
            .field("max_skew", &self.max_skew)
            .finish()
    }
}
