//! Writes the fields of messages, lists, maps and oneofs, and takes back what null takes with it
//! (GraphQL specification, section 6.4.4).

use std::sync::Arc;

use crate::codec::wire::Malformed;
use crate::contract::shape::{Cardinality, Kind};
use crate::contract::view::View;

use super::plan::Place;
use super::scan::{Found, Frame, Scanner};
use super::{
    FieldError, Holes, Member, Output, Segment, Selected, Selection, Source, Span, Stop, Value,
};

/// Appends `{…}`: what `selection` says of the message at `span` of `wire`. `view` names what an
/// `Any` holds. On an error the JSON is as long as it was; only of [`Stop::Null`] there is more
/// to be seen in `output`, namely why.
pub fn write_object(
    view: &View,
    selection: &Selection,
    wire: &[u8],
    span: Span,
    depth: u32,
    output: &mut Output,
    holes: &mut dyn Holes,
) -> Result<(), Stop> {
    whole(view, wire, output, holes, |writer| writer.object(selection, span, depth))
}

/// Appends the value alone of the first field of `selection` in the message at `span`. Its name is
/// neither written nor noted in the path: that is for whoever wants it in that message's place.
pub fn write_value(
    view: &View,
    selection: &Selection,
    wire: &[u8],
    span: Span,
    depth: u32,
    output: &mut Output,
    holes: &mut dyn Holes,
) -> Result<(), Stop> {
    whole(view, wire, output, holes, |writer| {
        let Some(selected) = selection.fields.first() else { return Ok(()) };
        let depth = deeper(depth, span)?;
        let frame = writer.scanner.open(selection, span, depth)?;
        let written = writer.value(selected, None, frame, depth);
        writer.scanner.close(frame);
        written
    })
}

fn whole<'a>(
    view: &'a View,
    wire: &'a [u8],
    output: &'a mut Output,
    holes: &'a mut dyn Holes,
    write: impl FnOnce(&mut Writer<'a>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let before = (output.json.len(), output.path.len(), output.errors.len(), output.notes.len());
    let scanner = Scanner::new(view.shapes(), wire, std::mem::take(&mut output.scratch))?;
    let json = std::mem::take(&mut output.json);
    let mut writer = Writer { view, scanner, json, output, holes };
    let written = write(&mut writer);
    writer.lend();
    let output = writer.output;
    if let Err(stop) = &written {
        output.json.truncate(before.0);
        output.path.truncate(before.1);
        if !matches!(stop, Stop::Null) {
            output.errors.truncate(before.2);
            output.notes.truncate(before.3);
        }
    }
    written
}

/// Writes one value. All spans are of the scanner's wire bytes.
pub(super) struct Writer<'a> {
    pub(super) view: &'a View,
    pub(super) scanner: Scanner<'a>,
    /// The output's, one step nearer.
    pub(super) json: Vec<u8>,
    pub(super) output: &'a mut Output,
    holes: &'a mut dyn Holes,
}

impl Writer<'_> {
    /// Gives the output what was taken out of it.
    fn lend(&mut self) {
        self.output.json = std::mem::take(&mut self.json);
        self.output.scratch = std::mem::take(&mut self.scanner.scratch);
    }

    fn take_back(&mut self) {
        self.json = std::mem::take(&mut self.output.json);
        self.scanner.scratch = std::mem::take(&mut self.output.scratch);
    }

    fn object(&mut self, selection: &Selection, span: Span, depth: u32) -> Result<(), Stop> {
        let depth = deeper(depth, span)?;
        let frame = self.scanner.open(selection, span, depth)?;
        let written = self.fields(&selection.fields, frame, depth);
        self.scanner.close(frame);
        written
    }

    fn fields(&mut self, fields: &[Selected], frame: Frame, depth: u32) -> Result<(), Stop> {
        let start = self.json.len();
        for selected in fields {
            selected.key.write(&mut self.json);
            self.value(selected, Some(&selected.name), frame, depth)?;
        }
        self.close_list(start, b'{', b'}');
        Ok(())
    }

    /// A field's value. `name` is the step that the path lacks.
    #[inline]
    fn value(
        &mut self,
        selected: &Selected,
        name: Option<&Arc<str>>,
        frame: Frame,
        depth: u32,
    ) -> Result<(), Stop> {
        let (at, steps) = (self.json.len(), self.output.path.len());
        match self.source(selected, name, frame, depth) {
            Ok(()) => Ok(()),
            Err(stop) => self.null_instead(stop, selected.non_null, at, steps),
        }
    }

    /// Null in the place of a value that was written since `at`, where it may be null.
    #[cold]
    fn null_instead(
        &mut self,
        stop: Stop,
        non_null: bool,
        at: usize,
        steps: usize,
    ) -> Result<(), Stop> {
        self.json.truncate(at);
        self.output.path.truncate(steps);
        match stop {
            Stop::Null if !non_null => {
                self.null();
                Ok(())
            }
            stop => Err(stop),
        }
    }

    #[inline]
    fn source(
        &mut self,
        selected: &Selected,
        name: Option<&Arc<str>>,
        frame: Frame,
        depth: u32,
    ) -> Result<(), Stop> {
        match &selected.source {
            Source::Field { index, value, items_non_null } => {
                let Some((slot, place)) = frame.plan.indexed(*index) else {
                    return self.absent(selected, name);
                };
                let span = self.scanner.slot(frame, slot).span();
                if place.cardinality != Cardinality::Singular {
                    return self.list(name, value, *items_non_null, place, span, depth);
                }
                match span {
                    Some(span) => self.single(selected, name, value, place, span, depth),
                    None => self.unset(selected, name, value, place, frame, depth),
                }
            }
            Source::Constant(text) => {
                self.json.extend_from_slice(text.as_bytes());
                Ok(())
            }
            Source::Oneof(members) => self.oneof(selected, name, members, frame, depth),
            Source::Hole(hole) => self.hole(selected, name, *hole, frame),
        }
    }

    /// A field that is set.
    #[inline]
    fn single(
        &mut self,
        selected: &Selected,
        name: Option<&Arc<str>>,
        value: &Value,
        place: &Place,
        span: Span,
        depth: u32,
    ) -> Result<(), Stop> {
        if place.message {
            return self.message(name, value, place.kind, span, depth);
        }
        let may_be_default = place.presence || place.entry || self.writes_defaults(selected);
        if place.wire_type == crate::codec::wire::LEN {
            if !may_be_default && span.start == span.end {
                self.null();
                return Ok(());
            }
            return self.text(name, place.kind, span);
        }
        let raw = self.raw(place.kind, span)?;
        if !may_be_default && raw == 0 {
            self.null();
            return Ok(());
        }
        self.number(name, value, place.kind, raw, selected.non_null)
    }

    /// A field that is not set.
    fn unset(
        &mut self,
        selected: &Selected,
        name: Option<&Arc<str>>,
        value: &Value,
        place: &Place,
        frame: Frame,
        depth: u32,
    ) -> Result<(), Stop> {
        match place.kind {
            // A map's entry without a value has an empty one.
            Kind::Message(_) | Kind::Group(_) if place.entry => {
                let end = frame.span.end;
                let empty = Span { start: end, end };
                self.message(name, value, place.kind, empty, depth)
            }
            Kind::Message(_) | Kind::Group(_) => self.absent(selected, name),
            _ if place.presence && !place.entry => self.absent(selected, name),
            _ if !place.entry && !self.writes_defaults(selected) => {
                self.null();
                Ok(())
            }
            Kind::String | Kind::Bytes => {
                self.json.extend_from_slice(b"\"\"");
                Ok(())
            }
            Kind::Enum(id) => {
                // A closed enum need not have a zero; its first value is the default then.
                let shape = self.scanner.shapes.get_enum(id);
                let first = shape.values.first().map_or(0, |(_, number)| *number);
                let number = if shape.closed { first } else { 0 };
                let raw = i64::from(number) as u64;
                self.number(name, value, place.kind, raw, selected.non_null)
            }
            kind => self.number(name, value, kind, 0, selected.non_null),
        }
    }

    #[inline]
    fn writes_defaults(&self, selected: &Selected) -> bool {
        selected.non_null || self.output.emit_defaults
    }

    /// A message, whole.
    #[inline]
    fn message(
        &mut self,
        name: Option<&Arc<str>>,
        value: &Value,
        kind: Kind,
        span: Span,
        depth: u32,
    ) -> Result<(), Stop> {
        match value {
            Value::Object(selection) => {
                let steps = self.enter(name);
                self.object(selection, span, depth)?;
                self.output.path.truncate(steps);
                Ok(())
            }
            Value::True => {
                self.json.extend_from_slice(b"true");
                Ok(())
            }
            Value::Leaf | Value::Enum(_) => self.message_leaf(name, kind, span, depth),
        }
    }

    /// The items of a list or a map that stands at `span`.
    fn list(
        &mut self,
        name: Option<&Arc<str>>,
        value: &Value,
        items_non_null: bool,
        place: &Place,
        span: Option<Span>,
        depth: u32,
    ) -> Result<(), Stop> {
        let start = self.json.len();
        if let Some(span) = span {
            let steps = self.enter(name);
            self.output.path.push(Segment::Index(0));
            if place.cardinality == Cardinality::Map {
                self.map_items(value, items_non_null, place, span, depth)?;
            } else {
                let mut values = self.scanner.values(place, span, depth);
                let mut index = 0;
                while let Some(found) = values.next()? {
                    self.item(index, value, items_non_null, place, found, depth)?;
                    index += 1;
                }
            }
            self.output.path.truncate(steps);
        }
        self.close_list(start, b'[', b']');
        Ok(())
    }

    fn map_items(
        &mut self,
        value: &Value,
        items_non_null: bool,
        place: &Place,
        span: Span,
        depth: u32,
    ) -> Result<(), Stop> {
        let entries = self.scanner.entries(place, span, depth)?;
        let base = entries.start;
        // An entry is no level of its own in the contract.
        let depth = depth.saturating_add(1);
        let written = entries.enumerate().try_for_each(|(index, at)| {
            let found = Found { span: self.scanner.entry(at), raw: 0 };
            self.item(index, value, items_non_null, place, found, depth)
        });
        self.scanner.forget(base);
        written
    }

    /// One item, with a comma before it. The path ends with its list's index.
    #[inline]
    fn item(
        &mut self,
        index: usize,
        value: &Value,
        non_null: bool,
        place: &Place,
        found: Found,
        depth: u32,
    ) -> Result<(), Stop> {
        if let Some(step) = self.output.path.last_mut() {
            *step = Segment::Index(index);
        }
        self.json.push(b',');
        let (at, steps) = (self.json.len(), self.output.path.len());
        let written = if place.message {
            self.message(None, value, place.kind, found.span, depth)
        } else if place.wire_type == crate::codec::wire::LEN {
            self.text(None, place.kind, found.span)
        } else {
            self.number(None, value, place.kind, found.raw, non_null)
        };
        match written {
            Ok(()) => Ok(()),
            Err(stop) => self.null_instead(stop, non_null, at, steps),
        }
    }

    fn oneof(
        &mut self,
        selected: &Selected,
        name: Option<&Arc<str>>,
        members: &[Member],
        frame: Frame,
        depth: u32,
    ) -> Result<(), Stop> {
        let Some(member) = self.scanner.member(frame, members) else {
            return self.absent(selected, name);
        };
        let steps = self.enter(name);
        self.fields(&member.fields, frame, depth)?;
        self.output.path.truncate(steps);
        Ok(())
    }

    fn hole(
        &mut self,
        selected: &Selected,
        name: Option<&Arc<str>>,
        hole: usize,
        frame: Frame,
    ) -> Result<(), Stop> {
        let steps = self.enter(name);
        let (at, errors) = (self.json.len(), self.output.errors.len());
        self.lend();
        let filled = self.holes.fill(hole, frame.span, self.output);
        self.take_back();
        filled?;
        if selected.non_null && self.json.get(at..) == Some(b"null") {
            // Whoever filled it may have said why.
            return match self.output.errors.len() > errors {
                true => Err(Stop::Null),
                false => self.wrong(None, NULL),
            };
        }
        self.output.path.truncate(steps);
        Ok(())
    }

    /// Null in the place of what is not there.
    fn absent(&mut self, selected: &Selected, name: Option<&Arc<str>>) -> Result<(), Stop> {
        if selected.non_null {
            return self.wrong(name, NULL);
        }
        self.null();
        Ok(())
    }

    #[inline]
    pub(super) fn null(&mut self) {
        self.json.extend_from_slice(b"null");
    }

    /// Notes a step of the path, and says how long it was.
    #[inline]
    fn enter(&mut self, name: Option<&Arc<str>>) -> usize {
        let steps = self.output.path.len();
        self.output.path.extend(name.map(|name| Segment::Name(Arc::clone(name))));
        steps
    }

    /// Notes that a value is null that should not be. `name` is the step that the path lacks.
    #[cold]
    pub(super) fn wrong(
        &mut self,
        name: Option<&Arc<str>>,
        message: impl Into<String>,
    ) -> Result<(), Stop> {
        let path = self.path(name);
        self.output.errors.push(FieldError { path, message: message.into() });
        Err(Stop::Null)
    }

    pub(super) fn path(&self, name: Option<&Arc<str>>) -> Vec<Segment> {
        let name = name.map(|name| Segment::Name(Arc::clone(name)));
        self.output.path.iter().cloned().chain(name).collect()
    }

    /// Closes what was written since `start` with a comma before each: the first one becomes the
    /// opening bracket.
    #[inline]
    fn close_list(&mut self, start: usize, open: u8, close: u8) {
        match self.json.get_mut(start) {
            Some(comma) => *comma = open,
            None => self.json.push(open),
        }
        self.json.push(close);
    }
}

/// Said where a value is missing that the schema promises.
const NULL: &str = "null in the place of a value that is never null";

#[inline]
pub(super) fn deeper(depth: u32, span: Span) -> Result<u32, Stop> {
    let too_deep = Malformed { offset: span.start, what: "messages nest too deep" };
    depth.checked_sub(1).ok_or(Stop::Malformed(too_deep))
}
