//! SOAP services made from the contract: one for each of its services that is exposed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::{
    Described as Source, Detail, ErrorElement, Message, Service, SoapOperation, StreamLimit, Style,
};
use crate::contract::described::Described;
use crate::contract::shape::{Cardinality, EnumId, Field, Kind, Shape, ShapeId, WellKnown};
use crate::contract::xml::{
    Builtin, Content, Element, Enumeration, EnumerationId, Form, Holds, Name, NamespaceId, Occurs,
    Simple, Type, TypeId, Value, View,
};
use crate::contract::{Contract, Operation, Streaming};

/// What services are made like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The namespace of a package: `{package}` stands for its name.
    pub namespace: String,
    /// Name elements as the contract names fields (`product_id`) instead of `productId`.
    pub original_names: bool,
    /// How messages stand in the body.
    pub style: Style,
    /// How many messages of a server stream are answered as a list; `None`: such operations are left
    /// out.
    pub stream: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            namespace: "urn:{package}".to_owned(),
            original_names: false,
            style: Style::Document,
            stream: None,
        }
    }
}

/// One operation that clients may reach.
pub type Exposed = Arc<Operation>;

/// Details of errors that have elements of their own, where the contract knows them.
const DETAILS: [&str; 10] = [
    "google.rpc.ErrorInfo",
    "google.rpc.RetryInfo",
    "google.rpc.DebugInfo",
    "google.rpc.QuotaFailure",
    "google.rpc.PreconditionFailure",
    "google.rpc.BadRequest",
    "google.rpc.RequestInfo",
    "google.rpc.ResourceInfo",
    "google.rpc.Help",
    "google.rpc.LocalizedMessage",
];

/// The services of those operations, and what is told of operations that have no place in one.
pub fn generate(
    contract: &Contract,
    operations: &[Exposed],
    options: &Options,
) -> (Vec<Service>, Vec<String>) {
    let mut maker = Maker::new(contract, options);
    let mut by_service = BTreeMap::<&str, Vec<&Exposed>>::new();
    for operation in operations {
        by_service.entry(&operation.service).or_default().push(operation);
    }
    let (mut services, mut notes) = (Vec::new(), Vec::new());
    for (name, operations) in by_service {
        let made = operations
            .into_iter()
            .filter_map(|operation| maker.operation(operation).map_err(|why| notes.push(why)).ok());
        let made: Vec<_> = made.collect();
        if made.is_empty() {
            continue;
        }
        let (package, local) = name.rsplit_once('.').unwrap_or(("", name));
        let error = maker.error(package);
        let comment = maker.described.service(name).map(Into::into);
        services.push((name, package, local, made, error, comment));
    }
    let namespace = |package: &str| options.namespace.replace("{package}", package);
    let view = Arc::new(maker.view);
    let services =
        services.into_iter().map(|(name, package, local, operations, error, comment)| Service {
            name: local.into(),
            path: name.into(),
            namespace: namespace(package).into(),
            view: view.clone(),
            operations,
            described: Source::Made(error),
            lenient_namespaces: false,
            headers: Vec::new(),
            comment,
        });
    (services.collect(), notes)
}

/// The view of some messages alone, and their types in it.
pub fn view(contract: &Contract, messages: &[ShapeId], options: &Options) -> (View, Vec<TypeId>) {
    let mut maker = Maker::new(contract, options);
    let types = messages.iter().map(|message| maker.of(*message)).collect();
    (maker.view, types)
}

struct Maker<'c> {
    described: Described<'c>,
    options: &'c Options,
    view: View,
    types: HashMap<ShapeId, TypeId>,
    enumerations: HashMap<EnumId, EnumerationId>,
    /// Names of types, which must differ within a namespace.
    names: HashSet<Name>,
}

impl<'c> Maker<'c> {
    fn new(contract: &'c Contract, options: &'c Options) -> Self {
        Self {
            described: Described::new(contract),
            options,
            view: View::new(contract.shapes().clone()),
            types: HashMap::new(),
            enumerations: HashMap::new(),
            names: HashSet::new(),
        }
    }

    fn operation(&mut self, operation: &Exposed) -> Result<SoapOperation, String> {
        let name = operation.name();
        match operation.streaming {
            Streaming::Unary => {}
            Streaming::Server if self.options.style != Style::Document => {
                return Err(format!(
                    "{name} is in no WSDL: it answers with a stream, and a list is no part of rpc style"
                ));
            }
            Streaming::Server if self.options.stream.is_some() => {}
            Streaming::Server => {
                return Err(format!(
                    "{name} is in no WSDL: it answers with a stream, and soap.streams gives no bound"
                ));
            }
            Streaming::Client | Streaming::Both => {
                return Err(format!("{name} is in no WSDL: its client sends a stream"));
            }
        }
        let package = operation.service.rsplit_once('.').map_or("", |(package, _)| package);
        let namespace = self.namespace(package);
        let (method, service) = (&operation.method, &operation.service);
        let uri = self.view.uri(namespace).to_owned();
        let separator = if uri.starts_with("urn:") { ':' } else { '/' };
        let local = service.rsplit('.').next().unwrap_or_default();
        let action = |suffix: &str| format!("{uri}{separator}{local}{separator}{method}{suffix}");
        let (request, reply) = (self.of(operation.input), self.of(operation.output));
        let stream = self.options.stream.filter(|_| operation.streaming.server());
        let stream = stream.map(|messages| StreamLimit {
            messages,
            item: Name { namespace, local: "item".into() },
        });
        let (input, output) = match self.options.style {
            Style::Document => (request, reply),
            Style::Rpc | Style::Encoded => {
                let output = if stream.is_some() { reply } else { self.part("reply", reply) };
                (self.part("request", request), output)
            }
        };
        let message = |element: String, body, action: String| Message {
            name: format!("{element}Message").into(),
            element: Name { namespace, local: element.into() },
            body,
            action: action.into(),
        };
        Ok(SoapOperation {
            name: method.as_ref().into(),
            operation: operation.clone(),
            action: action("").into(),
            style: self.options.style,
            input: message(method.to_string(), input, action("")),
            output: Some(message(format!("{method}Response"), output, action("Response"))),
            faults: Vec::new(),
            stream,
            comment: self.described.operation(operation).map(Into::into),
        })
    }

    /// The element of an operation in rpc style: its only part holds the message.
    fn part(&mut self, name: &str, holds: TypeId) -> TypeId {
        let element = Element {
            name: Name { namespace: NamespaceId::NONE, local: name.into() },
            occurs: Occurs::ONE,
            nillable: false,
            choice: None,
            holds: Holds::Inner(holds),
            default: None,
            absent: None,
            comment: None,
        };
        let shape = self.view.get(holds).shape;
        self.add(Type {
            name: None,
            shape,
            attributes: Vec::new(),
            content: Content::Elements(vec![element]),
            derived: Vec::new(),
            says: None,
            encoded: false,
            comment: None,
        })
    }

    fn error(&mut self, package: &str) -> ErrorElement {
        let namespace = self.namespace(package);
        let name = |local: &str| Name { namespace, local: local.into() };
        let details = DETAILS.iter().filter_map(|message| {
            let shape = self.view.shapes.id(message)?;
            let local = message.rsplit('.').next()?;
            // `errorInfo`, as all elements are named.
            let mut element = local.to_owned();
            element.get_mut(..1)?.make_ascii_lowercase();
            let body = self.of(shape);
            Some(Detail { message: (*message).into(), element: name(&element), body })
        });
        let details = details.collect();
        ErrorElement { name: name("Error"), parts: [name("code"), name("message")], details }
    }

    fn namespace(&mut self, package: &str) -> NamespaceId {
        let uri = self.options.namespace.replace("{package}", package);
        // There are never so many packages.
        self.view.namespace(&uri).unwrap_or(NamespaceId::NONE)
    }

    fn add(&mut self, of: Type) -> TypeId {
        let id = TypeId(u32::try_from(self.view.types.len()).unwrap_or(u32::MAX));
        self.view.types.push(of);
        id
    }

    /// The type of a message.
    fn of(&mut self, id: ShapeId) -> TypeId {
        if let Some(known) = self.types.get(&id) {
            return *known;
        }
        let shapes = self.view.shapes.clone();
        let shape = shapes.get(id);
        let name = self.type_name(&shape.full_name);
        let namespace = name.namespace;
        let made = self.add(Type {
            name: Some(name),
            shape: id,
            attributes: Vec::new(),
            content: Content::Elements(Vec::new()),
            derived: Vec::new(),
            says: None,
            encoded: false,
            comment: self.described.message(shape).0.map(Into::into),
        });
        // Known before its fields are looked at: a message may hold itself.
        self.types.insert(id, made);
        let mut elements = Vec::with_capacity(shape.fields.len());
        for index in ordered(shape) {
            let Some(field) = shape.fields.get(index) else { continue };
            elements.push(self.element(shape, id, index, field, namespace));
        }
        if let Some(of) = self.view.types.get_mut(made.0 as usize) {
            of.content = Content::Elements(elements);
        }
        made
    }

    fn element(
        &mut self,
        shape: &Shape,
        id: ShapeId,
        index: usize,
        field: &Field,
        namespace: NamespaceId,
    ) -> Element {
        let path = || [(id, index)].into();
        let (holds, nillable) = match self.simple(field) {
            Some(simple) => {
                let wrapper = matches!(simple.form, Form::Wrapper(..)) && !field.is_repeated();
                (Holds::Value(path(), simple), wrapper)
            }
            None => match field.message() {
                Some(message) => (Holds::Message(path(), self.of(message)), false),
                None => (Holds::Literal(crate::contract::xml::Literal::Refused), false),
            },
        };
        // A JSON name may be anything, an element's may not.
        let original = field.extension || self.options.original_names || !is_name(&field.json_name);
        let local = if original { &field.name } else { &field.json_name };
        let occurs = match field.cardinality {
            Cardinality::Repeated | Cardinality::Map => Occurs::ANY,
            Cardinality::Singular if field.required => Occurs::ONE,
            Cardinality::Singular => Occurs::OPTIONAL,
        };
        Element {
            name: Name { namespace, local: local.clone() },
            occurs,
            nillable,
            choice: field.oneof().and_then(|oneof| u16::try_from(oneof).ok()),
            holds,
            default: None,
            absent: None,
            comment: self.described.field(shape, field).comment.map(Into::into),
        }
    }

    /// The form of a value that is one text; `None` for a message with elements of its own.
    fn simple(&mut self, field: &Field) -> Option<Simple> {
        if field.cardinality == Cardinality::Map {
            return None;
        }
        let (builtin, form) = match field.kind {
            Kind::Enum(id) => {
                let enumeration = self.enumeration(id);
                (Builtin::String, Form::Enumeration(enumeration, field.kind))
            }
            Kind::Message(id) => match self.view.shapes.get(id).well_known? {
                WellKnown::Timestamp => (Builtin::DateTime, Form::Timestamp),
                WellKnown::Duration => (Builtin::Duration, Form::Duration),
                WellKnown::FieldMask => (Builtin::String, Form::FieldMask),
                WellKnown::Wrapper(kind) => (scalar(kind)?, Form::Wrapper(id, kind)),
                WellKnown::Any | WellKnown::Struct | WellKnown::Value | WellKnown::ListValue => {
                    (Builtin::String, Form::Json(id))
                }
                WellKnown::Empty => return None,
            },
            kind => (scalar(kind)?, Form::Scalar(kind)),
        };
        Some(Simple { builtin, form, list: false })
    }

    fn enumeration(&mut self, id: EnumId) -> EnumerationId {
        if let Some(known) = self.enumerations.get(&id) {
            return *known;
        }
        let shapes = self.view.shapes.clone();
        let shape = shapes.get_enum(id);
        let made = EnumerationId(u32::try_from(self.view.enumerations.len()).unwrap_or(u32::MAX));
        let values = shape.values.iter().map(|(name, value)| (name.clone(), Value::Number(*value)));
        let enumeration = Enumeration {
            name: Some(self.type_name(&shape.full_name)),
            of: Some(id),
            values: values.collect(),
            comment: self.described.enumeration(shape).0.map(Into::into),
        };
        self.view.enumerations.push(enumeration);
        self.enumerations.insert(id, made);
        made
    }

    /// A name that no other type of its namespace has: nested ones have their parents' before theirs.
    fn type_name(&mut self, full_name: &str) -> Name {
        let package = self.described.package(full_name);
        let local = full_name.strip_prefix(&*package).unwrap_or(full_name);
        let mut local = local.trim_start_matches('.').replace('.', "_");
        let namespace = self.namespace(&package);
        loop {
            let name = Name { namespace, local: local.as_str().into() };
            if self.names.insert(name.clone()) {
                return name;
            }
            local.push('_');
        }
    }
}

/// Whether a text can be the name of an element: letters, digits and the like, no colon.
fn is_name(text: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(inside)
}

/// The fields of a message in the order of their elements: by number, the members of a oneof beside
/// its first one.
fn ordered(shape: &Shape) -> Vec<usize> {
    let mut order = Vec::with_capacity(shape.fields.len());
    for (index, field) in shape.fields.iter().enumerate() {
        match field.oneof() {
            None => order.push(index),
            Some(oneof) if !order.contains(&index) => {
                let members = shape.fields.iter().enumerate().skip(index);
                let members = members.filter(|(_, other)| other.oneof() == Some(oneof));
                order.extend(members.map(|(index, _)| index));
            }
            Some(_) => {}
        }
    }
    order
}

fn scalar(kind: Kind) -> Option<Builtin> {
    Some(match kind {
        Kind::Double => Builtin::Double,
        Kind::Float => Builtin::Float,
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Builtin::Int,
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Builtin::Long,
        Kind::Uint32 | Kind::Fixed32 => Builtin::UnsignedInt,
        Kind::Uint64 | Kind::Fixed64 => Builtin::UnsignedLong,
        Kind::Bool => Builtin::Boolean,
        Kind::String => Builtin::String,
        Kind::Bytes => Builtin::Base64Binary,
        Kind::Enum(_) | Kind::Message(_) | Kind::Group(_) => return None,
    })
}
