//! Wire bytes to XML.
//!
//! Fields may come in any order, split and merged: they are noted once, put in the order of the shape
//! where they are not, and then asked for element by element.

use std::borrow::Cow;
use std::ops::Range;

use super::items::{Item, Items, collect, reused};
use super::lexical::{self, Wire};
use super::tables::Tag;
use super::{Codec, XOP, escape};
use crate::codec::EncodeError;
use crate::codec::error::Fault;
use crate::contract::shape::{Cardinality, Field, Kind, ShapeId};
use crate::contract::xml::{Content, Element, Form, Holds, Literal, Name, Simple, TypeId};

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodeOptions {
    /// Whether fields without presence are written that hold their default.
    pub emit_defaults: bool,
    /// How deep messages may nest.
    pub max_depth: u32,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        Self { emit_defaults: false, max_depth: 100 }
    }
}

/// Bytes that are to stand elsewhere, with an `xop:Include` in their place.
#[derive(Debug)]
pub struct Attached {
    /// Values of fewer bytes stay where they are.
    pub threshold: usize,
    /// What is behind the `@` of their content ids.
    pub domain: Box<str>,
    /// Those that were found, in the order of their numbers.
    pub parts: Vec<Part>,
}

/// One value that stands elsewhere: its content id is `part-N@domain`, N its place from 0.
pub type Part = Range<usize>;

type Result<T, E = Box<Fault>> = std::result::Result<T, E>;

impl Codec {
    /// An element of that name and type, prepared. With `declare` it says the prefixes of all names in
    /// it; else an element around it does.
    pub fn root(&self, name: &Name, of: TypeId, declare: bool) -> Root {
        let tag = Tag::new(&self.view, name);
        let declarations = if declare { self.declarations(&[name], &[of]) } else { String::new() };
        Root { of, open: format!("{}{declarations}", tag.open).into(), tag }
    }

    /// Appends an element that holds a message. On an error `out` is as long as it was.
    pub fn encode(
        &self,
        root: &Root,
        message: &[u8],
        options: &EncodeOptions,
        attached: Option<&mut Attached>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let before = out.len();
        out.reserve(message.len() * 4);
        out.extend_from_slice(root.open.as_bytes());
        let mut encoder =
            Encoder { codec: self, options, whole: message, attached, spare: Vec::new(), out };
        let mut written = encoder.content(root.of, message, options.max_depth);
        if written.is_ok() {
            out.extend_from_slice(root.tag.close.as_bytes());
        } else {
            written = written.map_err(|fault| fault.in_field(&root.tag.local));
            out.truncate(before);
        }
        Ok(written?)
    }
}

/// An element that stands on its own, prepared to be written.
#[derive(Debug)]
pub struct Root {
    of: TypeId,
    /// `<n1:name xmlns:n1="..."`
    open: Box<str>,
    tag: Tag,
}

struct Encoder<'e> {
    codec: &'e Codec,
    options: &'e EncodeOptions,
    /// The message that ranges of attached values count from.
    whole: &'e [u8],
    attached: Option<&'e mut Attached>,
    /// Room for the values of messages: as many as nest.
    spare: Vec<Vec<Item<'static>>>,
    out: &'e mut Vec<u8>,
}

impl<'e> Encoder<'e> {
    /// The rest of a start tag whose name has been written, and what is behind it, without the end tag.
    fn content(&mut self, id: TypeId, message: &[u8], depth: u32) -> Result<()> {
        let depth = depth.checked_sub(1).ok_or_else(|| Fault::new(0, "nests too deep"))?;
        let view = &self.codec.view;
        let mut found = reused(self.spare.pop().unwrap_or_default());
        collect(&view.shapes, view.get(id).shape, message, &mut found)?;
        let items = Items::new(&found);
        self.attributes(id, &items)?;
        self.out.push(b'>');
        self.body(id, &items, depth)?;
        self.spare.push(reused(found));
        Ok(())
    }

    fn attributes(&mut self, id: TypeId, items: &Items<'_, '_>) -> Result<()> {
        let codec = self.codec;
        if let Some(name) = &codec.view.get(id).says {
            let name = crate::codec::xml::tables::written(name);
            self.out.extend_from_slice(format!(" xsi:type=\"{name}\"").as_bytes());
        }
        for attribute in &codec.view.get(id).attributes {
            let text = match &attribute.holds {
                Err(Literal::Text(text)) => Some(text.as_bytes().to_vec()),
                Err(Literal::Nil | Literal::Ignored | Literal::Refused) => None,
                Ok((path, simple)) => {
                    let mut text = Vec::new();
                    let mut any = false;
                    self.values(path, items, &mut |encoder, field, value| {
                        if std::mem::replace(&mut any, true) {
                            text.push(b' ');
                        }
                        encoder.text(field, simple, value, &mut text)
                    })
                    .map_err(|fault| fault.in_field(&attribute.name.local))?;
                    (any || attribute.required).then_some(text)
                }
            };
            if let Some(text) = text {
                self.out.push(b' ');
                let name = crate::codec::xml::tables::written(&attribute.name);
                self.out.extend_from_slice(name.as_bytes());
                self.out.extend_from_slice(b"=\"");
                // Escaped as content already: what is left are the quotes and the blanks.
                for byte in text {
                    match byte {
                        b'"' => self.out.extend_from_slice(b"&quot;"),
                        b'\n' => self.out.extend_from_slice(b"&#10;"),
                        b'\t' => self.out.extend_from_slice(b"&#9;"),
                        byte => self.out.push(byte),
                    }
                }
                self.out.push(b'"');
            }
        }
        Ok(())
    }

    fn body(&mut self, id: TypeId, items: &Items<'_, '_>, depth: u32) -> Result<()> {
        let codec = self.codec;
        let elements = match &codec.view.get(id).content {
            Content::Elements(elements) => elements,
            Content::Text(path, simple) => {
                let mut any = false;
                self.values(path, items, &mut |encoder, field, value| {
                    let mut text = Vec::new();
                    if std::mem::replace(&mut any, true) {
                        text.push(b' ');
                    }
                    encoder.text(field, simple, value, &mut text)?;
                    encoder.out.extend_from_slice(&text);
                    Ok(())
                })?;
                // The element is there, so it must hold a value of its type.
                if let (false, false, Some(field)) = (any, simple.list, self.field(path)) {
                    self.value(field, simple, nothing(field))?;
                }
                return Ok(());
            }
        };
        let tags = codec.tables.get(id.0 as usize).map(|table| table.tags.as_slice());
        for (element, tag) in elements.iter().zip(tags.unwrap_or_default()) {
            self.element(element, tag, items, depth)
                .map_err(|fault| fault.in_field(&element.name.local))?;
        }
        Ok(())
    }

    fn element(
        &mut self,
        element: &Element,
        tag: &Tag,
        items: &Items<'_, '_>,
        depth: u32,
    ) -> Result<()> {
        let before = self.out.len();
        match &element.holds {
            Holds::Literal(Literal::Text(text)) => {
                self.out.extend_from_slice(tag.open.as_bytes());
                self.out.push(b'>');
                escape::content(text, self.out);
                self.out.extend_from_slice(tag.close.as_bytes());
            }
            Holds::Literal(Literal::Nil) => {
                self.out.extend_from_slice(tag.open.as_bytes());
                self.out.extend_from_slice(b" xsi:nil=\"true\">");
                self.out.extend_from_slice(tag.close.as_bytes());
            }
            Holds::Literal(Literal::Ignored | Literal::Refused) => {}
            Holds::Value(path, simple) => {
                if let ([(shape, index)], false) = (&**path, simple.list) {
                    let found = items.of(*index);
                    let field = self.codec.view.shapes.get(*shape).fields.get(*index);
                    let split = found.len() > 1 && field.is_none_or(|one| one.message().is_some());
                    if let (false, false, Some(field)) = (found.is_empty(), split, field) {
                        return self.plain_values(tag, field, simple, found);
                    }
                    let silent = element.occurs.min == 0 && element.absent.is_none();
                    if found.is_empty() && silent && !self.options.emit_defaults {
                        return Ok(());
                    }
                }
                let mut last = None;
                if simple.list {
                    let mut text = Vec::new();
                    self.values(path, items, &mut |encoder, field, value| {
                        if !text.is_empty() {
                            text.push(b' ');
                        }
                        encoder.text(field, simple, value, &mut text)
                    })?;
                    if !text.is_empty() || element.occurs.min > 0 {
                        self.open(tag);
                        self.out.extend_from_slice(&text);
                        self.out.extend_from_slice(tag.close.as_bytes());
                    }
                    return Ok(());
                }
                self.values(path, items, &mut |encoder, field, value| {
                    encoder.open(tag);
                    encoder.value(field, simple, value)?;
                    encoder.out.extend_from_slice(tag.close.as_bytes());
                    last = Some(());
                    Ok(())
                })?;
                if last.is_none() {
                    self.absent_value(element, tag, path, simple, items)?;
                }
            }
            Holds::Message(path, id) => {
                self.values(path, items, &mut |encoder, _, value| {
                    let Wire::Bytes(message) = value else {
                        return Err(Fault::new(0, "a value of another type than its field's"));
                    };
                    encoder.out.extend_from_slice(tag.open.as_bytes());
                    encoder.content(*id, message, depth)?;
                    encoder.out.extend_from_slice(tag.close.as_bytes());
                    Ok(())
                })?;
                // A list that is empty stays so, whatever the schema says.
                if self.out.len() == before && element.occurs.min > 0 && !is_list(element) {
                    self.out.extend_from_slice(tag.open.as_bytes());
                    if element.nillable {
                        self.out.extend_from_slice(b" xsi:nil=\"true\">");
                    } else {
                        self.content(*id, b"", depth)?;
                    }
                    self.out.extend_from_slice(tag.close.as_bytes());
                }
            }
            Holds::Inner(id) => {
                let depth = depth.checked_sub(1).ok_or_else(|| Fault::new(0, "nests too deep"))?;
                if element.occurs.min == 0 && !self.is_there(*id, items, depth) {
                    return Ok(());
                }
                self.out.extend_from_slice(tag.open.as_bytes());
                self.attributes(*id, items)?;
                self.out.push(b'>');
                self.body(*id, items, depth)?;
                self.out.extend_from_slice(tag.close.as_bytes());
            }
        }
        Ok(())
    }

    /// Values of a field of the message itself; where it is no list, the last one counts.
    fn plain_values(
        &mut self,
        tag: &Tag,
        field: &Field,
        simple: &Simple,
        found: &[Item<'_>],
    ) -> Result<()> {
        let from = if field.is_repeated() { 0 } else { found.len().saturating_sub(1) };
        for (place, item) in found.iter().enumerate().skip(from) {
            self.out.extend_from_slice(tag.start.as_bytes());
            self.value(field, simple, item.value).map_err(|fault| match field.is_repeated() {
                true => fault.at_index(place),
                false => fault,
            })?;
            self.out.extend_from_slice(tag.close.as_bytes());
        }
        Ok(())
    }

    /// An element whose field is not there.
    fn absent_value(
        &mut self,
        element: &Element,
        tag: &Tag,
        path: &[(ShapeId, usize)],
        simple: &Simple,
        items: &Items<'_, '_>,
    ) -> Result<()> {
        let Some(field) = self.field(path) else { return Ok(()) };
        let plain = !field.presence && !field.is_repeated() && field.oneof().is_none();
        let wanted = (element.occurs.min > 0 && !is_list(element))
            || (plain && path.len() == 1 && self.options.emit_defaults);
        // Of a choice one is there at most.
        let chosen = element.choice.is_some() && !items.all.is_empty();
        if let Some(text) = &element.absent {
            self.open(tag);
            escape::content(text, self.out);
            self.out.extend_from_slice(tag.close.as_bytes());
            return Ok(());
        }
        if !wanted || chosen {
            return Ok(());
        }
        if element.nillable && !plain {
            self.out.extend_from_slice(tag.open.as_bytes());
            self.out.extend_from_slice(b" xsi:nil=\"true\">");
        } else {
            self.open(tag);
            self.value(field, simple, nothing(field))?;
        }
        self.out.extend_from_slice(tag.close.as_bytes());
        Ok(())
    }

    /// Whether a message has any of what an element of that type, which has no message of its own,
    /// holds.
    fn is_there(&self, id: TypeId, items: &Items<'_, '_>, depth: u32) -> bool {
        let of = self.codec.view.get(id);
        let has = |path: &[(ShapeId, usize)]| {
            path.first().is_some_and(|(_, index)| !items.of(*index).is_empty())
        };
        let mut attributes = of.attributes.iter().filter_map(|one| one.holds.as_ref().ok());
        attributes.any(|(path, _)| has(path))
            || match &of.content {
                Content::Text(path, _) => has(path),
                Content::Elements(elements) => elements.iter().any(|one| match &one.holds {
                    Holds::Value(path, _) | Holds::Message(path, _) => has(path),
                    Holds::Inner(id) => depth > 0 && self.is_there(*id, items, depth - 1),
                    Holds::Literal(_) => false,
                }),
            }
    }

    /// The field at the end of a path.
    fn field(&self, path: &[(ShapeId, usize)]) -> Option<&'e Field> {
        let (shape, index) = path.last()?;
        self.codec.view.shapes.get(*shape).fields.get(*index)
    }

    fn open(&mut self, tag: &Tag) {
        self.out.extend_from_slice(tag.start.as_bytes());
    }

    /// What stands between the tags of a value.
    fn value(&mut self, field: &Field, simple: &Simple, value: Wire<'_>) -> Result<()> {
        if let Wire::Bytes(bytes) = value
            && lexical::is_binary(&simple.form)
            && self.attach(bytes)
        {
            return Ok(());
        }
        let mut out = std::mem::take(self.out);
        let written = self.text(field, simple, value, &mut out);
        *self.out = out;
        written
    }

    fn text(
        &self,
        field: &Field,
        simple: &Simple,
        value: Wire<'_>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let codec = self.codec;
        let written = match (&simple.form, value) {
            (Form::Decimal { units, nanos }, Wire::Bytes(message)) => {
                amount(codec, field, message, *units, *nanos)
                    .and_then(|(units, nanos)| lexical::write_decimal(units, nanos, out))
            }
            _ => lexical::encode(&codec.view, &codec.json, simple, value, out),
        };
        written.map_err(|message| Fault::new(0, message))
    }

    /// Leaves bytes to stand elsewhere, if they are many.
    fn attach(&mut self, bytes: &[u8]) -> bool {
        let Some(attached) = &mut self.attached else { return false };
        if bytes.len() < attached.threshold {
            return false;
        }
        // What was merged from pieces is nowhere as a whole.
        let start = (bytes.as_ptr() as usize).wrapping_sub(self.whole.as_ptr() as usize);
        let range = start..start.wrapping_add(bytes.len());
        if self.whole.get(range.clone()).map(<[u8]>::as_ptr) != Some(bytes.as_ptr()) {
            return false;
        }
        let index = attached.parts.len();
        let include = format!(
            "<xop:Include xmlns:xop=\"{XOP}\" href=\"cid:part-{index}@{}\"></xop:Include>",
            attached.domain
        );
        self.out.extend_from_slice(include.as_bytes());
        attached.parts.push(range);
        true
    }

    /// Calls `each` for every value at the end of a path.
    fn values(
        &mut self,
        path: &[(ShapeId, usize)],
        items: &Items<'_, '_>,
        each: &mut dyn FnMut(&mut Self, &Field, Wire<'_>) -> Result<()>,
    ) -> Result<()> {
        let [(shape, index), below @ ..] = path else { return Ok(()) };
        let codec = self.codec;
        let shape = codec.view.shapes.get(*shape);
        let Some(field) = shape.fields.get(*index) else { return Ok(()) };
        let found = items.of(*index);
        if field.is_repeated() {
            let map = field.cardinality == Cardinality::Map && found.len() > 1;
            for (place, item) in found.iter().enumerate() {
                // Of several entries of a key the last counts.
                if map && is_overwritten(codec, field, item.value, &found[place + 1..])? {
                    continue;
                }
                each(self, field, item.value).map_err(|fault| fault.at_index(place))?;
            }
            return Ok(());
        }
        let Some(last) = found.last() else { return Ok(()) };
        let merged: Cow<'_, [u8]>;
        let value = match (field.message(), last.value) {
            (Some(_), Wire::Bytes(bytes)) => {
                merged = match found {
                    [_] => Cow::Borrowed(bytes),
                    several => {
                        several.iter().filter_map(bytes_of).collect::<Vec<_>>().concat().into()
                    }
                };
                if let ([_, ..], Some(id)) = (below, field.message()) {
                    let mut found = Vec::new();
                    collect(&codec.view.shapes, id, &merged, &mut found)?;
                    return self.values(below, &Items::new(&found), each);
                }
                Wire::Bytes(&merged)
            }
            (_, value) => value,
        };
        each(self, field, value)
    }
}

/// What a field holds that nobody set.
fn nothing(field: &Field) -> Wire<'static> {
    match field.kind {
        Kind::String | Kind::Bytes | Kind::Message(_) | Kind::Group(_) => Wire::Bytes(b""),
        _ => Wire::Number(0),
    }
}

fn is_list(element: &Element) -> bool {
    element.occurs.max != Some(1)
}

fn bytes_of<'m>(item: &Item<'m>) -> Option<&'m [u8]> {
    match item.value {
        Wire::Bytes(bytes) => Some(bytes),
        Wire::Number(_) => None,
    }
}

/// Whether a later entry of a map has the same key.
fn is_overwritten(codec: &Codec, map: &Field, entry: Wire<'_>, later: &[Item<'_>]) -> Result<bool> {
    let Some(shape) = map.message() else { return Ok(false) };
    let key = |value: Wire<'_>| -> Result<Vec<u8>> {
        let Wire::Bytes(entry) = value else { return Ok(Vec::new()) };
        let found = lexical::find(&codec.view, shape, entry, 1);
        Ok(match found.map_err(|message| Fault::new(0, message))? {
            Some(Wire::Bytes(key)) => key.to_vec(),
            Some(Wire::Number(key)) => key.to_le_bytes().to_vec(),
            None => Vec::new(),
        })
    };
    // Maps are short where they are written by people; long ones cost no more than a list's scan.
    if later.len() > 1000 {
        return Ok(false);
    }
    let own = key(entry)?;
    for item in later {
        if key(item.value)? == own {
            return Ok(true);
        }
    }
    Ok(false)
}

fn amount(
    codec: &Codec,
    field: &Field,
    message: &[u8],
    units: usize,
    nanos: usize,
) -> std::result::Result<(i64, i32), String> {
    let id = field.message().ok_or("an amount that is no message")?;
    let shape = codec.view.shapes.get(id);
    let part = |index: usize| {
        let number = shape.fields.get(index).map(|field| field.number);
        match number.map(|number| lexical::find(&codec.view, id, message, number)).transpose()? {
            Some(Some(Wire::Number(value))) => Ok::<i64, String>(value as i64),
            _ => Ok(0),
        }
    };
    Ok((part(units)?, part(nanos)? as i32))
}
