//! Values without a selection of their own: scalars, enums, and messages that GraphQL sees as
//! scalars.

use std::sync::Arc;

use crate::codec::json::{EncodeOptions, encode_part, read_number, string, write_number};
use crate::codec::scalar::encode_base64;
use crate::codec::wire::{LEN, Reader};
use crate::contract::shape::{Kind, WellKnown};

use super::write::Writer;
use super::{Note, Span, Stop, Value};

impl Writer<'_> {
    /// The bits of the number at `span`.
    #[inline]
    pub(super) fn raw(&self, kind: Kind, span: Span) -> Result<u64, Stop> {
        Ok(read_number(kind, &mut Reader::new(self.scanner.wire, span.start, span.end))?)
    }

    /// A string or bytes. `name` is the step that the path lacks, here and below.
    #[inline]
    pub(super) fn text(
        &mut self,
        name: Option<&Arc<str>>,
        kind: Kind,
        span: Span,
    ) -> Result<(), Stop> {
        if kind == Kind::Bytes {
            self.json.push(b'"');
            let bytes = self.scanner.wire.get(span.start..span.end).unwrap_or_default();
            encode_base64(bytes, &mut self.json);
            self.json.push(b'"');
            return Ok(());
        }
        match string::write(self.scanner.wire, span.start, span.end, &mut self.json) {
            true => Ok(()),
            false => self.wrong(name, "a string that is not UTF-8"),
        }
    }

    /// A number, boolean or enum. Null is an error for an enum that is `non_null`.
    #[inline]
    pub(super) fn number(
        &mut self,
        name: Option<&Arc<str>>,
        value: &Value,
        kind: Kind,
        raw: u64,
        non_null: bool,
    ) -> Result<(), Stop> {
        match (kind, value) {
            (Kind::Enum(_), Value::Enum(names)) => {
                return self.enumeration(name, names, raw as i32, non_null);
            }
            (Kind::Enum(id), _) => {
                let shape = self.scanner.shapes.get_enum(id);
                match shape.quoted_name(raw as i32) {
                    _ if shape.null_value => self.null(),
                    Some(name) => self.json.extend_from_slice(name.as_bytes()),
                    None => write_number(kind, raw, &mut self.json),
                }
                return Ok(());
            }
            (Kind::Double, _) if !f64::from_bits(raw).is_finite() => {
                return self.not_finite(name, f64::from_bits(raw));
            }
            (Kind::Float, _) if !f32::from_bits(raw as u32).is_finite() => {
                return self.not_finite(name, f64::from(f32::from_bits(raw as u32)));
            }
            _ => {}
        }
        write_number(kind, raw, &mut self.json);
        Ok(())
    }

    #[cold]
    fn not_finite(&mut self, name: Option<&Arc<str>>, value: f64) -> Result<(), Stop> {
        self.wrong(name, format!("a Float cannot be {value}"))
    }

    fn enumeration(
        &mut self,
        name: Option<&Arc<str>>,
        names: &[(i32, Box<str>)],
        number: i32,
        non_null: bool,
    ) -> Result<(), Stop> {
        // Most enums count from zero without gaps.
        let likely = usize::try_from(number).ok().and_then(|number| names.get(number));
        let known = likely.filter(|(likely, _)| *likely == number).or_else(|| {
            let at = names.binary_search_by_key(&number, |(number, _)| *number).ok()?;
            names.get(at)
        });
        let Some((_, text)) = known else {
            return self.unknown(name, number, non_null);
        };
        self.json.push(b'"');
        self.json.extend_from_slice(text.as_bytes());
        self.json.push(b'"');
        Ok(())
    }

    #[cold]
    fn unknown(
        &mut self,
        name: Option<&Arc<str>>,
        number: i32,
        non_null: bool,
    ) -> Result<(), Stop> {
        let message = format!("no value of the enum has the number {number}");
        if non_null {
            return self.wrong(name, message);
        }
        let path = self.path(name);
        self.output.notes.push(Note { path, message });
        self.null();
        Ok(())
    }

    /// A message in its form in JSON.
    pub(super) fn message_leaf(
        &mut self,
        name: Option<&Arc<str>>,
        kind: Kind,
        span: Span,
        depth: u32,
    ) -> Result<(), Stop> {
        let (Kind::Message(id) | Kind::Group(id)) = kind else { return Ok(()) };
        if let Some(WellKnown::Wrapper(kind)) = self.scanner.shapes.get(id).well_known {
            return self.wrapper(name, kind, span, depth);
        }
        let options = EncodeOptions { max_depth: depth, ..EncodeOptions::default() };
        let range = (span.start, span.end);
        let wire = self.scanner.wire;
        match encode_part(self.view, id, wire, range, &options, &mut self.json) {
            Ok(()) => Ok(()),
            Err(error) => self.wrong(name, error.to_string()),
        }
    }

    /// The last value of field 1 of a wrapper.
    fn wrapper(
        &mut self,
        name: Option<&Arc<str>>,
        kind: Kind,
        span: Span,
        depth: u32,
    ) -> Result<(), Stop> {
        let mut text = Span { start: span.end, end: span.end };
        let mut raw = 0;
        let mut reader = Reader::new(self.scanner.wire, span.start, span.end);
        while !reader.is_empty() {
            let head = reader.head()?;
            if head.number != 1 || head.wire_type != kind.wire_type() {
                reader.skip(head, depth)?;
            } else if head.wire_type == LEN {
                let (start, end) = reader.range()?;
                text = Span { start, end };
            } else {
                raw = read_number(kind, &mut reader)?;
            }
        }
        match kind {
            Kind::String | Kind::Bytes => self.text(name, kind, text),
            kind => self.number(name, &Value::Leaf, kind, raw, true),
        }
    }
}
