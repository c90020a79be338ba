//! A pull parser that expects the worst: no document types, no entities but XML's own, finite limits
//! on everything. Names come with their namespaces; prefixes mean nothing.

use std::borrow::Cow;

use quick_xml::events::Event as Raw;
use quick_xml::events::attributes::Attributes;

use crate::codec::DecodeError;
use crate::codec::error::{Fault, shortened};
use crate::contract::xml::is_illegal;

/// What the prefix `xml` always stands for.
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// What a document may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep elements may nest.
    pub depth: u32,
    /// How many attributes an element may have, declarations of namespaces among them.
    pub attributes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 120, attributes: 64 }
    }
}

/// Reads one document.
#[derive(Debug)]
pub struct Reader<'a> {
    input: &'a str,
    inner: quick_xml::Reader<&'a [u8]>,
    limits: Limits,
    /// Prefixes in scope, innermost last, each with the depth it was declared at.
    prefixes: Vec<(&'a str, &'a str, u32)>,
    depth: u32,
    /// Read while the text before it was gathered.
    ahead: Option<Event<'a>>,
    /// What follows that.
    behind: Option<Event<'a>>,
    /// Whether the root element has ended.
    over: bool,
    /// Where the last event began, as a byte of the input.
    offset: usize,
}

/// One step through a document. Comments, processing instructions and the XML declaration are no
/// steps; an empty element is two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// A start tag.
    Start(Start<'a>),
    /// An end tag.
    End,
    /// All the text up to the next tag, CDATA sections within it, references resolved.
    Text(Cow<'a, str>),
    /// The end of the document.
    Eof,
}

/// A start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start<'a> {
    /// The name of its namespace; empty for none.
    pub namespace: &'a str,
    /// Its name without a prefix.
    pub local: &'a str,
    /// Attributes, but for declarations of namespaces.
    pub attributes: Vec<Attribute<'a>>,
    /// Where it begins, as a byte of the input.
    pub offset: usize,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// The name of its namespace; empty for none.
    pub namespace: &'a str,
    /// Its name without a prefix.
    pub local: &'a str,
    /// Its value, references resolved.
    pub value: Cow<'a, str>,
}

impl<'a> Start<'a> {
    /// Whether it is that element.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local == local && self.namespace == namespace
    }

    /// The value of an attribute.
    pub fn attribute(&self, namespace: &str, local: &str) -> Option<&str> {
        let is = |attribute: &&Attribute<'a>| {
            attribute.local == local && attribute.namespace == namespace
        };
        self.attributes.iter().find(is).map(|attribute| &*attribute.value)
    }
}

type Result<T, E = Box<Fault>> = std::result::Result<T, E>;

impl<'a> Reader<'a> {
    /// Of a whole document.
    pub fn new(input: &'a str, limits: Limits) -> Self {
        let mut inner = quick_xml::Reader::from_str(input);
        inner.config_mut().expand_empty_elements = true;
        Self {
            input,
            inner,
            limits,
            prefixes: vec![("xml", XML, 0)],
            depth: 0,
            ahead: None,
            behind: None,
            over: false,
            offset: 0,
        }
    }

    /// The next step.
    pub fn step(&mut self) -> Result<Event<'a>, DecodeError> {
        Ok(self.event()?)
    }

    /// Passes the rest of the element by whose start tag was the last step, its end tag too.
    pub fn skip(&mut self) -> Result<(), DecodeError> {
        Ok(self.pass()?)
    }

    /// The text of the element whose start tag was the last step, through its end tag. Elements in it
    /// are an error.
    pub fn text(&mut self) -> Result<Cow<'a, str>, DecodeError> {
        Ok(self.content()?)
    }

    /// The namespace and local name of a qualified name in a text (`tns:Order`), by the prefixes in
    /// scope. `None` where the prefix is not declared.
    pub fn resolve<'n>(&self, name: &'n str) -> Option<(&'a str, &'n str)> {
        let name = name.trim();
        match name.split_once(':') {
            Some((prefix, local)) => Some((self.namespace(prefix)?, local)),
            None => Some((self.namespace("").unwrap_or_default(), name)),
        }
    }

    /// Where the last step began, as a byte of the input.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The next step, which is not taken yet; text of blanks before a tag is passed.
    pub(super) fn peek(&mut self) -> Result<&Event<'a>> {
        if self.ahead.is_none() {
            let mut next = self.event()?;
            if matches!(&next, Event::Text(text) if text.chars().all(is_blank))
                && matches!(self.ahead, Some(Event::Start(_)))
            {
                next = self.event()?;
            }
            // Text that is there comes with the step behind it.
            if let Some(behind) = self.ahead.replace(next) {
                self.behind = Some(behind);
            }
        }
        self.ahead.as_ref().ok_or_else(|| self.fault("nothing follows"))
    }

    pub(super) fn pass(&mut self) -> Result<()> {
        let mut open = 1;
        loop {
            match self.event()? {
                Event::Start(_) => open += 1,
                Event::End if open == 1 => return Ok(()),
                Event::End => open -= 1,
                Event::Text(_) => {}
                Event::Eof => return Err(self.fault("the document ends within an element")),
            }
        }
    }

    pub(super) fn content(&mut self) -> Result<Cow<'a, str>> {
        let mut text = Cow::Borrowed("");
        loop {
            match self.event()? {
                Event::Text(piece) => text = piece,
                Event::End => return Ok(text),
                Event::Start(start) => {
                    let name = shortened(start.local);
                    return Err(self.fault(format!("an element <{name}> where there is only text")));
                }
                Event::Eof => return Err(self.fault("the document ends within an element")),
            }
        }
    }

    pub(super) fn event(&mut self) -> Result<Event<'a>> {
        if let Some(ahead) = self.ahead.take() {
            self.ahead = self.behind.take();
            return Ok(ahead);
        }
        let mut text: Option<Cow<'a, str>> = None;
        let next = loop {
            let before = self.position();
            let raw = match self.inner.read_event() {
                Ok(raw) => raw,
                Err(error) => return Err(self.broken(&error)),
            };
            let piece = match raw {
                Raw::Text(piece) => piece.xml10_content(),
                Raw::CData(piece) => piece.xml10_content(),
                Raw::GeneralRef(reference) => self.reference(&reference)?,
                Raw::Comment(_) | Raw::PI(_) | Raw::Decl(_) => continue,
                Raw::DocType(_) => {
                    return Err(self.fault("a document type declaration is not taken"));
                }
                Raw::Start(start) => {
                    self.offset = before;
                    break Event::Start(self.start(before, start.name().as_ref().len())?);
                }
                // Empty elements are expanded.
                Raw::End(_) | Raw::Empty(_) => {
                    self.offset = before;
                    self.end();
                    break Event::End;
                }
                Raw::Eof => {
                    if self.depth > 0 {
                        return Err(self.fault("the document ends within an element"));
                    }
                    break Event::Eof;
                }
            };
            // Around the root there are only blanks.
            if self.depth == 0 {
                if piece.chars().any(|c| !is_blank(c)) {
                    return Err(self.fault("text outside of the root element"));
                }
                continue;
            }
            self.offset = before;
            match &mut text {
                None => text = Some(piece),
                Some(text) => text.to_mut().push_str(&piece),
            }
        };
        match text {
            Some(text) => {
                self.ahead = Some(next);
                Ok(Event::Text(text))
            }
            None => Ok(next),
        }
    }

    fn start(&mut self, before: usize, name: usize) -> Result<Start<'a>> {
        if self.over {
            return Err(self.fault("a second root element"));
        }
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(self.fault(format!("elements nest deeper than {}", self.limits.depth)));
        }
        // The tag without its brackets, and without the slash of an empty one.
        let tag = self.input.get(before + 1..self.position().saturating_sub(1)).unwrap_or_default();
        let tag = tag.strip_suffix('/').unwrap_or(tag);
        let qualified = tag.get(..name).unwrap_or_default();
        let mut attributes = Vec::new();
        let mut count = 0;
        for attribute in Attributes::new(tag, name).with_checks(false) {
            let attribute = attribute.map_err(|error| {
                self.fault(format!("the attributes of <{}>: {error}", shortened(qualified)))
            })?;
            count += 1;
            if count > self.limits.attributes {
                let most = self.limits.attributes;
                return Err(self.fault(format!("an element has more than {most} attributes")));
            }
            let key = attribute.key.into_inner();
            let value = attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0);
            let value = value
                .map_err(|error| self.fault(format!("attribute {}: {error}", shortened(key))))?;
            if value.contains(is_illegal) || attribute.value.contains('<') {
                return Err(
                    self.fault(format!("attribute {} holds what XML cannot", shortened(key)))
                );
            }
            let prefix = match key.split_once(':') {
                Some(("xmlns", prefix)) => Some(prefix),
                None if key == "xmlns" => Some(""),
                _ => None,
            };
            match prefix {
                Some(prefix) => self.declare(prefix, value)?,
                None => attributes.push((key, value)),
            }
        }
        let attributes = attributes.into_iter().map(|(key, value)| {
            let (namespace, local) = match key.split_once(':') {
                Some(_) => self.expanded(key)?,
                None => ("", key),
            };
            Ok(Attribute { namespace, local, value })
        });
        let attributes = attributes.collect::<Result<Vec<_>>>()?;
        for (index, one) in attributes.iter().enumerate() {
            let same = |other: &Attribute<'_>| {
                (other.local, other.namespace) == (one.local, one.namespace)
            };
            if attributes.get(..index).is_some_and(|before| before.iter().any(same)) {
                return Err(
                    self.fault(format!("attribute {} is there twice", shortened(one.local)))
                );
            }
        }
        let (namespace, local) = self.expanded(qualified)?;
        Ok(Start { namespace, local, attributes, offset: before })
    }

    fn end(&mut self) {
        let depth = self.depth;
        let kept = self.prefixes.iter().rposition(|(_, _, declared)| *declared < depth);
        self.prefixes.truncate(kept.map_or(0, |last| last + 1));
        self.depth = depth.saturating_sub(1);
        self.over |= self.depth == 0;
    }

    /// Namespaces are kept as they stand in the document, so that nothing is copied.
    fn declare(&mut self, prefix: &'a str, uri: Cow<'a, str>) -> Result<()> {
        let Cow::Borrowed(uri) = uri else {
            return Err(self.fault("a namespace's name has references, which is not taken"));
        };
        let reserved = prefix == "xmlns" || (prefix == "xml") != (uri == XML);
        if reserved || (uri.is_empty() && !prefix.is_empty()) {
            return Err(self.fault(format!("prefix {} cannot be declared so", shortened(prefix))));
        }
        self.prefixes.push((prefix, uri, self.depth));
        Ok(())
    }

    fn namespace(&self, prefix: &str) -> Option<&'a str> {
        let found = self.prefixes.iter().rev().find(|(known, _, _)| *known == prefix);
        found.map(|(_, uri, _)| *uri)
    }

    fn expanded(&self, name: &'a str) -> Result<(&'a str, &'a str)> {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let namespace = match self.namespace(prefix) {
            Some(namespace) => namespace,
            None if prefix.is_empty() => "",
            None => {
                return Err(self.fault(format!("prefix {} is not declared", shortened(prefix))));
            }
        };
        let colon = local.contains(':') || (name.contains(':') && prefix.is_empty());
        if colon || !local.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Err(self.fault(format!("{:?} is no name", shortened(name))));
        }
        Ok((namespace, local))
    }

    fn reference(&self, reference: &quick_xml::events::BytesRef<'a>) -> Result<Cow<'a, str>> {
        if reference.is_char_ref() {
            let resolved = reference.resolve_char_ref().ok().flatten();
            return match resolved.filter(|c| !is_illegal(*c)) {
                Some(c) => Ok(Cow::Owned(c.to_string())),
                None => Err(self.fault("a character reference to what XML cannot hold")),
            };
        }
        Ok(Cow::Borrowed(match &*reference.xml10_content() {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "apos" => "'",
            other => {
                return Err(self.fault(format!("there is no entity {:?}", shortened(other))));
            }
        }))
    }

    fn position(&self) -> usize {
        usize::try_from(self.inner.buffer_position()).unwrap_or(self.input.len())
    }

    #[cold]
    fn broken(&self, error: &quick_xml::Error) -> Box<Fault> {
        let at = usize::try_from(self.inner.error_position()).unwrap_or_default();
        Fault::new(at, format!("the XML is broken at byte {at}: {error}"))
    }

    #[cold]
    pub(super) fn fault(&self, message: impl Into<String>) -> Box<Fault> {
        Fault::new(self.offset, message)
    }
}

/// What XML calls white space.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}
