//! Which fields a JSON object sets, as a field mask.

use super::{DecodeOptions, Decoder, Result, whole};
use crate::codec::DecodeError;
use crate::codec::error::Fault;
use crate::codec::wire::write_bytes;
use crate::contract::shape::{Cardinality, Field, ShapeId};
use crate::contract::view::View;

/// A mask may be larger than its object by this, and then four times as large: paths repeat the
/// names above them, which a deep object could make far more of than it is worth.
const SLACK: usize = 1024;

/// Appends to `out` the content of a `google.protobuf.FieldMask` that names every field the object
/// `json` says something of, by the contract's names, in the object's order: `price.units`. Lists,
/// maps, well-known types and `null` are named as a whole, as is a message that says nothing. A
/// field whose path is in `except` is left out, with all below it; so is one that nobody knows.
pub fn field_mask(
    view: &View,
    shape: ShapeId,
    json: &[u8],
    options: &DecodeOptions,
    except: &[Box<str>],
    out: &mut Vec<u8>,
) -> std::result::Result<(), DecodeError> {
    let mut mask = Vec::new();
    let mut ignored = Vec::new();
    whole(view, json, options, &mut ignored, |decoder| {
        let most = json.len().saturating_mul(4).saturating_add(SLACK);
        let mut paths = Paths { decoder, except, most, path: String::new(), out: &mut mask };
        paths.message(shape, options.max_depth)
    })?;
    out.extend_from_slice(&mask);
    Ok(())
}

struct Paths<'d, 'a> {
    decoder: &'d mut Decoder<'a>,
    except: &'d [Box<str>],
    /// How many bytes the mask may have.
    most: usize,
    /// Where the cursor is, below the message that was asked for.
    path: String,
    out: &'d mut Vec<u8>,
}

impl Paths<'_, '_> {
    fn message(&mut self, id: ShapeId, depth: u32) -> Result<()> {
        let depth = self.decoder.deeper(depth)?;
        self.decoder.open(b'{', "an object")?;
        if self.decoder.peek() == b'}' {
            self.decoder.pos += 1;
            return self.name();
        }
        let (shape, table) = (self.decoder.shapes.get(id), self.decoder.view.table(id));
        loop {
            let token = self.decoder.string("a field name")?;
            let name = self.decoder.content(&token)?;
            self.decoder.colon()?;
            let known = table.index(name.as_bytes()).and_then(|index| shape.fields.get(index));
            match known {
                Some(field) => self.field(field, depth)?,
                None => self.decoder.skip(depth)?,
            }
            if !self.decoder.more(b'}')? {
                return Ok(());
            }
        }
    }

    fn field(&mut self, field: &Field, depth: u32) -> Result<()> {
        let before = self.path.len();
        if before > 0 {
            self.path.push('.');
        }
        self.path.push_str(&field.name);
        if self.except.iter().any(|path| **path == *self.path) {
            self.decoder.skip(depth)?;
        } else {
            match field.message().filter(|id| self.is_descended(field, *id)) {
                Some(id) => self.message(id, depth)?,
                None => {
                    self.decoder.skip(depth)?;
                    self.name()?;
                }
            }
        }
        self.path.truncate(before);
        Ok(())
    }

    /// Whether the fields below are named instead of the field itself.
    fn is_descended(&mut self, field: &Field, id: ShapeId) -> bool {
        field.cardinality == Cardinality::Singular
            && self.decoder.shapes.get(id).well_known.is_none()
            && self.decoder.peek() == b'{'
    }

    fn name(&mut self) -> Result<()> {
        if self.path.is_empty() {
            return Ok(());
        }
        write_bytes(1, self.path.as_bytes(), self.out);
        match self.out.len() > self.most {
            true => Err(Fault::new(self.decoder.pos, "sets more fields than a mask can name")),
            false => Ok(()),
        }
    }
}
