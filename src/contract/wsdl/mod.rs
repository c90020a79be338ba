//! WSDL 1.1 with bindings for SOAP 1.1 and 1.2, and its schemas (XML Schema 1.0), written from the model
//! that the SOAP frontend answers by.

pub mod read;
mod schema;
mod write;
mod writer;

use std::collections::BTreeMap;

use crate::contract::soap::{Described, ErrorElement, Service, SoapOperation};
use crate::contract::xml::{Content, Form, Holds, Name, NamespaceId, Simple, TypeId, View};

/// A document whose only unknown is where the service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The text around each place of the address.
    pieces: Vec<String>,
}

/// What describes a service.
#[derive(Debug, Clone)]
pub struct Documents {
    /// The WSDL.
    pub wsdl: Document,
    /// What it names, each at the service's address with `?xsd=N` or `?wsdl=N`, N its place from 0.
    pub others: Vec<Document>,
}

impl Documents {
    /// Those of a service: as they were found, or written of it. `linked` puts schemas that are
    /// written into documents of their own.
    pub fn of(service: &Service, linked: bool) -> Self {
        match &service.described {
            Described::Made(error) => write::wsdl(service, error, linked),
            Described::Given(files) => {
                let wsdl = files.first().cloned();
                let wsdl = wsdl.unwrap_or(Document { pieces: Vec::new() });
                Self { wsdl, others: files.to_vec() }
            }
        }
    }
}

/// Stands for the address while a document is written: no name and no comment has such a character.
const ADDRESS: &str = "\u{1}";

impl Document {
    fn new(text: &str) -> Self {
        Self { pieces: text.split(ADDRESS).map(str::to_owned).collect() }
    }

    /// The text, with the service at that address.
    pub fn at(&self, address: &str) -> String {
        let mut escaped = String::with_capacity(address.len());
        for c in address.chars() {
            match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '"' => escaped.push_str("&quot;"),
                c if c.is_control() => {}
                c => escaped.push(c),
            }
        }
        self.pieces.join(&escaped)
    }
}

/// What a service's messages are made of, by the namespace it is defined in.
#[derive(Debug, Default)]
struct Reached {
    types: BTreeMap<NamespaceId, Vec<TypeId>>,
    enumerations: BTreeMap<NamespaceId, Vec<usize>>,
    /// Namespaces that others name.
    uses: BTreeMap<NamespaceId, Vec<NamespaceId>>,
}

impl Reached {
    /// All that can be reached from the messages and the errors of a service.
    fn of(service: &Service, error: &ErrorElement) -> Self {
        let view = &service.view;
        let mut reached = Self::default();
        let bodies = service.operations.iter().flat_map(SoapOperation::bodies);
        let details = error.details.iter().map(|detail| detail.body);
        let mut wanted: Vec<TypeId> = bodies.chain(details).collect();
        let mut seen = std::collections::BTreeSet::new();
        while let Some(id) = wanted.pop() {
            if !seen.insert(id) {
                continue;
            }
            let of = view.get(id);
            let own = of.name.as_ref().map(|name| name.namespace);
            if let Some(own) = own {
                reached.types.entry(own).or_default().push(id);
            }
            let simple = |reached: &mut Self, simple: &Simple| reached.simple(view, own, simple);
            for attribute in &of.attributes {
                if let Ok((_, value)) = &attribute.holds {
                    simple(&mut reached, value);
                }
            }
            match &of.content {
                Content::Text(_, value) => simple(&mut reached, value),
                Content::Elements(elements) => {
                    for element in elements {
                        match &element.holds {
                            Holds::Value(_, value) => simple(&mut reached, value),
                            Holds::Message(_, id) | Holds::Inner(id) => {
                                wanted.push(*id);
                                reached.used(own, view.get(*id).name.as_ref());
                            }
                            Holds::Literal(_) => {}
                        }
                    }
                }
            }
        }
        for list in reached.types.values_mut() {
            list.sort_by(|one, other| local(view, *one).cmp(local(view, *other)));
        }
        for list in reached.enumerations.values_mut() {
            list.sort_unstable();
            list.dedup();
        }
        reached
    }

    fn simple(&mut self, view: &View, by: Option<NamespaceId>, simple: &Simple) {
        let Form::Enumeration(id, _) = &simple.form else { return };
        let id = id.0 as usize;
        let name = view.enumerations.get(id).and_then(|enumeration| enumeration.name.as_ref());
        if let Some(name) = name {
            self.enumerations.entry(name.namespace).or_default().push(id);
            self.used(by, Some(name));
        }
    }

    fn used(&mut self, by: Option<NamespaceId>, name: Option<&Name>) {
        if let (Some(by), Some(name)) = (by, name)
            && by != name.namespace
        {
            self.uses.entry(by).or_default().push(name.namespace);
        }
    }

    /// The namespaces that need a schema.
    fn namespaces(&self, also: NamespaceId) -> Vec<NamespaceId> {
        let mut all: Vec<_> = self.types.keys().chain(self.enumerations.keys()).copied().collect();
        all.push(also);
        all.sort_unstable();
        all.dedup();
        all
    }
}

fn local(view: &View, id: TypeId) -> &str {
    view.get(id).name.as_ref().map_or("", |name| &name.local)
}
