//! Finds the messages whose holes there are to fill, before anything is written.

use crate::contract::shape::{Cardinality, Shapes};

use super::plan::Place;
use super::scan::{Frame, Scanner, Scratch};
use super::write::deeper;
use super::{Selected, Selection, Source, Span, Stop, Value};

/// Calls `each` with every hole of `selection` and below it in the message at `span` of `wire`, and
/// with the message it is in: in the order in which they are filled when the answer is written,
/// those of objects that become null among them. What has no holes is skipped.
pub fn visit(
    shapes: &Shapes,
    selection: &Selection,
    wire: &[u8],
    span: Span,
    depth: u32,
    each: &mut dyn FnMut(usize, Span),
) -> Result<(), Stop> {
    if !selection.has_holes() {
        return Ok(());
    }
    let scanner = Scanner::new(shapes, wire, Scratch::default())?;
    Visitor { scanner, each }.message(selection, span, depth)
}

struct Visitor<'a> {
    scanner: Scanner<'a>,
    each: &'a mut dyn FnMut(usize, Span),
}

impl Visitor<'_> {
    fn message(&mut self, selection: &Selection, span: Span, depth: u32) -> Result<(), Stop> {
        let depth = deeper(depth, span)?;
        let frame = self.scanner.open(selection, span, depth)?;
        let visited = self.fields(&selection.fields, frame, depth);
        self.scanner.close(frame);
        visited
    }

    fn fields(&mut self, fields: &[Selected], frame: Frame, depth: u32) -> Result<(), Stop> {
        for selected in fields {
            match &selected.source {
                Source::Constant(_) => {}
                Source::Hole(hole) => (self.each)(*hole, frame.span),
                Source::Oneof(members) => {
                    if let Some(member) = self.scanner.member(frame, members) {
                        self.fields(&member.fields, frame, depth)?;
                    }
                }
                Source::Field { index, value: Value::Object(selection), .. }
                    if selection.has_holes() =>
                {
                    let Some((slot, place)) = frame.plan.indexed(*index) else { continue };
                    match self.scanner.slot(frame, slot).span() {
                        Some(span) => self.field(selection, place, span, depth)?,
                        None if place.entry => {
                            let end = frame.span.end;
                            self.message(selection, Span { start: end, end }, depth)?;
                        }
                        None => {}
                    }
                }
                Source::Field { .. } => {}
            }
        }
        Ok(())
    }

    fn field(
        &mut self,
        selection: &Selection,
        place: &Place,
        span: Span,
        depth: u32,
    ) -> Result<(), Stop> {
        match place.cardinality {
            Cardinality::Singular => self.message(selection, span, depth),
            Cardinality::Repeated => {
                let mut values = self.scanner.values(place, span, depth);
                while let Some(found) = values.next()? {
                    self.message(selection, found.span, depth)?;
                }
                Ok(())
            }
            Cardinality::Map => {
                let mut entries = self.scanner.entries(place, span, depth)?;
                let base = entries.start;
                // An entry is no level of its own in the contract.
                let depth = depth.saturating_add(1);
                let visited = entries
                    .try_for_each(|at| self.message(selection, self.scanner.entry(at), depth));
                self.scanner.forget(base);
                visited
            }
        }
    }
}
