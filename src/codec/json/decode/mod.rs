//! JSON text to wire bytes.

mod any;
mod paths;
mod scan;
mod structs;
mod value;
mod well_known;

use crate::codec::DecodeError;
use crate::codec::error::Fault;
use crate::codec::path::FieldPath;
use crate::codec::wire::{close_length, open_length, write_varint};
use crate::contract::shape::{Cardinality, Field, Kind, Shape, ShapeId, Shapes, Tag, WellKnown};
use crate::contract::view::{Table, View};

use super::seen::Seen;

pub use paths::field_mask;
pub(in crate::codec) use well_known::write_seconds_and_nanos;

/// How strict decoding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeOptions {
    /// What happens to fields and enum names that the message does not have.
    pub unknown_fields: UnknownFields,
    /// How deep messages, and values that are skipped, may nest.
    pub max_depth: u32,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self { unknown_fields: UnknownFields::Refuse, max_depth: 100 }
    }
}

/// What happens to fields and enum names that the message does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownFields {
    /// They are an error that names the nearest one.
    #[default]
    Refuse,
    /// They are dropped, and counted in [`Decoded::ignored`].
    Ignore,
}

/// What can be said of a message that was decoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decoded {
    /// How many unknown fields and enum names were dropped.
    pub ignored: u64,
}

/// Appends to `out` the message that `json` is. On an error `out` is as long as it was.
pub fn decode(
    view: &View,
    shape: ShapeId,
    json: &[u8],
    options: &DecodeOptions,
    out: &mut Vec<u8>,
) -> Result<Decoded, DecodeError> {
    whole(view, json, options, out, |decoder| decoder.message(shape, options.max_depth))
}

/// Appends to `out` the one field that `json` is the value of: with its tag, inside of the
/// messages on the way to it. Concatenated with other fields it makes a message. `null` appends
/// nothing where the field would be absent.
pub fn decode_field(
    view: &View,
    field: &FieldPath,
    json: &[u8],
    options: &DecodeOptions,
    out: &mut Vec<u8>,
) -> Result<Decoded, DecodeError> {
    whole(view, json, options, out, |decoder| decoder.field_at(field.steps(), options.max_depth))
}

fn whole(
    view: &View,
    json: &[u8],
    options: &DecodeOptions,
    out: &mut Vec<u8>,
    read: impl FnOnce(&mut Decoder) -> Result<(), Box<Fault>>,
) -> Result<Decoded, DecodeError> {
    let Ok(text) = simdutf8::basic::from_utf8(json) else { return Err(not_utf8(json).into()) };
    let before = out.len();
    out.reserve(json.len() / 2);
    let mut decoder = Decoder {
        view,
        shapes: view.shapes(),
        text,
        input: json,
        pos: 0,
        ignore: options.unknown_fields == UnknownFields::Ignore,
        ignored: 0,
        out,
    };
    let read = read(&mut decoder).and_then(|()| decoder.end());
    let ignored = decoder.ignored;
    match read {
        Ok(()) => Ok(Decoded { ignored }),
        Err(fault) => {
            out.truncate(before);
            Err(fault.into())
        }
    }
}

#[cold]
fn not_utf8(json: &[u8]) -> Box<Fault> {
    let offset = std::str::from_utf8(json).map_or_else(|error| error.valid_up_to(), str::len);
    Fault::new(offset, format!("the body is not UTF-8 at byte {offset}"))
}

type Result<T, E = Box<Fault>> = std::result::Result<T, E>;

/// Reads one JSON text. `pos` is where the next byte stands.
struct Decoder<'a> {
    view: &'a View,
    shapes: &'a Shapes,
    text: &'a str,
    input: &'a [u8],
    pos: usize,
    ignore: bool,
    ignored: u64,
    out: &'a mut Vec<u8>,
}

impl<'a> Decoder<'a> {
    /// A message without its length.
    fn message(&mut self, id: ShapeId, depth: u32) -> Result<()> {
        let shape = self.shapes.get(id);
        match shape.well_known {
            None => self.fields(id, shape, depth, false),
            Some(well_known) => self.well_known(well_known, id, depth),
        }
    }

    /// The fields of an object; of an [`any`](Self::any) one, which has `@type` beside them.
    fn fields(&mut self, id: ShapeId, shape: &'a Shape, depth: u32, any: bool) -> Result<()> {
        let depth = self.deeper(depth)?;
        let table = self.view.table(id);
        let mut seen = Seen::default();
        let mut next = 0;
        self.open(b'{', "an object")?;
        if self.peek() == b'}' {
            self.pos += 1;
            return Ok(());
        }
        loop {
            let start = self.pos;
            // Clients nearly always send fields in order.
            let index = match table.starts(next, self.input.get(start..).unwrap_or_default()) {
                Some(len) => {
                    self.pos += len;
                    Some(next)
                }
                None => self.name(shape, table, any.then_some(&mut seen), depth)?,
            };
            if let Some(index) = index
                && let Some(field) = shape.fields.get(index)
            {
                if seen.set(index) {
                    return Err(self.duplicate(start, table, index));
                }
                let value = match shape.message_set && field.message().is_some() {
                    false => self.field(shape, field, &mut seen, depth),
                    true => self.message_set_item(field, depth),
                };
                value.map_err(|fault| fault.in_field(table.written(index).unwrap_or_default()))?;
                next = index + 1;
            }
            if !self.more(b'}')? {
                return Ok(());
            }
        }
    }

    /// The field that the name at the cursor calls, behind its colon. What is not known is skipped
    /// or refused.
    #[inline(never)]
    fn name(
        &mut self,
        shape: &Shape,
        table: &Table,
        any: Option<&mut Seen>,
        depth: u32,
    ) -> Result<Option<usize>> {
        let start = self.pos;
        let token = self.string("a field name")?;
        let name = self.content(&token)?;
        self.colon()?;
        if let Some(index) = table.index(name.as_bytes()) {
            return Ok(Some(index));
        }
        if let Some(seen) = any
            && name == "@type"
        {
            if seen.set(shape.fields.len() + shape.oneofs.len()) {
                return Err(Fault::new(start, "field \"@type\" is there twice"));
            }
            self.string("a type URL")?;
            return Ok(None);
        }
        if !self.ignore {
            return Err(unknown(start, &name, shape, table));
        }
        self.ignored += 1;
        self.skip(depth)?;
        Ok(None)
    }

    /// The value of a field, with its tag.
    #[inline(always)]
    fn field(
        &mut self,
        shape: &Shape,
        field: &'a Field,
        seen: &mut Seen,
        depth: u32,
    ) -> Result<()> {
        if self.peek() == b'n' && (field.is_repeated() || !self.takes_null(field.kind)) {
            // Absent, and no member of its oneof either.
            return self.null();
        }
        if let Some(oneof) = field.oneof()
            && seen.set(shape.fields.len() + oneof)
        {
            return Err(self.second_of_oneof(shape, oneof));
        }
        self.present(field, depth)
    }

    /// The value of a field that is not `null`, with its tag.
    #[inline(always)]
    fn present(&mut self, field: &'a Field, depth: u32) -> Result<()> {
        match field.cardinality {
            Cardinality::Singular => {
                self.value(field.kind, &field.tag, field.presence, &mut 1, depth).map(drop)
            }
            Cardinality::Repeated => self.list(field, depth),
            Cardinality::Map => self.map(field, depth),
        }
    }

    /// A field below others.
    fn field_at(&mut self, steps: &[(ShapeId, usize)], depth: u32) -> Result<()> {
        let [(id, index), below @ ..] = steps else { return Ok(()) };
        let shapes = self.shapes;
        let (shape, table) = (shapes.get(*id), self.view.table(*id));
        let Some(field) = shape.fields.get(*index) else { return Ok(()) };
        let depth = self.deeper(depth)?;
        let written = if below.is_empty() {
            self.field(shape, field, &mut Seen::default(), depth)
        } else {
            let before = self.out.len();
            field.tag.write(self.out);
            match field.kind {
                Kind::Group(_) => self.field_at(below, depth).map(|()| {
                    Tag::new(field.number, 4).write(self.out);
                }),
                _ => {
                    let start = open_length(1, self.out);
                    self.field_at(below, depth).map(|()| {
                        if self.out.len() == start {
                            // A null within: nothing of the way to it is set either.
                            self.out.truncate(before);
                        } else {
                            close_length(start, 1, self.out);
                        }
                    })
                }
            }
        };
        written.map_err(|fault| fault.in_field(table.written(*index).unwrap_or_default()))
    }

    fn message_set_item(&mut self, field: &'a Field, depth: u32) -> Result<()> {
        if self.peek() == b'n' {
            return self.null();
        }
        // group Item = 1 { int32 type_id = 2; bytes message = 3; }
        self.out.extend_from_slice(&[0x0b, 0x10]);
        write_varint(u64::from(field.number), self.out);
        self.value(field.kind, &Tag::new(3, 2), true, &mut 1, depth)?;
        self.out.push(0x0c);
        Ok(())
    }

    /// Whether `null` is a value for this kind, not its absence.
    fn takes_null(&self, kind: Kind) -> bool {
        match kind {
            Kind::Message(id) => self.shapes.get(id).well_known == Some(WellKnown::Value),
            Kind::Enum(id) => self.shapes.get_enum(id).null_value,
            _ => false,
        }
    }

    #[inline]
    fn deeper(&self, depth: u32) -> Result<u32> {
        depth.checked_sub(1).ok_or_else(|| Fault::new(self.pos, "nests too deep"))
    }

    #[cold]
    fn duplicate(&self, offset: usize, table: &Table, index: usize) -> Box<Fault> {
        let name = table.written(index).unwrap_or_default();
        Fault::new(offset, format!("field {name:?} is there twice"))
    }

    #[cold]
    fn second_of_oneof(&self, shape: &Shape, oneof: usize) -> Box<Fault> {
        let name = shape.oneofs.get(oneof).map_or("", |name| name);
        Fault::new(self.pos, format!("another field of the oneof {name:?} is set already"))
    }
}

#[cold]
fn unknown(offset: usize, name: &str, shape: &Shape, table: &Table) -> Box<Fault> {
    let shown = crate::codec::error::shortened(name);
    let mut message = format!("no field named {shown:?} in {}", shape.full_name);
    // Likeness is costly over a client's long text, which is like no name anyway.
    if name.len() <= 128
        && let Some(nearest) = table.nearest(name)
    {
        message.push_str(&format!(", did you mean {nearest:?}?"));
    }
    Fault::new(offset, message)
}
