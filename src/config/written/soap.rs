//! `listeners: { NAME: { soap: ... } }` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Duration, Map, Size, UnknownFields, Wsdl};

/// The SOAP frontend: a service for each of the contract's, described by a WSDL.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Soap {
    /// What stands before the names of services: `/soap/shop.v1.ProductService`.
    pub path: At<String>,
    /// How messages stand in the body.
    pub style: At<SoapStyle>,
    /// The XML namespace of a package; `{package}` stands for its name.
    pub namespace: At<String>,
    /// What stands before the path in the addresses that a WSDL gives, such as
    /// `https://api.example.com`. Without it they are as the client reached the gateway.
    pub address: Option<At<String>>,
    /// Put each schema at an address of its own (`?xsd=0`) instead of into the WSDL.
    pub linked_schemas: At<bool>,
    /// Name elements as the contract names fields (`product_id`) instead of `productId`.
    pub original_names: At<bool>,
    /// Write fields that hold their default value, too.
    pub emit_defaults: At<bool>,
    /// What happens to an element that the request message does not have.
    pub unknown_fields: At<UnknownFields>,
    /// How many messages of a server stream are answered as a list; more are an error. Without it such
    /// operations are in no WSDL.
    pub streams: Option<At<usize>>,
    /// Names of request headers to hand on to the backend as metadata, beside those that always are.
    /// Credentials of a security header are handed on as `authorization`, where that is among them.
    pub forward_headers: At<Vec<At<String>>>,
    /// `bytes` of that size and more stand in parts of their own (MTOM), for clients that take it.
    pub mtom_threshold: At<Size>,
    /// Attributes that an element may have.
    pub attributes: At<usize>,
    /// What security headers (WS-Security) are held to.
    pub security: At<SoapSecurity>,
    /// WSDLs that clients already have, over operations of the contract. Their services are beside the
    /// ones that are made of it.
    pub wsdl: At<Vec<At<Wsdl>>>,
    /// Leave out the services that are made of the contract.
    pub only_wsdl: At<bool>,
}

impl Default for Soap {
    fn default() -> Self {
        Self {
            path: At::from("/soap".to_owned()),
            style: At::default(),
            namespace: At::from("urn:{package}".to_owned()),
            address: None,
            linked_schemas: false.into(),
            original_names: false.into(),
            emit_defaults: false.into(),
            unknown_fields: At::default(),
            streams: None,
            forward_headers: At::from(vec![At::from("authorization".to_owned())]),
            mtom_threshold: Size::kib(1).into(),
            attributes: 64.into(),
            security: At::default(),
            wsdl: At::default(),
            only_wsdl: false.into(),
        }
    }
}

/// A style of SOAP bindings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SoapStyle {
    /// document/literal, wrapped.
    #[default]
    Document,
    /// rpc/literal.
    Rpc,
}

/// What security headers are held to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SoapSecurity {
    /// Refuse requests without credentials.
    pub required: At<bool>,
    /// Passwords by name: write them as `${VAR}`. Without any, passwords are handed on for the services
    /// to check, and digests are refused.
    pub users: At<Map<String>>,
    /// How far a client's clock may be off, and how old a message may be.
    pub max_skew: At<Duration>,
}

impl Default for SoapSecurity {
    fn default() -> Self {
        Self {
            required: false.into(),
            users: At::default(),
            max_skew: Duration::seconds(300).into(),
        }
    }
}
