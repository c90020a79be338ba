//! How one kind of client sees the shapes: which fields there are and what they are called.

use std::sync::Arc;

use super::shape::{Field, NameTable, Shape, ShapeId, Shapes};

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
    /// `,"name":` of every field, and [`CHUNK`] bytes more.
    text: Vec<u8>,
}

static NO_TABLE: std::sync::LazyLock<Table> = std::sync::LazyLock::new(Table::default);

/// Where a field's `,"name":` stands, and the first 16 bytes of its `"name":` for a comparison
/// that calls nobody.
#[derive(Debug, Clone, Copy)]
struct Key {
    start: u32,
    /// Of `,"name":`; 0 for a hidden field.
    len: u32,
    head: [u64; 2],
    mask: [u64; 2],
}

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
        for names in &named {
            let key = match names {
                Some(names) => format!(",{}:", serde_json::Value::from(names.written)),
                None => String::new(),
            };
            table.keys.push(Key::new(table.text.len(), key.as_bytes()));
            table.text.extend_from_slice(key.as_bytes());
        }
        table.text.extend_from_slice(&[0; CHUNK]);
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
        let [a, b] = key.head;
        let (head, _) = input.split_first_chunk::<16>()?;
        let head = u128::from_le_bytes(*head);
        let differs = ((head as u64 ^ a) & key.mask[0]) | (((head >> 64) as u64 ^ b) & key.mask[1]);
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

    /// Appends the field's `,"name":`; `false` for a hidden field.
    #[inline]
    pub(crate) fn write_key(&self, index: usize, out: &mut Vec<u8>) -> bool {
        let Some(key) = self.keys.get(index) else { return false };
        let (start, len) = (key.start as usize, key.len as usize);
        if len <= CHUNK {
            let Some(chunk) = self.text.get(start..).and_then(|text| text.first_chunk::<CHUNK>())
            else {
                return false;
            };
            let end = out.len() + len;
            out.extend_from_slice(chunk);
            out.truncate(end);
        } else {
            out.extend_from_slice(self.text.get(start..start + len).unwrap_or_default());
        }
        len != 0
    }

    /// Whether the field is not there for this client.
    #[inline]
    pub(crate) fn is_hidden(&self, index: usize) -> bool {
        self.keys.get(index).is_none_or(|key| key.len == 0)
    }
}

impl Key {
    fn new(start: usize, key: &[u8]) -> Self {
        let (Ok(start), Ok(len)) = (u32::try_from(start), u32::try_from(key.len())) else {
            return Self { start: 0, len: 0, head: [0; 2], mask: [0; 2] };
        };
        let (mut head, mut mask) = ([0u8; 16], [0u8; 16]);
        for ((byte, (head, mask)), _) in
            key.iter().skip(1).zip(head.iter_mut().zip(&mut mask)).zip(0..16)
        {
            (*head, *mask) = (*byte, u8::MAX);
        }
        let halves = |bytes: [u8; 16]| {
            let all = u128::from_le_bytes(bytes);
            [all as u64, (all >> 64) as u64]
        };
        Self { start, len, head: halves(head), mask: halves(mask) }
    }
}
