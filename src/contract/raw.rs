//! Descriptors as they came: the messages of `descriptor.proto` with every `options` field kept as
//! bytes, so that extensions in options survive being read and written.
//!
//! `prost-types` drops unknown extensions and knows no editions; this does neither.

use bytes::Bytes;
use prost::Message as _;

pub mod label {
    pub const OPTIONAL: i32 = 1;
    pub const REQUIRED: i32 = 2;
    pub const REPEATED: i32 = 3;
}

pub mod kind {
    pub const DOUBLE: i32 = 1;
    pub const FLOAT: i32 = 2;
    pub const STRING: i32 = 9;
    pub const GROUP: i32 = 10;
    pub const MESSAGE: i32 = 11;
    pub const BYTES: i32 = 12;
    pub const ENUM: i32 = 14;
    pub const LAST: i32 = 18;
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Set {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub file: Vec<Bytes>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct File {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub package: Option<String>,
    #[prost(string, repeated, tag = "3")]
    pub dependency: Vec<String>,
    #[prost(int32, repeated, packed = "false", tag = "10")]
    pub public_dependency: Vec<i32>,
    #[prost(int32, repeated, packed = "false", tag = "11")]
    pub weak_dependency: Vec<i32>,
    #[prost(message, repeated, tag = "4")]
    pub message_type: Vec<Message>,
    #[prost(message, repeated, tag = "5")]
    pub enum_type: Vec<Enum>,
    #[prost(message, repeated, tag = "6")]
    pub service: Vec<Service>,
    #[prost(message, repeated, tag = "7")]
    pub extension: Vec<Field>,
    #[prost(bytes = "bytes", optional, tag = "8")]
    pub options: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "9")]
    pub source_code_info: Option<Bytes>,
    #[prost(string, optional, tag = "12")]
    pub syntax: Option<String>,
    #[prost(int32, optional, tag = "14")]
    pub edition: Option<i32>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Message {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub field: Vec<Field>,
    #[prost(message, repeated, tag = "6")]
    pub extension: Vec<Field>,
    #[prost(message, repeated, tag = "3")]
    pub nested_type: Vec<Message>,
    #[prost(message, repeated, tag = "4")]
    pub enum_type: Vec<Enum>,
    #[prost(message, repeated, tag = "5")]
    pub extension_range: Vec<ExtensionRange>,
    #[prost(message, repeated, tag = "8")]
    pub oneof_decl: Vec<Oneof>,
    #[prost(bytes = "bytes", optional, tag = "7")]
    pub options: Option<Bytes>,
    #[prost(message, repeated, tag = "9")]
    pub reserved_range: Vec<Range>,
    #[prost(string, repeated, tag = "10")]
    pub reserved_name: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ExtensionRange {
    #[prost(int32, optional, tag = "1")]
    pub start: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub end: Option<i32>,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub options: Option<Bytes>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Range {
    #[prost(int32, optional, tag = "1")]
    pub start: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub end: Option<i32>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Field {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub number: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    pub label: Option<i32>,
    #[prost(int32, optional, tag = "5")]
    pub kind: Option<i32>,
    #[prost(string, optional, tag = "6")]
    pub type_name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub extendee: Option<String>,
    #[prost(string, optional, tag = "7")]
    pub default_value: Option<String>,
    #[prost(int32, optional, tag = "9")]
    pub oneof_index: Option<i32>,
    #[prost(string, optional, tag = "10")]
    pub json_name: Option<String>,
    #[prost(bytes = "bytes", optional, tag = "8")]
    pub options: Option<Bytes>,
    #[prost(bool, optional, tag = "17")]
    pub proto3_optional: Option<bool>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Oneof {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub options: Option<Bytes>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Enum {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub value: Vec<EnumValue>,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub options: Option<Bytes>,
    #[prost(message, repeated, tag = "4")]
    pub reserved_range: Vec<Range>,
    #[prost(string, repeated, tag = "5")]
    pub reserved_name: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct EnumValue {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(int32, optional, tag = "2")]
    pub number: Option<i32>,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub options: Option<Bytes>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Service {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub method: Vec<Method>,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub options: Option<Bytes>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Method {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub input_type: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub output_type: Option<String>,
    #[prost(bytes = "bytes", optional, tag = "4")]
    pub options: Option<Bytes>,
    #[prost(bool, optional, tag = "5")]
    pub client_streaming: Option<bool>,
    #[prost(bool, optional, tag = "6")]
    pub server_streaming: Option<bool>,
}

impl File {
    /// Every name that this file's definitions refer to, as written.
    pub fn references(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for field in &self.extension {
            field.references(&mut names);
        }
        for message in &self.message_type {
            message.references(&mut names);
        }
        for method in self.service.iter().flat_map(|service| &service.method) {
            names.push(method.input_type());
            names.push(method.output_type());
        }
        names
    }

    /// The full name of a top-level definition.
    pub fn full_name(&self, name: &str) -> String {
        join(self.package(), name)
    }
}

impl Message {
    pub fn is_map_entry(&self) -> bool {
        #[derive(Clone, PartialEq, prost::Message)]
        struct Options {
            #[prost(bool, optional, tag = "7")]
            map_entry: Option<bool>,
        }
        let options = self.options.clone().unwrap_or_default();
        Options::decode(options).is_ok_and(|options| options.map_entry())
    }

    fn references<'a>(&'a self, names: &mut Vec<&'a str>) {
        for field in self.field.iter().chain(&self.extension) {
            field.references(names);
        }
        for nested in &self.nested_type {
            nested.references(names);
        }
    }
}

impl Field {
    pub fn is_repeated(&self) -> bool {
        self.label() == label::REPEATED
    }

    /// The JSON name, stated or derived.
    pub fn json(&self) -> String {
        self.json_name.clone().unwrap_or_else(|| json_name(self.name()))
    }

    fn references<'a>(&'a self, names: &mut Vec<&'a str>) {
        names.extend(self.type_name.as_deref());
        names.extend(self.extendee.as_deref());
    }
}

/// `scope.name`, or `name` in the empty scope.
pub fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// The JSON name that a field gets when it states none: underscores go, what follows them is
/// raised.
pub fn json_name(name: &str) -> String {
    let mut json = String::with_capacity(name.len());
    let mut raise = false;
    for letter in name.chars() {
        if letter == '_' {
            raise = true;
        } else if raise {
            json.push(letter.to_ascii_uppercase());
            raise = false;
        } else {
            json.push(letter);
        }
    }
    json
}
