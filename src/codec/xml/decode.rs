//! XML to wire bytes.

use std::borrow::Cow;

use bytes::Bytes;

use super::lexical;
use super::reader::{Event, Reader, Start, is_blank};
use super::{Codec, XOP, XSD, XSI};
use crate::codec::DecodeError;
use crate::codec::error::{Fault, shortened};
use crate::codec::json::Decoded;
pub use crate::codec::json::UnknownFields;
use crate::codec::wire::{END_GROUP, close_length, open_length, write_varint};
use crate::contract::shape::{Field, Kind, ShapeId, Tag};
use crate::contract::xml::{Content, Element, Holds, Literal, Simple, TypeId};

/// How strict reading is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DecodeOptions {
    /// What happens to elements and attributes that a type does not have.
    pub unknown_fields: UnknownFields,
    /// Take an element of another namespace, where only one in its place has its local name.
    pub lenient_namespaces: bool,
}

/// Bytes that stand elsewhere and are named by `xop:Include`.
pub trait Attachments {
    /// The bytes of that content id; each is asked for once.
    fn take(&mut self, content_id: &str) -> Option<Bytes>;
}

/// There are none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoAttachments;

impl Attachments for NoAttachments {
    fn take(&mut self, _: &str) -> Option<Bytes> {
        None
    }
}

type Result<T, E = Box<Fault>> = std::result::Result<T, E>;

impl Codec {
    /// Appends to `out` the message that an element of that type is. `start` is its start tag, which
    /// was the reader's last step; its end tag is the last step afterwards. On an error `out` is as
    /// long as it was.
    pub fn decode<'a>(
        &self,
        of: TypeId,
        start: &Start<'a>,
        reader: &mut Reader<'a>,
        options: &DecodeOptions,
        attachments: &mut dyn Attachments,
        out: &mut Vec<u8>,
    ) -> Result<Decoded, DecodeError> {
        let before = out.len();
        let ignore = options.unknown_fields == UnknownFields::Ignore;
        let lenient = options.lenient_namespaces;
        let mut decoder =
            Decoder { codec: self, reader, attachments, ignore, lenient, ignored: 0, out };
        match decoder.element_of(of, start) {
            Ok(()) => Ok(Decoded { ignored: decoder.ignored }),
            Err(fault) => {
                out.truncate(before);
                Err(fault.into())
            }
        }
    }
}

struct Decoder<'d, 'a> {
    codec: &'d Codec,
    reader: &'d mut Reader<'a>,
    attachments: &'d mut dyn Attachments,
    ignore: bool,
    lenient: bool,
    ignored: u64,
    out: &'d mut Vec<u8>,
}

impl<'a> Decoder<'_, 'a> {
    /// The content of an element, through its end tag: fields of the type's message.
    fn element_of(&mut self, declared: TypeId, start: &Start<'a>) -> Result<()> {
        let id = self.chosen(declared, start)?;
        let codec = self.codec;
        let of = codec.view.get(id);
        self.attributes(id, start)?;
        match &of.content {
            Content::Elements(elements) => self.elements(id, elements),
            Content::Text(path, simple) => {
                let text = self.reader.content()?;
                self.at(path, |decoder, field| decoder.simple(field, simple, &text))
            }
        }
    }

    /// The type that `xsi:type` names in the declared one's place.
    fn chosen(&self, declared: TypeId, start: &Start<'a>) -> Result<TypeId> {
        let Some(named) = start.attribute(XSI, "type") else { return Ok(declared) };
        let view = &self.codec.view;
        let Some((namespace, local)) = self.reader.resolve(named) else {
            return Err(self
                .reader
                .fault(format!("xsi:type {:?} has no namespace", shortened(named))));
        };
        let is = |id: &TypeId| {
            let name = view.get(*id).name.as_ref();
            name.is_some_and(|name| *name.local == *local && view.uri(name.namespace) == namespace)
        };
        let derived = view.get(declared).derived.iter().copied();
        match std::iter::once(declared).chain(derived).find(is) {
            Some(id) => Ok(id),
            // An anonymous type has no name to say.
            None if view.get(declared).name.is_none() => Ok(declared),
            None => {
                Err(self.reader.fault(format!("type {:?} cannot stand here", shortened(named))))
            }
        }
    }

    fn attributes(&mut self, id: TypeId, start: &Start<'a>) -> Result<()> {
        let codec = self.codec;
        let known = &codec.view.get(id).attributes;
        for attribute in &start.attributes {
            if attribute.namespace == XSI {
                continue;
            }
            let found = known.iter().find(|one| {
                *one.name.local == *attribute.local
                    && codec.view.uri(one.name.namespace) == attribute.namespace
            });
            match found.map(|one| &one.holds) {
                Some(Ok((path, simple))) => {
                    self.at(path, |decoder, field| decoder.simple(field, simple, &attribute.value))
                        .map_err(|fault| fault.in_field(attribute.local))?;
                }
                Some(Err(Literal::Refused)) => {
                    let fault = self.reader.fault("the service has no place for it");
                    return Err(fault.in_field(attribute.local));
                }
                Some(Err(Literal::Text(_) | Literal::Nil | Literal::Ignored)) => {}
                // Those of other namespaces are somebody else's: `soapenc:root`, `wsu:Id`.
                None if !attribute.namespace.is_empty() => {}
                None if self.ignore => self.ignored += 1,
                None => {
                    let name = shortened(attribute.local);
                    return Err(self.reader.fault(format!("no attribute {name:?} is known here")));
                }
            }
        }
        for missing in known {
            let given = start.attributes.iter().any(|one| *one.local == *missing.name.local);
            if let (false, Some(default), Ok((path, simple))) =
                (given, &missing.default, &missing.holds)
            {
                self.at(path, |decoder, field| decoder.simple(field, simple, default))?;
            }
        }
        Ok(())
    }

    fn elements(&mut self, id: TypeId, elements: &[Element]) -> Result<()> {
        let codec = self.codec;
        let Some(table) = codec.tables.get(id.0 as usize) else { return self.reader.pass() };
        let mut seen = Seen::new(elements.len() + table.choices);
        let mut last = 0;
        loop {
            let start = match self.reader.event()? {
                Event::Start(start) => start,
                Event::End => return self.missing(elements, &seen),
                Event::Text(text) if text.chars().all(is_blank) => continue,
                Event::Text(text) => {
                    let text = shortened(text.trim());
                    return Err(self
                        .reader
                        .fault(format!("text {text:?} where there are elements")));
                }
                Event::Eof => return Err(self.reader.fault("the document ends within an element")),
            };
            let found = table.find(last, start.namespace, start.local);
            let found = found.or_else(|| table.only(start.local).filter(|_| self.lenient));
            let Some(index) = found else {
                self.unknown(id, &start)?;
                continue;
            };
            let Some(element) = elements.get(index) else { continue };
            last = index;
            let count = seen.count(index);
            if element.occurs.max.is_some_and(|most| count > most) {
                let name = &element.name.local;
                return Err(self.reader.fault(format!("element <{name}> is there too often")));
            }
            if let Some(choice) = element.choice
                && seen.choose(elements.len() + usize::from(choice), index)
            {
                let message = "another element of the same choice is there already";
                return Err(self.reader.fault(message).in_field(start.local));
            }
            self.element(element, &start).map_err(|fault| {
                let fault = match element.occurs.max {
                    Some(1) => fault,
                    _ => fault.at_index(count as usize - 1),
                };
                fault.in_field(&element.name.local)
            })?;
        }
    }

    /// Those that are not there, and stand for something all the same.
    fn missing(&mut self, elements: &[Element], seen: &Seen) -> Result<()> {
        for (index, element) in elements.iter().enumerate() {
            if let (Some(text), Holds::Value(path, simple)) = (&element.absent, &element.holds)
                && !seen.has(index)
            {
                self.at(path, |decoder, field| decoder.simple(field, simple, text))
                    .map_err(|fault| fault.in_field(&element.name.local))?;
            }
        }
        Ok(())
    }

    fn element(&mut self, element: &Element, start: &Start<'a>) -> Result<()> {
        match start.attribute(XSI, "nil") {
            None | Some("false" | "0") => {}
            Some("true" | "1") if element.nillable => {
                if !self.reader.content()?.chars().all(is_blank) {
                    return Err(self.reader.fault("an element that is nil has content"));
                }
                return match element.occurs.max {
                    Some(1) => Ok(()),
                    _ => Err(self.reader.fault("a list cannot hold what is nil")),
                };
            }
            Some("true" | "1") => return Err(self.reader.fault("it cannot be nil")),
            Some(other) => {
                let other = shortened(other);
                return Err(self
                    .reader
                    .fault(format!("xsi:nil: expected true or false, got {other:?}")));
            }
        }
        match &element.holds {
            Holds::Value(path, simple) => {
                self.check_builtin(simple, start)?;
                self.no_attributes(start)?;
                if let Some(bytes) = self.attached(simple)? {
                    return self.at(path, |decoder, field| {
                        field.element_tag.write(decoder.out);
                        write_varint(bytes.len() as u64, decoder.out);
                        decoder.out.extend_from_slice(&bytes);
                        Ok(())
                    });
                }
                let mut text = self.reader.content()?;
                if let (true, Some(default)) = (text.is_empty(), &element.default) {
                    text = Cow::Owned(default.to_string());
                }
                self.at(path, |decoder, field| decoder.simple(field, simple, &text))
            }
            Holds::Message(path, id) => self.at(path, |decoder, field| {
                field.element_tag.write(decoder.out);
                match field.kind {
                    Kind::Group(_) => {
                        decoder.element_of(*id, start)?;
                        Tag::new(field.number, END_GROUP).write(decoder.out);
                    }
                    _ => {
                        let begun = open_length(1, decoder.out);
                        decoder.element_of(*id, start)?;
                        close_length(begun, 1, decoder.out);
                    }
                }
                Ok(())
            }),
            Holds::Inner(id) => self.element_of(*id, start),
            Holds::Literal(Literal::Refused) => {
                Err(self.reader.fault("the service has no place for it"))
            }
            Holds::Literal(Literal::Text(_) | Literal::Nil | Literal::Ignored) => {
                self.reader.pass()
            }
        }
    }

    /// A simple value has none but those of other namespaces.
    fn no_attributes(&mut self, start: &Start<'a>) -> Result<()> {
        match start.attributes.iter().find(|attribute| attribute.namespace.is_empty()) {
            None => Ok(()),
            Some(_) if self.ignore => {
                self.ignored += 1;
                Ok(())
            }
            Some(attribute) => {
                let name = shortened(attribute.local);
                Err(self.reader.fault(format!("no attribute {name:?} is known here")))
            }
        }
    }

    /// Clients of rpc/encoded say the built-in type of each value.
    fn check_builtin(&self, simple: &Simple, start: &Start<'a>) -> Result<()> {
        let Some(named) = start.attribute(XSI, "type") else { return Ok(()) };
        let Some((namespace, local)) = self.reader.resolve(named) else {
            return Err(self
                .reader
                .fault(format!("xsi:type {:?} has no namespace", shortened(named))));
        };
        // A restriction of one's own has a name of its own.
        let own = namespace != XSD && !namespace.contains("/soap/encoding");
        if own || local == simple.builtin.name() || lexical::is_like(local, simple.builtin) {
            return Ok(());
        }
        let expected = simple.builtin.name();
        Err(self.reader.fault(format!("expected xs:{expected}, got {:?}", shortened(named))))
    }

    /// The bytes that an `xop:Include` in the place of the value names.
    fn attached(&mut self, simple: &Simple) -> Result<Option<Bytes>> {
        if !lexical::is_binary(&simple.form) {
            return Ok(None);
        }
        let href = match self.reader.peek()? {
            Event::Start(start) if start.is(XOP, "Include") => {
                start.attribute("", "href").unwrap_or_default().to_owned()
            }
            _ => return Ok(None),
        };
        self.reader.event()?;
        self.reader.pass()?;
        let Some(id) = href.strip_prefix("cid:") else {
            return Err(self.reader.fault("xop:Include names no part of this message"));
        };
        let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
        let Some(bytes) = self.attachments.take(&id) else {
            let id = shortened(&id);
            return Err(self
                .reader
                .fault(format!("no part of the message has the content id {id:?}")));
        };
        if !self.reader.content()?.chars().all(is_blank) {
            return Err(self.reader.fault("text beside an xop:Include"));
        }
        Ok(Some(bytes))
    }

    /// Writes what is at the end of a path, within the messages on the way to it.
    fn at(
        &mut self,
        path: &[(ShapeId, usize)],
        write: impl FnOnce(&mut Self, &Field) -> Result<()>,
    ) -> Result<()> {
        let [(shape, index), below @ ..] = path else { return Ok(()) };
        let codec = self.codec;
        let Some(field) = codec.view.shapes.get(*shape).fields.get(*index) else { return Ok(()) };
        if below.is_empty() {
            return write(self, field);
        }
        // Occurrences of a single message merge, so each leaf may have one of its own.
        field.tag.write(self.out);
        match field.kind {
            Kind::Group(_) => {
                self.at(below, write)?;
                Tag::new(field.number, END_GROUP).write(self.out);
            }
            _ => {
                let begun = open_length(1, self.out);
                self.at(below, write)?;
                close_length(begun, 1, self.out);
            }
        }
        Ok(())
    }

    fn simple(&mut self, field: &Field, simple: &Simple, text: &str) -> Result<()> {
        let codec = self.codec;
        let mut write = |text: &str| {
            lexical::decode(&codec.view, &codec.json, field, simple, text, self.out)
                .map_err(|message| Fault::new(self.reader.offset(), message))
        };
        if simple.list {
            return text.split(is_blank).filter(|item| !item.is_empty()).try_for_each(write);
        }
        write(text)
    }

    #[cold]
    fn unknown(&mut self, id: TypeId, start: &Start<'a>) -> Result<()> {
        if self.ignore {
            self.ignored += 1;
            return self.reader.pass();
        }
        let codec = self.codec;
        let local = shortened(start.local);
        let table = codec.tables.get(id.0 as usize);
        let nearest =
            table.filter(|_| start.local.len() <= 128).and_then(|table| table.nearest(start.local));
        let hint = match (nearest, start.namespace) {
            (Some(nearest), namespace) if nearest == start.local => {
                format!(", but one of another namespace than {:?}", shortened(namespace))
            }
            (Some(nearest), _) => format!(", did you mean <{nearest}>?"),
            (None, _) => String::new(),
        };
        Err(self.reader.fault(format!("no element <{local}> is known here{hint}")))
    }
}

/// How often each element was there, and which of each choice.
struct Seen(Vec<u32>);

impl Seen {
    fn new(slots: usize) -> Self {
        Self(vec![0; slots])
    }

    fn count(&mut self, index: usize) -> u32 {
        match self.0.get_mut(index) {
            Some(count) => {
                *count = count.saturating_add(1);
                *count
            }
            None => 1,
        }
    }

    /// Whether an element was there.
    fn has(&self, index: usize) -> bool {
        self.0.get(index).is_some_and(|count| *count > 0)
    }

    /// Whether another than `index` was chosen before.
    fn choose(&mut self, slot: usize, index: usize) -> bool {
        let Some(chosen) = self.0.get_mut(slot) else { return false };
        let index = u32::try_from(index).unwrap_or(u32::MAX - 1) + 1;
        let before = std::mem::replace(chosen, index);
        before != 0 && before != index
    }
}
