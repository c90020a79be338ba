//! What is looked up and written per element, prepared once.

use std::collections::BTreeSet;

use crate::contract::shape::NameTable;
use crate::contract::xml::{
    Builtin, Content, Element, Holds, Name, NamespaceId, Type, TypeId, View,
};

/// The elements of one type.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Local names, as indexes of the first element of that name.
    names: NameTable,
    /// By element.
    pub tags: Vec<Tag>,
    /// How many numbers of choices there are.
    pub choices: usize,
}

/// The tags of one element.
#[derive(Debug)]
pub(super) struct Tag {
    /// The name of its namespace.
    pub namespace: Box<str>,
    /// Its name without a prefix.
    pub local: Box<str>,
    /// `<n1:name`
    pub open: Box<str>,
    /// `<n1:name>`
    pub start: Box<str>,
    /// `</n1:name>`
    pub close: Box<str>,
}

impl Tag {
    pub fn new(view: &View, name: &Name) -> Self {
        let written = written(name);
        Self {
            namespace: view.uri(name.namespace).into(),
            local: name.local.clone(),
            open: format!("<{written}").into(),
            start: format!("<{written}>").into(),
            close: format!("</{written}>").into(),
        }
    }

    /// The same with the type of its value.
    fn encoded(mut self, builtin: Builtin) -> Self {
        let (open, xsd, name) = (&self.open, super::XSD, builtin.name());
        self.open = format!("{open} xmlns:xsd=\"{xsd}\" xsi:type=\"xsd:{name}\"").into();
        self.start = format!("{}>", self.open).into();
        self
    }

    fn is(&self, namespace: &str, local: &str) -> bool {
        *self.local == *local && *self.namespace == *namespace
    }
}

impl Table {
    pub fn new(view: &View, of: &Type) -> Self {
        let Content::Elements(elements) = &of.content else { return Self::default() };
        let names = NameTable::new(elements.iter().map(|one| &*one.name.local).zip(0..));
        let tags = elements.iter().map(|element| {
            let tag = Tag::new(view, &element.name);
            match &element.holds {
                Holds::Value(_, simple) if of.encoded => tag.encoded(simple.builtin),
                _ => tag,
            }
        });
        let tags = tags.collect();
        let last = elements.iter().filter_map(|element| element.choice).max();
        Self { names, tags, choices: last.map_or(0, |last| usize::from(last) + 1) }
    }

    /// The index of the element of that name: guessed, as clients keep the order nearly always.
    pub fn find(&self, guess: usize, namespace: &str, local: &str) -> Option<usize> {
        for guess in [guess, guess + 1] {
            if self.tags.get(guess).is_some_and(|tag| tag.is(namespace, local)) {
                return Some(guess);
            }
        }
        let first = self.names.get(local.as_bytes())? as usize;
        // Others of the same local name differ in their namespace.
        let rest = self.tags.get(first..)?;
        rest.iter().position(|tag| tag.is(namespace, local)).map(|at| first + at)
    }

    /// The index of the only element of that local name.
    pub fn only(&self, local: &str) -> Option<usize> {
        let first = self.names.get(local.as_bytes())? as usize;
        let mut others = self.tags.get(first + 1..)?.iter();
        (!others.any(|tag| *tag.local == *local)).then_some(first)
    }

    /// The known name that looks most like `local`.
    pub fn nearest(&self, local: &str) -> Option<&str> {
        self.names.nearest(local)
    }
}

/// A name with the prefix of its namespace.
pub(super) fn written(name: &Name) -> String {
    match name.namespace {
        NamespaceId::NONE => name.local.to_string(),
        NamespaceId(id) => format!("n{id}:{}", name.local),
    }
}

/// The namespaces of all names within an element of each type.
pub(super) fn namespaces(view: &View) -> Vec<BTreeSet<NamespaceId>> {
    let mut used: Vec<BTreeSet<NamespaceId>> = view.types.iter().map(own_namespaces).collect();
    let below: Vec<Vec<TypeId>> = view.types.iter().map(children).collect();
    // Types hold each other in circles, so it is done when nothing more comes.
    loop {
        let mut more = false;
        for (index, children) in below.iter().enumerate() {
            let mut all = used.get(index).cloned().unwrap_or_default();
            let before = all.len();
            for child in children {
                all.extend(used.get(child.0 as usize).into_iter().flatten());
            }
            if all.len() > before
                && let Some(slot) = used.get_mut(index)
            {
                *slot = all;
                more = true;
            }
        }
        if !more {
            break;
        }
    }
    used
}

/// ` xmlns:n1="..."` of namespaces, and of `xsi`.
pub(super) fn declared(view: &View, namespaces: &BTreeSet<NamespaceId>) -> Box<str> {
    let mut text = format!(" xmlns:xsi=\"{}\"", super::XSI);
    for id in namespaces.iter().filter(|id| **id != NamespaceId::NONE) {
        let mut value = Vec::new();
        super::escape_attribute(view.uri(*id), &mut value);
        text.push_str(&format!(" xmlns:n{}=\"{}\"", id.0, String::from_utf8_lossy(&value)));
    }
    text.into()
}

fn own_namespaces(of: &Type) -> BTreeSet<NamespaceId> {
    let attributes = of.attributes.iter().map(|attribute| attribute.name.namespace);
    let elements = match &of.content {
        Content::Elements(elements) => elements.as_slice(),
        Content::Text(..) => &[],
    };
    let says = of.says.iter().map(|name| name.namespace);
    attributes.chain(elements.iter().map(|element| element.name.namespace)).chain(says).collect()
}

fn children(of: &Type) -> Vec<TypeId> {
    let Content::Elements(elements) = &of.content else { return Vec::new() };
    let child = |element: &Element| match &element.holds {
        Holds::Message(_, id) | Holds::Inner(id) => Some(*id),
        Holds::Value(..) | Holds::Literal(_) => None,
    };
    elements.iter().filter_map(child).chain(of.derived.iter().copied()).collect()
}
