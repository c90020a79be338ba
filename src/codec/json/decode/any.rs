//! `Any`: a message of a type that stands beside it.

use std::borrow::Cow;

use super::{Decoder, Result};
use crate::codec::error::{Fault, shortened};
use crate::codec::wire::{close_length, open_length, write_varint};
use crate::contract::shape::{ShapeId, WellKnown};

impl<'a> Decoder<'a> {
    /// An `Any` without its length: `string type_url = 1; bytes value = 2`.
    pub(super) fn any(&mut self, depth: u32) -> Result<()> {
        let depth = self.deeper(depth)?;
        if self.peek() != b'{' {
            return Err(self.expected("an object"));
        }
        let start = self.pos;
        let Some((url, id)) = self.find_type(depth)? else { return Ok(()) };
        self.out.push(0x0a);
        write_varint(url.len() as u64, self.out);
        self.out.extend_from_slice(url.as_bytes());
        let before = self.out.len();
        self.out.push(0x12);
        let value = open_length(1, self.out);
        // The type may stand anywhere: the object is read again from its start.
        self.pos = start;
        let shape = self.shapes.get(id);
        match shape.well_known {
            None => self.fields(id, shape, depth, true)?,
            Some(well_known) => self.value_beside_type(well_known, id, depth)?,
        }
        if self.out.len() == value {
            self.out.truncate(before);
        } else {
            close_length(value, 1, self.out);
        }
        Ok(())
    }

    /// What `@type` of the object at the cursor says; `None` for `{}`, with the cursor behind it.
    fn find_type(&mut self, depth: u32) -> Result<Option<(Cow<'a, str>, ShapeId)>> {
        let start = self.pos;
        self.pos += 1;
        if self.peek() == b'}' {
            self.pos += 1;
            return Ok(None);
        }
        loop {
            let token = self.string("a field name")?;
            let name = self.content(&token)?;
            self.colon()?;
            if name == "@type" {
                self.peek();
                let offset = self.pos;
                let token = self.string("a type URL")?;
                let url = self.content(&token)?;
                let id = url.rsplit_once('/').and_then(|(_, name)| self.shapes.id(name));
                return match id {
                    Some(id) => Ok(Some((url, id))),
                    None => {
                        let shown = shortened(&url);
                        Err(Fault::new(offset, format!("no message type has the URL {shown:?}"))
                            .in_field("@type"))
                    }
                };
            }
            self.skip(depth)?;
            if !self.more(b'}')? {
                return Err(Fault::new(start, "an Any without \"@type\""));
            }
        }
    }

    /// A well-known type in an `Any`: `{"@type": …, "value": …}`.
    fn value_beside_type(&mut self, well_known: WellKnown, id: ShapeId, depth: u32) -> Result<()> {
        let start = self.pos;
        let (mut types, mut values) = (0, 0);
        self.pos += 1;
        self.peek();
        loop {
            let offset = self.pos;
            let token = self.string("a field name")?;
            let name = self.content(&token)?;
            self.colon()?;
            match &*name {
                "@type" if types == 0 => {
                    types += 1;
                    self.string("a type URL")?;
                }
                "value" if values == 0 => {
                    values += 1;
                    self.message(id, depth).map_err(|fault| fault.in_field("value"))?;
                }
                "@type" | "value" => {
                    return Err(Fault::new(offset, format!("field {name:?} is there twice")));
                }
                _ if self.ignore => {
                    self.ignored += 1;
                    self.skip(depth)?;
                }
                _ => {
                    let shown = shortened(&name);
                    let message =
                        format!("no field named {shown:?} beside \"@type\" and \"value\"");
                    return Err(Fault::new(offset, message));
                }
            }
            if !self.more(b'}')? {
                break;
            }
        }
        // An Empty has no fields, so some write it like any other message.
        if values == 0 && well_known != WellKnown::Empty {
            return Err(Fault::new(start, "an Any of this type without \"value\""));
        }
        Ok(())
    }
}
