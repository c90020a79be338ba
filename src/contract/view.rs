//! How one kind of client sees the shapes: which fields there are and what they are called.

use std::sync::Arc;

use super::shape::{Cardinality, Field, Kind, NameTable, Shape, ShapeId, Shapes};

/// The shapes under the names of one kind of client. Renaming and hiding cost nothing per call:
/// another view is other tables.
#[derive(Debug)]
pub struct View {
    shapes: Arc<Shapes>,
    tables: Vec<Table>,
}

/// What [`View::json`] may be told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JsonNames {
    /// Write the contract's field names instead of their JSON names. Both are read either way.
    pub original_names: bool,
}

/// What a field is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names<'a> {
    /// The name that is written.
    pub written: &'a str,
    /// Another name that is read as well.
    pub also: Option<&'a str>,
}

impl View {
    /// The shapes as ProtoJSON names them.
    pub fn json(shapes: Arc<Shapes>, options: JsonNames) -> Self {
        Self::new(shapes, |_, field| {
            let (json, original) = (&*field.json_name, &*field.name);
            Some(match (field.extension, options.original_names) {
                (true, _) => Names { written: json, also: None },
                (false, true) => Names { written: original, also: Some(json) },
                (false, false) => Names { written: json, also: Some(original) },
            })
        })
    }

    /// The shapes with the names that `names` gives each field; fields without one are hidden.
    pub fn new(
        shapes: Arc<Shapes>,
        names: impl for<'a> Fn(&'a Shape, &'a Field) -> Option<Names<'a>>,
    ) -> Self {
        let tables = shapes.iter().map(|(_, shape)| Table::new(shape, &names)).collect();
        Self { shapes, tables }
    }

    /// What is looked at.
    #[inline]
    pub fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// The same, to be kept.
    pub fn shared_shapes(&self) -> Arc<Shapes> {
        self.shapes.clone()
    }

    /// The names of one shape's fields.
    #[inline]
    pub fn table(&self, id: ShapeId) -> &Table {
        self.tables.get(id.0 as usize).unwrap_or(&NO_TABLE)
    }
}

/// The names of one shape's fields.
#[derive(Debug, Default)]
pub struct Table {
    names: NameTable,
    /// By field index.
    keys: Vec<Key>,
    /// `,"name":` of every field.
    text: Vec<u8>,
}

static NO_TABLE: std::sync::LazyLock<Table> = std::sync::LazyLock::new(Table::default);

/// A field's `,"name":`, so that writing and comparing nearly every one calls nobody, and beside
/// it what the way of nearly every value asks of the field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    start: u32,
    /// Of `,"name":`; 0 for a hidden field.
    len: u32,
    /// What it starts with.
    chunk: [u8; CHUNK],
    /// Which of the 16 bytes behind the comma are the name's.
    mask: [u64; 2],
    /// The tag of a single value; [`NO_TAG`] for a hidden field.
    tag: u32,
    /// [`Field::kind`].
    pub(crate) kind: Kind,
    /// [`Field::presence`].
    pub(crate) presence: bool,
    /// Whether it is neither repeated nor hidden nor a member of a oneof.
    pub(crate) plain: bool,
}

/// No tag: there is no wire type 7.
const NO_TAG: u32 = u32::MAX;

/// Copies of a fixed size are a few instructions where others are a call.
const CHUNK: usize = 32;

impl Table {
    fn new(
        shape: &Shape,
        names: &impl for<'a> Fn(&'a Shape, &'a Field) -> Option<Names<'a>>,
    ) -> Self {
        let named: Vec<_> = shape.fields.iter().map(|field| names(shape, field)).collect();
        let seen =
            || (0u32..).zip(&named).filter_map(|(index, names)| Some((index, names.as_ref()?)));
        let written = seen().map(|(index, names)| (names.written, index));
        let also = seen().filter_map(|(index, names)| Some((names.also?, index)));
        let mut table = Self {
            names: NameTable::new(written.chain(also)),
            keys: Vec::with_capacity(named.len()),
            text: Vec::new(),
        };
        for (field, names) in shape.fields.iter().zip(&named) {
            let key = match names {
                Some(names) => format!(",{}:", serde_json::Value::from(names.written)),
                None => String::new(),
            };
            table.keys.push(Key::new(field, table.text.len(), key.as_bytes()));
            table.text.extend_from_slice(key.as_bytes());
        }
        table
    }

    /// The index of the field that is read under `name`.
    #[inline]
    pub fn index(&self, name: &[u8]) -> Option<usize> {
        self.names.get(name).map(|index| index as usize)
    }

    /// The name that is written for a field; `None` for a hidden one.
    pub fn written(&self, index: usize) -> Option<&str> {
        let key = self.keys.get(index)?;
        let text = self.text.get(key.start as usize..(key.start + key.len) as usize)?;
        std::str::from_utf8(text.strip_prefix(b",\"")?.strip_suffix(b"\":")?).ok()
    }

    /// The known name that looks most like `name`.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        self.names.nearest(name)
    }

    /// The length of the field's `"name":` if `input` starts with exactly that.
    #[inline]
    pub(crate) fn starts(&self, index: usize, input: &[u8]) -> Option<usize> {
        let key = self.keys.get(index)?;
        let halves = |bytes: &[u8]| {
            let head = u128::from_le_bytes(*bytes.first_chunk()?);
            Some((head as u64, (head >> 64) as u64))
        };
        let ((a, b), (x, y)) = (halves(key.chunk.get(1..)?)?, halves(input)?);
        let differs = ((a ^ x) & key.mask[0]) | ((b ^ y) & key.mask[1]);
        if differs != 0 || key.len == 0 {
            return None;
        }
        let len = key.len as usize - 1;
        if len > 16 {
            let start = key.start as usize + 1;
            let rest = self.text.get(start + 16..start + len)?;
            if input.get(16..len)? != rest {
                return None;
            }
        }
        Some(len)
    }

    /// What is known of a field.
    #[inline]
    pub(crate) fn key(&self, index: usize) -> Option<&Key> {
        self.keys.get(index)
    }

    /// The field that a single value of that tag belongs to, if its number is low.
    #[inline]
    pub(crate) fn tagged(&self, shape: &Shape, tag: u64) -> Option<(usize, &Key)> {
        let index = shape.likely_index(tag)?;
        let key = self.keys.get(index)?;
        (u64::from(key.tag) == tag).then_some((index, key))
    }

    /// Appends the field's `,"name":`; `false` for a hidden field.
    #[inline]
    pub(crate) fn write_key(&self, key: &Key, out: &mut Vec<u8>) -> bool {
        let (start, len) = (key.start as usize, key.len as usize);
        if len <= CHUNK {
            let end = out.len() + len;
            out.extend_from_slice(&key.chunk);
            out.truncate(end);
        } else {
            out.extend_from_slice(self.text.get(start..start + len).unwrap_or_default());
        }
        len != 0
    }
}

impl Key {
    fn new(field: &Field, start: usize, key: &[u8]) -> Self {
        let (start, len) = match (u32::try_from(start), u32::try_from(key.len())) {
            (Ok(start), Ok(len)) => (start, len),
            _ => (0, 0),
        };
        let mut chunk = [0; CHUNK];
        for (to, from) in chunk.iter_mut().zip(key) {
            *to = *from;
        }
        let mask = key.iter().skip(1).zip((0..128).step_by(8));
        let mask = mask.fold(0, |mask, (_, shift)| mask | 0xff_u128 << shift);
        Self {
            start,
            len,
            chunk,
            mask: [mask as u64, (mask >> 64) as u64],
            tag: if len == 0 { NO_TAG } else { field.element_tag.value() },
            kind: field.kind,
            presence: field.presence,
            plain: len != 0
                && field.cardinality == Cardinality::Singular
                && field.oneof().is_none(),
        }
    }

    /// Whether the field is not there for this client.
    #[inline]
    pub(crate) fn is_hidden(&self) -> bool {
        self.len == 0
    }
}
