//! Services of a WSDL that clients already have, over operations of the contract: names match as
//! people would match them, and config says the rest.

mod faults;
mod matching;
mod told;
mod types;
mod values;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use self::matching::{key, same};
use super::{Described, Exposed, Header, Message, Service, SoapOperation, Style};
use crate::contract::shape::{NameTable, ShapeId};
use crate::contract::wsdl::read::{self, Binding, Content, Part, QName, TypeRef, Wsdl};
use crate::contract::xml::{Name, NamespaceId, TypeId, View};
use crate::contract::{Contract, Streaming};

/// What config says of a WSDL, beyond what its names say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The operation of the contract that one of the WSDL is.
    pub operations: BTreeMap<String, String>,
    /// By the type's label.
    pub types: BTreeMap<String, TypeWish>,
    /// What texts are which values of an enum, by the simple type's name, else by the name of the
    /// element or attribute.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// By the fault's element.
    pub faults: BTreeMap<String, FaultWish>,
    /// What the elements of a header block are as metadata, by the block's element.
    pub headers: BTreeMap<String, BTreeMap<String, String>>,
    /// Take elements of the wrong namespace, where their local names are enough.
    pub lenient_namespaces: bool,
    /// Start although required elements have no source: they are left out.
    pub relaxed: bool,
}

/// What config says of a type. Attributes are named with an `@` before their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeWish {
    /// The field that an element or an attribute is: a path from the message of the type on, with dots;
    /// `.` is the message itself.
    pub fields: BTreeMap<String, String>,
    /// What is always written; what clients say there is passed over.
    pub constants: BTreeMap<String, String>,
    /// What stands for a value that is not there, in requests and in replies.
    pub defaults: BTreeMap<String, String>,
    /// What is passed over in requests, and not in replies.
    pub ignore: Vec<String>,
}

/// What config says of a fault.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultWish {
    /// The number of the code of the errors that it is for; any where nothing is said.
    pub code: Option<u8>,
    /// What is always written.
    pub constants: BTreeMap<String, String>,
}

/// Services, and what is told of how they were bound.
#[derive(Debug, Default)]
pub struct Bound {
    /// Those that have an operation.
    pub services: Vec<Service>,
    /// What is not bound, and does no harm but that it is missing.
    pub notes: Vec<String>,
    /// What keeps clients from being served.
    pub problems: Vec<String>,
}

/// Binds the services of a WSDL to operations. `path` is where its services are below the frontend's
/// path: their names where it says nothing.
pub fn bind(
    wsdl: &Wsdl,
    path: Option<&str>,
    contract: &Contract,
    operations: &[Exposed],
    wishes: &Wishes,
) -> Bound {
    let mut binder = Binder {
        wsdl,
        wishes,
        view: View::new(contract.shapes().clone()),
        types: HashMap::new(),
        enumerations: HashMap::new(),
        used: HashSet::new(),
        notes: Vec::new(),
        problems: Vec::new(),
    };
    binder.notes.extend(wsdl.notes.iter().map(ToString::to_string));
    let mut made = Vec::new();
    for service in &wsdl.services {
        let mut headers = Vec::new();
        let bound = service.operations.iter().filter_map(|operation| {
            let target = binder.target(service, operation, operations)?;
            binder.headers(operation, &mut headers);
            binder.operation(operation, &target)
        });
        let bound: Vec<_> = bound.collect();
        if !bound.is_empty() {
            made.push((service, bound, headers));
        }
    }
    binder.leftover_wishes();
    let Binder { view, mut notes, mut problems, .. } = binder;
    let view = Arc::new(view);
    let files: Arc<[_]> = wsdl.files.clone().into();
    let services = made.into_iter().map(|(service, operations, headers)| Service {
        name: service.name.clone(),
        path: path.unwrap_or(&service.name).into(),
        namespace: service.namespace.as_ref().into(),
        view: view.clone(),
        operations,
        described: Described::Given(files.clone()),
        lenient_namespaces: wishes.lenient_namespaces,
        headers,
        comment: None,
    });
    let services: Vec<_> = services.collect();
    if services.len() > 1 && path.is_some() {
        problems.push(format!("{}: one path for {} services", wsdl.name, services.len()));
    }
    if services.is_empty() {
        problems.push(format!("{}: no operation of it is one of the contract", wsdl.name));
    }
    for told in [&mut notes, &mut problems] {
        let mut known = HashSet::new();
        told.retain(|one| known.insert(one.clone()));
    }
    Bound { services, notes, problems }
}

/// The known name that looks most like another.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str> + Clone) -> Option<String> {
    NameTable::new(known.zip(0..)).nearest(name).map(str::to_owned)
}

/// Which way messages of a type go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    Request,
    Reply,
}

/// A type that is bound to a place in a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    complex: usize,
    place: types::Place,
    way: Way,
    encoded: bool,
    says: bool,
}

struct Binder<'w> {
    wsdl: &'w Wsdl,
    wishes: &'w Wishes,
    view: View,
    types: HashMap<Key, TypeId>,
    enumerations: HashMap<values::Key, crate::contract::xml::EnumerationId>,
    /// What config says and was used: `types.Order`.
    used: HashSet<String>,
    notes: Vec<String>,
    problems: Vec<String>,
}

impl Binder<'_> {
    /// The operation of the contract.
    fn target(
        &mut self,
        service: &read::Service,
        operation: &read::Operation,
        exposed: &[Exposed],
    ) -> Option<Exposed> {
        let (place, name) = (&operation.place, &*operation.name);
        let target = if let Some(wish) = self.wishes.operations.get(name) {
            self.used.insert(format!("operations.{name}"));
            let found = exposed.iter().find(|one| one.name() == wish);
            if found.is_none() {
                let hint = nearest(wish, exposed.iter().map(|one| one.name()));
                let hint = hint.map(|hint| format!(", did you mean {hint}?")).unwrap_or_default();
                self.problems
                    .push(format!("{place}: {name}: no operation {wish} is exposed{hint}"));
            }
            found?
        } else {
            let mut found: Vec<_> = exposed.iter().filter(|one| same(&one.method, name)).collect();
            if found.len() > 1 {
                let own = key(&service.name);
                found.retain(|one| {
                    let local = key(one.service.rsplit('.').next().unwrap_or_default());
                    own.contains(&local) || local.contains(&own)
                });
            }
            match *found.as_slice() {
                [only] => only,
                [] => {
                    self.notes.push(format!(
                        "{place}: {name} is no operation of the contract, and not served"
                    ));
                    return None;
                }
                ref several => {
                    let names: Vec<_> = several.iter().map(|one| one.name()).collect();
                    let names = names.join(", ");
                    self.problems.push(format!(
                        "{place}: {name} may be any of {names}: say which, `operations: {{ {name}: ... }}`"
                    ));
                    return None;
                }
            }
        };
        if target.streaming != Streaming::Unary {
            let target = target.name();
            self.notes.push(format!("{place}: {name} is not served: {target} is a stream"));
            return None;
        }
        Some(target.clone())
    }

    fn operation(
        &mut self,
        operation: &read::Operation,
        target: &Exposed,
    ) -> Option<SoapOperation> {
        let encoded = operation.binding == Binding::Encoded;
        let input =
            self.message(&operation.input, target.input, Way::Request, encoded, &operation.name);
        let output = match &operation.output {
            None => None,
            Some(output) => {
                let name = format!("{}Response", operation.name);
                Some(self.message(output, target.output, Way::Reply, encoded, &name)?)
            }
        };
        let faults = operation.faults.iter().filter_map(|fault| self.fault(fault));
        let faults = faults.collect();
        Some(SoapOperation {
            name: operation.name.clone(),
            operation: target.clone(),
            action: operation.action.clone(),
            style: match operation.binding {
                Binding::Document => Style::Document,
                Binding::Rpc => Style::Rpc,
                Binding::Encoded => Style::Encoded,
            },
            input: input?,
            output,
            faults,
            stream: None,
            comment: None,
        })
    }

    fn message(
        &mut self,
        message: &read::Message,
        shape: ShapeId,
        way: Way,
        encoded: bool,
        name: &str,
    ) -> Option<Message> {
        let body = self.root(&message.body, shape, way, encoded)?;
        Some(Message {
            name: name.into(),
            element: self.name(&message.body.element),
            body,
            action: message.action.clone(),
        })
    }

    /// Header blocks that become metadata; others are told.
    fn headers(&mut self, operation: &read::Operation, into: &mut Vec<Header>) {
        let requests = operation.input.headers.iter().map(|part| (part, Way::Request));
        let replies = operation.output.iter().flat_map(|output| &output.headers);
        let replies = replies.map(|part| (part, Way::Reply));
        for (part, way) in requests.chain(replies) {
            if part.element.namespace.contains("wssecurity") {
                continue;
            }
            let element = self.name(&part.element);
            let local = part.element.local.to_string();
            let known = into.iter_mut().find(|known| known.element == element);
            if let Some(known) = known {
                known.in_requests |= way == Way::Request;
                known.in_replies |= way == Way::Reply;
                continue;
            }
            let Some(wishes) = self.wishes.headers.get(&local) else {
                let hint = format!("`headers: {{ {local}: {{ ... }} }}` makes it metadata");
                let message = match way {
                    Way::Request => format!(
                        "{}: the header {local} is passed over, and refused where it must be understood; {hint}",
                        part.place
                    ),
                    Way::Reply => {
                        format!("{}: the header {local} is not written; {hint}", part.place)
                    }
                };
                self.notes.push(message);
                continue;
            };
            self.used.insert(format!("headers.{local}"));
            let mut parts = Vec::new();
            for (name, metadata) in wishes {
                let found = self.elements_of(part).into_iter().find(|one| *one.local == **name);
                match found {
                    Some(qualified) => {
                        parts.push((self.name(&qualified), metadata.to_ascii_lowercase().into()));
                    }
                    None => self
                        .problems
                        .push(format!("{}: the header {local} has no element {name}", part.place)),
                }
            }
            into.push(Header {
                element,
                parts,
                in_requests: way == Way::Request,
                in_replies: way == Way::Reply,
            });
        }
    }

    /// The names of the elements right within that of a part.
    fn elements_of(&self, part: &Part) -> Vec<QName> {
        let TypeRef::Complex(id) = &part.of else { return Vec::new() };
        match self.wsdl.get(*id).map(|of| &of.content) {
            Some(Content::Elements(elements)) => {
                elements.iter().map(|element| element.name.clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn name(&mut self, name: &QName) -> Name {
        // There are never so many namespaces.
        let namespace = self.view.namespace(&name.namespace).unwrap_or(NamespaceId::NONE);
        Name { namespace, local: name.local.clone() }
    }

    /// What config says of what is nowhere.
    fn leftover_wishes(&mut self) {
        let wishes = self.wishes;
        let sections: [(&str, Vec<&String>); 5] = [
            ("operations", wishes.operations.keys().collect()),
            ("types", wishes.types.keys().collect()),
            ("values", wishes.values.keys().collect()),
            ("faults", wishes.faults.keys().collect()),
            ("headers", wishes.headers.keys().collect()),
        ];
        for (section, names) in sections {
            for name in names {
                if self.used.contains(&format!("{section}.{name}")) {
                    continue;
                }
                let known: Vec<&str> = match section {
                    "types" => self.wsdl.types.iter().map(|of| &*of.label).collect(),
                    "operations" => {
                        let services = self.wsdl.services.iter();
                        services.flat_map(|one| &one.operations).map(|one| &*one.name).collect()
                    }
                    _ => Vec::new(),
                };
                let hint = nearest(name, known.into_iter()).filter(|near| near != name);
                let hint = hint.map(|near| format!(", did you mean {near}?")).unwrap_or_default();
                let file = &self.wsdl.name;
                self.problems.push(format!(
                    "{file}: `{section}: {{ {name}: ... }}` is of nothing that is served{hint}"
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests;
