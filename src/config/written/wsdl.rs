//! `listeners: { NAME: { soap: { wsdl: [...] } } }` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Map};

/// A WSDL that clients already have, over operations of the contract.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wsdl {
    /// The file. What it imports is found relative to it; nothing is fetched.
    pub file: At<String>,
    /// Where its service is, below the frontend's path. By default the service's name.
    #[serde(default)]
    pub path: Option<At<String>>,
    /// Which operation of the contract one of the WSDL is, where their names are not the same.
    #[serde(default)]
    pub operations: At<Map<String>>,
    /// What the elements of a type are. A type that has no name is called by the names of the elements
    /// around it, with slashes between them.
    #[serde(default)]
    pub types: At<Map<WsdlType>>,
    /// What the texts of a simple type are: names of an enum's values, numbers, or `true` and `false`.
    /// By the name of the simple type, or of the element or attribute; with the complex type's name
    /// and a slash before it, only there.
    #[serde(default)]
    pub values: At<Map<Map<String>>>,
    /// When faults are answered that are no details of errors, by their elements.
    #[serde(default)]
    pub faults: At<Map<WsdlFault>>,
    /// The metadata that each element of a header block is, by the block's element.
    #[serde(default)]
    pub headers: At<Map<Map<String>>>,
    /// Take elements of the wrong namespace, where only one in their place has that local name: some
    /// clients qualify what the schema does not.
    #[serde(default)]
    pub lenient_namespaces: At<bool>,
    /// Start although required elements have no source: they are left out.
    #[serde(default)]
    pub relaxed: At<bool>,
}

/// A type of a WSDL. Attributes are named with an `@` before their names, the text of an element that
/// has attributes is `text()`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WsdlType {
    /// The field that an element is: a path with dots from the type's message on, in the contract's
    /// names. `.` is the message itself.
    pub fields: At<Map<String>>,
    /// What is always written; what clients say there is passed over.
    pub constants: At<Map<String>>,
    /// What stands for a value that is not there, in requests and in replies.
    pub defaults: At<Map<String>>,
    /// What is passed over in requests and is in no reply.
    pub ignore: At<Vec<At<String>>>,
}

/// A fault of a WSDL.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WsdlFault {
    /// The code of the errors that it is for: `NOT_FOUND`. Any where nothing is said.
    pub code: Option<At<String>>,
    /// What is always written.
    pub constants: At<Map<String>>,
}
