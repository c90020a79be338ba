//! Types, with what they extend, restrict and refer to in its place.

use roxmltree::Node;

use super::library::{At, Kind, Library};
use super::model::{Attribute, Content, Element, QName, Simple, TypeRef};
use super::{SOAP_ENCODING, XSD};
use crate::contract::xml::{Builtin, Occurs};

/// How many types may extend each other, one below the other.
const DEEPEST: usize = 50;

/// The text of a simple type that says nothing.
const TEXT: Simple =
    Simple { name: None, builtin: Builtin::String, list: false, values: Vec::new() };

/// What is around elements while they are collected.
#[derive(Debug, Clone, Copy)]
struct Around {
    /// Whether it may be left out, or something else be chosen.
    optional: bool,
    /// Whether it may stand there several times.
    repeats: bool,
    /// The choice whose branches these are.
    choice: Option<u16>,
}

/// The elements of one type.
#[derive(Debug, Default)]
struct Collected {
    elements: Vec<Element>,
    choices: u16,
}

impl<'d> Library<'d> {
    /// The attributes and the content of a complex type.
    pub(super) fn flattened(&mut self, at: At<'d>, label: &str) -> (Vec<Attribute>, Content) {
        let (mut attributes, mut collected) = (Vec::new(), Collected::default());
        let text = self.complex_type(at, label, &mut attributes, &mut collected, DEEPEST);
        let content = match text {
            Some(text) => Content::Text(text),
            None => Content::Elements(collected.elements),
        };
        (attributes, content)
    }

    /// The text of simple content; else everything is added to `attributes` and `into`.
    fn complex_type(
        &mut self,
        at: At<'d>,
        label: &str,
        attributes: &mut Vec<Attribute>,
        into: &mut Collected,
        depth: usize,
    ) -> Option<Simple> {
        let Some(depth) = depth.checked_sub(1) else {
            self.problem(at, "types extend each other in a circle");
            return None;
        };
        if at.node.attribute("mixed") == Some("true") {
            self.note(at, format!("text between the elements of {label} (mixed) is not taken"));
        }
        let mut text = None;
        for node in elements(at.node) {
            let inner = At { node, ..at };
            match node.tag_name().name() {
                "complexContent" => {
                    let Some(derivation) = derivation(inner) else { continue };
                    self.derivation(derivation, label, attributes, into, depth);
                }
                "simpleContent" => {
                    let Some(derivation) = derivation(inner) else { continue };
                    text = Some(self.simple_content(derivation, label, attributes, depth));
                }
                _ => self.part(inner, label, attributes, into),
            }
        }
        text
    }

    /// `xs:extension` or `xs:restriction` of complex content.
    fn derivation(
        &mut self,
        at: At<'d>,
        label: &str,
        attributes: &mut Vec<Attribute>,
        into: &mut Collected,
        depth: usize,
    ) {
        let base = at.node.attribute("base").unwrap_or_default();
        let Some(base) = self.name(at, base) else { return };
        if is_encoding(&base.namespace) {
            self.note(
                at,
                format!("{label} is an array of SOAP's own encoding, which is not served"),
            );
            return;
        }
        if !(base.namespace.as_ref() == XSD && &*base.local == "anyType") {
            let Some((_, base)) = self.referred(at, "base", Kind::Type) else { return };
            if at.node.tag_name().name() == "extension" {
                self.complex_type(base, label, attributes, into, depth);
            } else {
                // A restriction says all its elements again, but only the attributes that change.
                let mut replaced = Collected::default();
                self.complex_type(base, label, attributes, &mut replaced, depth);
            }
        }
        for node in elements(at.node) {
            self.part(At { node, ..at }, label, attributes, into);
        }
    }

    fn simple_content(
        &mut self,
        at: At<'d>,
        label: &str,
        attributes: &mut Vec<Attribute>,
        depth: usize,
    ) -> Simple {
        let base = at.node.attribute("base").unwrap_or_default();
        let Some(name) = self.name(at, base) else { return TEXT };
        let base = match self.component(Kind::Type, &name) {
            Some(base) if base.node.has_tag_name((XSD, "complexType")) => {
                let mut none = Collected::default();
                self.complex_type(base, label, attributes, &mut none, depth).unwrap_or(TEXT)
            }
            _ => self.simple_named(at, &name),
        };
        for node in elements(at.node) {
            self.part(At { node, ..at }, label, attributes, &mut Collected::default());
        }
        let values = enumerated(at.node);
        if values.is_empty() { base } else { Simple { values, ..base } }
    }

    /// A group of elements, an attribute, or a reference to some.
    fn part(
        &mut self,
        at: At<'d>,
        label: &str,
        attributes: &mut Vec<Attribute>,
        into: &mut Collected,
    ) {
        match at.node.tag_name().name() {
            "sequence" | "all" | "choice" | "group" => {
                let around = Around { optional: false, repeats: false, choice: None };
                self.particle(at, label, around, into, DEEPEST);
            }
            "attribute" => self.attribute(at, attributes),
            "attributeGroup" => {
                let Some((_, group)) = self.referred(at, "ref", Kind::AttributeGroup) else {
                    return;
                };
                for node in elements(group.node) {
                    self.part(At { node, ..group }, label, attributes, into);
                }
            }
            "anyAttribute" => {
                self.note(at, format!("attributes of other namespaces on {label} are passed over"));
            }
            _ => {}
        }
    }

    fn particle(
        &mut self,
        at: At<'d>,
        label: &str,
        around: Around,
        into: &mut Collected,
        depth: usize,
    ) {
        let Some(depth) = depth.checked_sub(1) else {
            self.problem(at, "groups hold each other in a circle");
            return;
        };
        let occurs = occurs(at.node);
        let kind = at.node.tag_name().name();
        match kind {
            "element" => return self.element(at, label, around, into),
            "group" => {
                let Some((_, group)) = self.referred(at, "ref", Kind::Group) else { return };
                let around = around.within(occurs);
                for node in elements(group.node) {
                    self.particle(At { node, ..group }, label, around, into, depth);
                }
                return;
            }
            "any" => {
                self.note(at, format!("other elements in {label} (xs:any) are not taken"));
                return;
            }
            "sequence" | "all" | "choice" => {}
            _ => return,
        }
        let mut inner = around.within(occurs);
        let branches: Vec<_> =
            elements(at.node).filter(|one| !one.has_tag_name((XSD, "annotation"))).collect();
        if kind == "choice" {
            inner.optional = true;
            if inner.repeats {
                inner.choice = None;
            } else if inner.choice.is_none() {
                inner.choice = Some(into.choices);
                into.choices += 1;
            }
        } else if branches.len() > 1 {
            // Of a sequence in a choice, several stand side by side.
            inner.choice = None;
            if occurs.max != Some(1) {
                self.note(
                    at,
                    format!("the elements of {label} that repeat as a group are written one kind after the other"),
                );
            }
        }
        for node in branches {
            self.particle(At { node, ..at }, label, inner, into, depth);
        }
    }

    fn element(&mut self, at: At<'d>, label: &str, around: Around, into: &mut Collected) {
        let own = occurs(at.node);
        if own.max == Some(0) {
            return;
        }
        let (name, declared) = if at.node.has_attribute("ref") {
            let Some(found) = self.referred(at, "ref", Kind::Element) else { return };
            if found.1.node.attribute("abstract") == Some("true") {
                let local = &found.0.local;
                self.note(at, format!("{local} of {label} is abstract, and what may stand in its place is not taken"));
            }
            found
        } else {
            let Some(name) = self.declared(at, "elementFormDefault") else { return };
            (name, at)
        };
        let occurs = Occurs {
            min: if around.optional { 0 } else { own.min },
            max: if around.repeats { None } else { own.max },
        };
        let place = self.place(at);
        let of = self.type_of(declared, &format!("{label}/{}", name.local));
        let text = |attribute| declared.node.attribute(attribute).map(Into::into);
        let element = Element {
            occurs,
            nillable: declared.node.attribute("nillable") == Some("true"),
            default: text("default"),
            fixed: text("fixed"),
            choice: around.choice.filter(|_| occurs.max == Some(1)),
            of,
            place,
            name,
        };
        match into.elements.iter_mut().find(|known| known.name == element.name) {
            // The same name further down is the same element once more.
            Some(known) => {
                known.occurs.max = match (known.choice, known.occurs.max, element.occurs.max) {
                    // In another branch.
                    (Some(_), Some(one), Some(other)) => Some(one.max(other)),
                    (_, Some(one), Some(other)) => one.checked_add(other),
                    _ => None,
                };
                known.choice = None;
            }
            None => into.elements.push(element),
        }
    }

    /// The type that an element or an attribute of a complex type is declared with.
    pub(super) fn type_of(&mut self, at: At<'d>, label: &str) -> TypeRef {
        if let Some(text) = at.node.attribute("type") {
            let Some(name) = self.name(at, text) else { return TypeRef::Any };
            return self.type_named(at, name);
        }
        for node in elements(at.node) {
            let inner = At { node, ..at };
            match node.tag_name().name() {
                "complexType" => return TypeRef::Complex(self.complex(inner, None, label)),
                "simpleType" => return TypeRef::Simple(self.simple(inner, DEEPEST)),
                _ => {}
            }
        }
        if at.node.has_attribute("substitutionGroup")
            && let Some((_, head)) = self.referred(at, "substitutionGroup", Kind::Element)
        {
            return self.type_of(head, label);
        }
        TypeRef::Any
    }

    pub(super) fn type_named(&mut self, at: At<'d>, name: QName) -> TypeRef {
        if name.namespace.as_ref() == XSD && matches!(&*name.local, "anyType" | "ur-type") {
            return TypeRef::Any;
        }
        match self.component(Kind::Type, &name) {
            Some(found) if found.node.has_tag_name((XSD, "complexType")) => {
                let local = name.local.to_string();
                TypeRef::Complex(self.complex(found, Some(name), &local))
            }
            _ => TypeRef::Simple(self.simple_named(at, &name)),
        }
    }

    fn simple_named(&mut self, at: At<'d>, name: &QName) -> Simple {
        let built_in = name.namespace.as_ref() == XSD || is_encoding(&name.namespace);
        if built_in {
            let local = if &*name.local == "base64" { "base64Binary" } else { &name.local };
            let list = matches!(local, "NMTOKENS" | "IDREFS" | "ENTITIES");
            let local = local.strip_suffix('S').filter(|_| list).unwrap_or(local);
            let Some(builtin) = Builtin::named(local) else {
                self.problem(at, format!("there is no built-in type {}", name.local));
                return TEXT;
            };
            return Simple { builtin, list, ..TEXT };
        }
        match self.component(Kind::Type, name) {
            Some(found) => Simple { name: Some(name.local.clone()), ..self.simple(found, DEEPEST) },
            None => {
                let QName { namespace, local } = name;
                self.problem(
                    at,
                    format!("there is no type {local} in the namespace {namespace:?}"),
                );
                TEXT
            }
        }
    }

    /// A simple type: what it restricts, the members of a union, the items of a list.
    fn simple(&mut self, at: At<'d>, depth: usize) -> Simple {
        let Some(depth) = depth.checked_sub(1) else {
            self.problem(at, "simple types are made of each other in a circle");
            return TEXT;
        };
        for node in elements(at.node) {
            let inner = At { node, ..at };
            match node.tag_name().name() {
                "restriction" => {
                    let base = self.inner_simple(inner, "base", depth);
                    let values = enumerated(node);
                    return if values.is_empty() { base } else { Simple { values, ..base } };
                }
                "list" => {
                    return Simple { list: true, ..self.inner_simple(inner, "itemType", depth) };
                }
                "union" => return self.union(inner, depth),
                _ => {}
            }
        }
        TEXT
    }

    /// The simple type that an attribute names, or that stands within.
    fn inner_simple(&mut self, at: At<'d>, attribute: &str, depth: usize) -> Simple {
        if let Some(text) = at.node.attribute(attribute) {
            let Some(name) = self.name(at, text) else { return TEXT };
            return match self.component(Kind::Type, &name) {
                Some(found) => {
                    Simple { name: Some(name.local.clone()), ..self.simple(found, depth) }
                }
                None => self.simple_named(at, &name),
            };
        }
        let inner = elements(at.node).find(|one| one.has_tag_name((XSD, "simpleType")));
        inner.map_or(TEXT, |node| self.simple(At { node, ..at }, depth))
    }

    /// A union is a text of any of its members: of all their values where each has only some.
    fn union(&mut self, at: At<'d>, depth: usize) -> Simple {
        let mut members = Vec::new();
        for name in at.node.attribute("memberTypes").unwrap_or_default().split_ascii_whitespace() {
            let Some(name) = self.name(at, name) else { continue };
            members.push(match self.component(Kind::Type, &name) {
                Some(found) => self.simple(found, depth),
                None => self.simple_named(at, &name),
            });
        }
        for node in elements(at.node).filter(|one| one.has_tag_name((XSD, "simpleType"))) {
            members.push(self.simple(At { node, ..at }, depth));
        }
        let Some(first) = members.first() else { return TEXT };
        let builtin = first.builtin;
        let same = members.iter().all(|one| one.builtin == builtin && !one.list);
        let closed = members.iter().all(|one| !one.values.is_empty());
        let values = members.iter().filter(|_| closed).flat_map(|one| one.values.clone());
        Simple {
            builtin: if same { builtin } else { Builtin::String },
            values: values.collect(),
            ..TEXT
        }
    }

    fn attribute(&mut self, at: At<'d>, into: &mut Vec<Attribute>) {
        if at.node.attribute((super::WSDL, "arrayType")).is_some() {
            return;
        }
        let (name, declared) = if at.node.has_attribute("ref") {
            let name = at.node.attribute("ref").and_then(|text| self.name(at, text));
            let Some(name) = name else { return };
            // `xml:lang` and the like, and those of arrays of SOAP's encoding.
            if name.namespace.contains("/XML/1998/") || is_encoding(&name.namespace) {
                return;
            }
            let Some(found) = self.referred(at, "ref", Kind::Attribute) else { return };
            found
        } else {
            let Some(name) = self.declared(at, "attributeFormDefault") else { return };
            (name, at)
        };
        let known = into.iter().position(|known| known.name == name);
        let usage = at.node.attribute("use").unwrap_or_default();
        if usage == "prohibited" {
            into.retain(|known| known.name != name);
            return;
        }
        let of = match self.type_of(declared, &name.local) {
            TypeRef::Simple(simple) => simple,
            TypeRef::Any | TypeRef::Complex(_) => TEXT,
        };
        let text = |attribute: &str| {
            at.node.attribute(attribute).or(declared.node.attribute(attribute)).map(Into::into)
        };
        let attribute = Attribute {
            required: usage == "required",
            default: text("default"),
            fixed: text("fixed"),
            of,
            place: self.place(at),
            name,
        };
        match known.and_then(|index| into.get_mut(index)) {
            Some(known) => *known = attribute,
            None => into.push(attribute),
        }
    }

    /// The name that a declaration within a type gives: qualified or not.
    fn declared(&mut self, at: At<'d>, default: &str) -> Option<QName> {
        let Some(local) = at.node.attribute("name") else {
            self.problem(at, format!("<{}> without a name", at.node.tag_name().name()));
            return None;
        };
        let schema = self.schemas.get(at.schema)?;
        let qualified = match (at.node.attribute("form"), default) {
            (Some(form), _) => form == "qualified",
            (None, "elementFormDefault") => schema.elements_qualified,
            (None, _) => schema.attributes_qualified,
        };
        let namespace = if qualified { schema.target.clone() } else { "".into() };
        Some(QName { namespace, local: local.into() })
    }
}

impl Around {
    fn within(self, occurs: Occurs) -> Self {
        Self {
            optional: self.optional || occurs.min == 0,
            repeats: self.repeats || occurs.max != Some(1),
            choice: self.choice,
        }
    }
}

fn elements<'d>(node: Node<'d, 'd>) -> impl Iterator<Item = Node<'d, 'd>> {
    node.children().filter(Node::is_element)
}

/// `xs:extension` or `xs:restriction` within.
fn derivation(at: At<'_>) -> Option<At<'_>> {
    let is = |node: &Node<'_, '_>| {
        node.has_tag_name((XSD, "extension")) || node.has_tag_name((XSD, "restriction"))
    };
    elements(at.node).find(is).map(|node| At { node, ..at })
}

/// The values of the enumeration facets of a restriction.
fn enumerated(node: Node<'_, '_>) -> Vec<Box<str>> {
    let facets = node.children().filter(|one| one.has_tag_name((XSD, "enumeration")));
    facets.filter_map(|facet| facet.attribute("value")).map(Into::into).collect()
}

fn occurs(node: Node<'_, '_>) -> Occurs {
    let number = |attribute| node.attribute(attribute).and_then(|text| text.trim().parse().ok());
    let max = match node.attribute("maxOccurs").map(str::trim) {
        Some("unbounded") => None,
        _ => Some(number("maxOccurs").unwrap_or(1)),
    };
    Occurs { min: number("minOccurs").unwrap_or(1), max }
}

pub(super) fn is_encoding(namespace: &str) -> bool {
    namespace == SOAP_ENCODING || namespace == "http://www.w3.org/2003/05/soap-encoding"
}
