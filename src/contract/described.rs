//! What the contract's sources say of its definitions for people: comments and options.

use std::cell::RefCell;
use std::collections::HashMap;

use prost::Message as _;
use prost_reflect::{DynamicMessage, EnumDescriptor, MessageDescriptor, ServiceDescriptor};

use crate::contract::shape::{EnumShape, Field, Shape};
use crate::contract::{Contract, Operation};

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// It is read from a client.
    In,
    /// It is written to a client.
    Out,
}

/// Asks the contract for what its shapes do not hold.
pub struct Described<'c> {
    contract: &'c Contract,
    /// Descriptors are looked up by name once; the pool searches all of its files for an enum.
    messages: RefCell<HashMap<Box<str>, Option<MessageDescriptor>>>,
}

/// What is said of a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldNotes {
    /// The comment before it.
    pub comment: Option<String>,
    /// `google.api.field_behavior = REQUIRED`, or proto2's `required`.
    pub required: bool,
    /// `OUTPUT_ONLY`: what a request says of it is not heard.
    pub output_only: bool,
    /// `INPUT_ONLY`: no reply has it.
    pub input_only: bool,
}

/// What is read of `google.protobuf.FieldOptions`: from the bytes, so that it works without
/// `google/api/field_behavior.proto` in the pool.
#[derive(Clone, PartialEq, prost::Message)]
struct FieldOptions {
    #[prost(int32, repeated, packed = "false", tag = "1052")]
    behavior: Vec<i32>,
}

/// What is read of `google.protobuf.MessageOptions` and `EnumOptions`, where 3 is the same.
#[derive(Clone, PartialEq, prost::Message)]
struct TypeOptions {
    #[prost(bool, optional, tag = "3")]
    deprecated: Option<bool>,
}

/// What is read of `google.protobuf.EnumValueOptions`.
#[derive(Clone, PartialEq, prost::Message)]
struct ValueOptions {
    #[prost(bool, optional, tag = "1")]
    deprecated: Option<bool>,
}

const REQUIRED: i32 = 2;
const OUTPUT_ONLY: i32 = 3;
const INPUT_ONLY: i32 = 4;

impl<'c> Described<'c> {
    /// Of that contract.
    pub fn new(contract: &'c Contract) -> Self {
        Self { contract, messages: RefCell::default() }
    }

    /// What is said of an operation.
    pub fn operation(&self, operation: &Operation) -> Option<&'c str> {
        self.contract.operation_comment(operation)
    }

    /// What is said of a service.
    pub fn service(&self, name: &str) -> Option<&'c str> {
        let service: ServiceDescriptor = self.contract.pool().get_service_by_name(name)?;
        self.contract.comment(service.parent_file().name(), service.path())
    }

    /// What is said of a message type, and whether it is deprecated.
    pub fn message(&self, shape: &Shape) -> (Option<&'c str>, bool) {
        let Some(message) = self.descriptor(shape) else { return (None, false) };
        let comment = self.contract.comment(message.parent_file().name(), message.path());
        (comment, is_deprecated(&message.options()))
    }

    /// What is said of an enum and of its values, in the order of the shape's.
    pub fn enumeration(&self, shape: &EnumShape) -> (Option<&'c str>, Vec<Option<&'c str>>) {
        let found: Option<EnumDescriptor> = self.contract.pool().get_enum_by_name(&shape.full_name);
        let Some(found) = found else { return (None, vec![None; shape.values.len()]) };
        let parent = found.parent_file();
        let comment = self.contract.comment(parent.name(), found.path());
        let values = shape.values.iter().map(|(name, _)| {
            // Aliases share a number, so they are looked up by name.
            let value = found.values().find(|value| value.name() == &**name)?;
            self.contract.comment(parent.name(), value.path())
        });
        (comment, values.collect())
    }

    /// Which values of an enum are deprecated, in the order of the shape's.
    pub fn deprecated_values(&self, shape: &EnumShape) -> Vec<bool> {
        let found: Option<EnumDescriptor> = self.contract.pool().get_enum_by_name(&shape.full_name);
        let Some(found) = found else { return vec![false; shape.values.len()] };
        let is_deprecated = |name: &str| {
            let value = found.values().find(|value| value.name() == name)?;
            let options = value.options().encode_to_vec();
            ValueOptions::decode(options.as_slice()).ok()?.deprecated
        };
        shape.values.iter().map(|(name, _)| is_deprecated(name) == Some(true)).collect()
    }

    /// What is said of a oneof: the one of that index in [`Shape::oneofs`].
    pub fn oneof(&self, shape: &Shape, index: usize) -> Option<&'c str> {
        let message = self.descriptor(shape)?;
        let oneof = message.oneofs().filter(|oneof| !oneof.is_synthetic()).nth(index)?;
        self.contract.comment(message.parent_file().name(), oneof.path())
    }

    /// The package that a message or an enum is defined in.
    pub fn package(&self, full_name: &str) -> String {
        let pool = self.contract.pool();
        let message = pool.get_message_by_name(full_name);
        let message = message.map(|message| message.package_name().to_owned());
        let of_enum = || pool.get_enum_by_name(full_name).map(|e| e.package_name().to_owned());
        message.or_else(of_enum).unwrap_or_default()
    }

    /// What is said of a field.
    pub fn field(&self, shape: &Shape, field: &Field) -> FieldNotes {
        let mut notes = FieldNotes { required: field.required, ..FieldNotes::default() };
        let Some(message) = self.descriptor(shape) else { return notes };
        let (comment, options) = if field.extension {
            let Some(found) = message.get_extension(field.number) else { return notes };
            let comment = self.contract.comment(found.parent_file().name(), found.path());
            let is_set = found.field_descriptor_proto().options.is_some();
            (comment, is_set.then(|| found.options()))
        } else {
            let Some(found) = message.get_field(field.number) else { return notes };
            let comment = self.contract.comment(found.parent_file().name(), found.path());
            let is_set = found.field_descriptor_proto().options.is_some();
            (comment, is_set.then(|| found.options()))
        };
        notes.comment = comment.map(str::to_owned);
        let options = options.map(|options| options.encode_to_vec()).unwrap_or_default();
        let options = FieldOptions::decode(options.as_slice()).unwrap_or_default();
        notes.required |= options.behavior.contains(&REQUIRED);
        notes.output_only = options.behavior.contains(&OUTPUT_ONLY);
        notes.input_only = options.behavior.contains(&INPUT_ONLY);
        notes
    }

    fn descriptor(&self, shape: &Shape) -> Option<MessageDescriptor> {
        let mut messages = self.messages.borrow_mut();
        let find = || self.contract.pool().get_message_by_name(&shape.full_name);
        messages.entry(shape.full_name.clone()).or_insert_with(find).clone()
    }
}

fn is_deprecated(options: &DynamicMessage) -> bool {
    let options = options.encode_to_vec();
    TypeOptions::decode(options.as_slice()).unwrap_or_default().deprecated()
}
