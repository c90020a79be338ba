//! Which fields of a message are looked for, computed once for a selection.

use crate::contract::shape::{Cardinality, EnumId, Kind, Shape, Shapes};

use super::{Selected, Source, Value};

/// Marks a field that is not looked for, and a place outside of oneofs.
pub(super) const NONE: u32 = u32::MAX;
/// Numbers below this are found by one lookup.
const DENSE: u32 = 256;

/// The fields that a selection needs: those selected, and beside a member of a oneof all others.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// In the order of their numbers.
    places: Box<[Place]>,
    /// The place of each field below [`DENSE`], by number.
    dense: Box<[u32]>,
    /// The other fields' numbers and places, by number.
    tail: Box<[(u32, u32)]>,
    /// The place of each field, by index.
    by_index: Box<[u32]>,
    /// How many oneofs are looked at.
    oneofs: usize,
    /// Whether the wire holds message set items.
    pub(super) message_set: bool,
    /// Whether there are holes here or below.
    pub(super) holes: bool,
}

/// One field that is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// What it holds.
    pub(super) kind: Kind,
    /// How many of it.
    pub(super) cardinality: Cardinality,
    /// Its number.
    pub(super) number: u32,
    /// The wire type of a single value.
    pub(super) wire_type: u8,
    /// Whether runs of its values are read.
    pub(super) packable: bool,
    /// Whether a second occurrence is a second piece of one message.
    pub(super) message: bool,
    /// Whether an unset field differs from one set to its default.
    pub(super) presence: bool,
    /// Whether it is the key or the value of a map's entry, which are never absent.
    pub(super) entry: bool,
    /// Its enum, where unknown numbers are no values of it.
    pub(super) closed: Option<EnumId>,
    /// Where its oneof's member is noted, or [`NONE`].
    pub(super) oneof: u32,
}

impl Plan {
    pub(super) fn new(shape: &Shape, shapes: &Shapes, fields: &[Selected]) -> Self {
        let mut wanted = vec![false; shape.fields.len()];
        let mut holes = false;
        collect(fields, &mut wanted, &mut holes);
        let mut chosen = vec![false; shape.oneofs.len()];
        for (field, _) in shape.fields.iter().zip(&wanted).filter(|(_, wanted)| **wanted) {
            if let Some(chosen) = field.oneof().and_then(|oneof| chosen.get_mut(oneof)) {
                *chosen = true;
            }
        }
        let of_chosen = |oneof: Option<usize>| {
            oneof.is_some_and(|oneof| chosen.get(oneof).copied().unwrap_or_default())
        };
        let indexes: Vec<usize> = (0..)
            .zip(shape.fields.iter().zip(&wanted))
            .filter(|(_, (field, wanted))| **wanted || of_chosen(field.oneof()))
            .map(|(index, _)| index)
            .collect();
        let mut plan = Self {
            places: Box::default(),
            dense: Box::default(),
            tail: Box::default(),
            by_index: vec![NONE; shape.fields.len()].into(),
            oneofs: chosen.iter().filter(|chosen| **chosen).count(),
            message_set: shape.message_set,
            holes,
        };
        let (mut dense, mut tail, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for (slot, index) in (0u32..).zip(&indexes) {
            let Some(field) = shape.fields.get(*index) else { continue };
            if let Some(place) = plan.by_index.get_mut(*index) {
                *place = slot;
            }
            if field.number < DENSE {
                dense.resize(field.number as usize, NONE);
                dense.push(slot);
            } else {
                tail.push((field.number, slot));
            }
            // Behind the fields' slots come the oneofs', in their order.
            let oneof = field.oneof().map_or(NONE, |oneof| {
                let before = chosen.iter().take(oneof).filter(|chosen| **chosen).count();
                (indexes.len() + before) as u32
            });
            let message = matches!(field.kind, Kind::Message(_) | Kind::Group(_));
            let text = matches!(field.kind, Kind::String | Kind::Bytes);
            let closed = match field.kind {
                Kind::Enum(id) if shapes.get_enum(id).closed => Some(id),
                _ => None,
            };
            places.push(Place {
                kind: field.kind,
                cardinality: field.cardinality,
                number: field.number,
                wire_type: field.element_tag.wire_type(),
                packable: field.cardinality == Cardinality::Repeated && !message && !text,
                message,
                presence: field.presence,
                entry: shape.map_entry,
                closed,
                oneof,
            });
        }
        plan.places = places.into();
        plan.dense = dense.into();
        plan.tail = tail.into();
        plan
    }

    /// How many slots a message takes while it is written.
    #[inline]
    pub(super) fn size(&self) -> usize {
        self.places.len() + self.oneofs
    }

    /// The place of the field of that number.
    #[inline]
    pub(super) fn numbered(&self, number: u32) -> Option<(u32, &Place)> {
        let slot = match self.dense.get(number as usize) {
            Some(slot) => *slot,
            None if self.tail.is_empty() => return None,
            None => {
                let at = self.tail.binary_search_by_key(&number, |(number, _)| *number).ok()?;
                self.tail.get(at)?.1
            }
        };
        // No place has that index where the slot is `NONE`.
        self.places.get(slot as usize).map(|place| (slot, place))
    }

    /// The place of the field of that index.
    #[inline]
    pub(super) fn indexed(&self, index: usize) -> Option<(u32, &Place)> {
        let slot = *self.by_index.get(index)?;
        self.places.get(slot as usize).map(|place| (slot, place))
    }
}

/// Notes the fields that are read of the message itself, and whether there are holes at all.
fn collect(fields: &[Selected], wanted: &mut [bool], holes: &mut bool) {
    let mut want = |index: usize| {
        if let Some(wanted) = wanted.get_mut(index) {
            *wanted = true;
        }
    };
    for selected in fields {
        match &selected.source {
            Source::Constant(_) => {}
            Source::Hole(_) => *holes = true,
            Source::Field { index, value, .. } => {
                want(*index);
                if let Value::Object(selection) = value {
                    *holes |= selection.has_holes();
                }
            }
            Source::Oneof(members) => members.iter().for_each(|member| want(member.index)),
        }
    }
    for selected in fields {
        if let Source::Oneof(members) = &selected.source {
            for member in members {
                collect(&member.fields, wanted, holes);
            }
        }
    }
}
