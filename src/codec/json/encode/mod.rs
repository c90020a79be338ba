//! Wire bytes to JSON text.

mod any;
mod fast;
mod map;
mod merged;
mod scalar;
mod structs;
mod well_known;

pub(in crate::codec) use scalar::{read as read_number, write_number};

use crate::codec::EncodeError;
use crate::codec::error::Fault;
use crate::codec::path::FieldPath;
use crate::codec::wire::Reader;
use crate::contract::shape::{Shape, ShapeId, Shapes};
use crate::contract::view::View;

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodeOptions {
    /// Write fields without presence (lists and maps among them) even where they hold nothing.
    pub emit_defaults: bool,
    /// Write enums as numbers.
    pub enum_as_number: bool,
    /// How deep messages, and unknown groups, may nest.
    pub max_depth: u32,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        Self { emit_defaults: false, enum_as_number: false, max_depth: 100 }
    }
}

/// Appends to `out` the JSON of the message that `wire` is. On an error `out` is as long as it was.
pub fn encode(
    view: &View,
    shape: ShapeId,
    wire: &[u8],
    options: &EncodeOptions,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    out.reserve(wire.len().saturating_mul(2));
    whole(view, wire, options, out, |encoder| {
        encoder.message(shape, Range { start: 0, end: wire.len() }, options.max_depth)
    })
}

/// Appends to `out` the JSON of a message within `wire`, from `start` to before `end`. On an error
/// `out` is as long as it was.
pub(in crate::codec) fn encode_part(
    view: &View,
    shape: ShapeId,
    wire: &[u8],
    (start, end): (usize, usize),
    options: &EncodeOptions,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    whole(view, wire, options, out, |encoder| {
        encoder.message(shape, Range { start, end }, options.max_depth)
    })
}

/// Appends to `out` the JSON of one field of the message that `wire` is; where the field is not
/// there, of its default: `null` for a message, `[]` for a list, `{}` for a map.
pub fn encode_field(
    view: &View,
    field: &FieldPath,
    wire: &[u8],
    options: &EncodeOptions,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    out.reserve(wire.len().saturating_mul(2));
    whole(view, wire, options, out, |encoder| {
        let pieces = vec![Range { start: 0, end: wire.len() }];
        encoder.field_at(field.steps(), pieces, options.max_depth)
    })
}

fn whole(
    view: &View,
    wire: &[u8],
    options: &EncodeOptions,
    out: &mut Vec<u8>,
    write: impl Fn(&mut Encoder) -> Result<()>,
) -> std::result::Result<(), EncodeError> {
    if u32::try_from(wire.len()).is_err() {
        return Err(Fault::new(0, "a message of more than 4 GiB").into());
    }
    let before = out.len();
    let mut encoder = Encoder {
        view,
        shapes: view.shapes(),
        wire,
        options,
        // Its own, it is one step nearer.
        out: std::mem::take(out),
        keys: map::Keys::default(),
        merge_all: false,
        redone: 0,
    };
    let mut written = write(&mut encoder);
    if let Err(Stop::Restart) = written {
        encoder.out.truncate(before);
        encoder.keys = map::Keys::default();
        encoder.merge_all = true;
        written = write(&mut encoder);
    }
    *out = encoder.out;
    match written {
        Ok(()) => Ok(()),
        Err(stop) => {
            out.truncate(before);
            Err(match stop {
                Stop::Fault(fault) => fault.into(),
                Stop::Restart => Fault::new(0, "the message is split too often").into(),
            })
        }
    }
}

type Result<T, E = Stop> = std::result::Result<T, E>;

/// Why writing goes no further.
#[derive(Debug)]
enum Stop {
    Fault(Box<Fault>),
    /// Too much had to be written again: everything is now written the slow way, once.
    Restart,
}

impl Stop {
    #[cold]
    fn new(offset: usize, message: impl Into<String>) -> Self {
        Self::Fault(Fault::new(offset, message))
    }

    #[cold]
    fn map(self, wrap: impl FnOnce(Box<Fault>) -> Box<Fault>) -> Self {
        match self {
            Self::Fault(fault) => Self::Fault(wrap(fault)),
            Self::Restart => Self::Restart,
        }
    }
}

impl From<crate::codec::wire::Malformed> for Stop {
    #[cold]
    fn from(malformed: crate::codec::wire::Malformed) -> Self {
        Self::Fault(malformed.into())
    }
}

/// A stretch of the wire bytes: one of those that make a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    start: usize,
    end: usize,
}

/// Writes one JSON text. All ranges are of `wire`, nested messages are not copied.
struct Encoder<'a> {
    view: &'a View,
    shapes: &'a Shapes,
    wire: &'a [u8],
    options: &'a EncodeOptions,
    out: Vec<u8>,
    /// Of the maps that are being written.
    keys: map::Keys,
    /// Whether the one pass is not tried any more.
    merge_all: bool,
    /// How many bytes were written again because a field's occurrences were split.
    redone: usize,
}

impl<'a> Encoder<'a> {
    /// The message that one stretch is.
    #[inline]
    fn message(&mut self, id: ShapeId, range: Range, depth: u32) -> Result<()> {
        let shape = self.shapes.get(id);
        if let Some(well_known) = shape.well_known {
            return self.well_known(well_known, id, &[range], depth);
        }
        if shape.message_set || self.merge_all {
            return self.pieces(id, &[range], depth);
        }
        let (start, keys) = (self.out.len(), self.keys.len());
        let depth = self.deeper(depth, range.start)?;
        if self.one_pass(id, shape, range, 0, depth)?.is_none() {
            self.again(start, keys, range.end - range.start)?;
            self.merged(id, shape, &[range], depth)?;
        }
        self.close_object(start);
        Ok(())
    }

    /// The message that these stretches make: wire bytes merge by being concatenated.
    fn pieces(&mut self, id: ShapeId, pieces: &[Range], depth: u32) -> Result<()> {
        let shape = self.shapes.get(id);
        match shape.well_known {
            None => {
                let start = self.out.len();
                self.fields(id, shape, pieces, depth)?;
                self.close_object(start);
                Ok(())
            }
            Some(well_known) => self.well_known(well_known, id, pieces, depth),
        }
    }

    /// The fields of a message, each with a comma before it.
    fn fields(
        &mut self,
        id: ShapeId,
        shape: &'a Shape,
        pieces: &[Range],
        depth: u32,
    ) -> Result<()> {
        let depth = self.deeper(depth, pieces.first().map_or(0, |piece| piece.start))?;
        if let [one] = pieces
            && !self.merge_all
            && !shape.message_set
        {
            let (start, keys) = (self.out.len(), self.keys.len());
            if self.one_pass(id, shape, *one, 0, depth)?.is_some() {
                return Ok(());
            }
            self.again(start, keys, one.end - one.start)?;
        }
        self.merged(id, shape, pieces, depth)
    }

    /// The object that is a group, whose fields start at `start` and end with its end tag before
    /// `limit`. Says where what follows it starts.
    fn group(
        &mut self,
        id: ShapeId,
        number: u32,
        start: usize,
        limit: usize,
        depth: u32,
    ) -> Result<usize> {
        let shape = self.shapes.get(id);
        let (before, keys) = (self.out.len(), self.keys.len());
        let depth = self.deeper(depth, start)?;
        if !self.merge_all && !shape.message_set && shape.well_known.is_none() {
            let range = Range { start, end: limit };
            if let Some(after) = self.one_pass(id, shape, range, number, depth)? {
                self.close_object(before);
                return Ok(after);
            }
            self.again(before, keys, limit - start)?;
        }
        let mut reader = Reader::new(self.wire, start, limit);
        let end = reader.skip_group(number, depth)?;
        self.merged(id, shape, &[Range { start, end }], depth)?;
        self.close_object(before);
        Ok(reader.position())
    }

    /// Takes back what was written since `start`: it needs another way. A peer can force this, so
    /// what it may cost is limited.
    #[cold]
    fn again(&mut self, start: usize, keys: usize, len: usize) -> Result<()> {
        self.out.truncate(start);
        self.keys.truncate(keys);
        self.redone = self.redone.saturating_add(len);
        if !self.merge_all && self.redone > self.wire.len().saturating_mul(2) {
            return Err(Stop::Restart);
        }
        Ok(())
    }

    /// Finishes an object whose fields were written since `start`, each with a comma before it.
    #[inline]
    fn close_object(&mut self, start: usize) {
        self.close(start, b'{', b'}');
    }

    /// The first comma becomes the opening bracket.
    #[inline]
    fn close(&mut self, start: usize, open: u8, close: u8) {
        match self.out.get_mut(start) {
            Some(comma) => *comma = open,
            None => self.out.push(open),
        }
        self.out.push(close);
    }

    #[inline]
    fn deeper(&self, depth: u32, offset: usize) -> Result<u32> {
        depth.checked_sub(1).ok_or_else(|| Stop::new(offset, "nests too deep"))
    }
}
