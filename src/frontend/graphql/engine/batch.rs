//! One call for all the parents of a join, and which items of its reply are whose.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use super::plan::{BatchNode, CallNode, Deal};
use super::request::{self, Raw};
use super::run::{Answered, Joined, Level, Parent, Run, Slot};
use crate::codec::selection::Span;
use crate::codec::wire::{self, Malformed, Reader};
use crate::contract::shape::Cardinality;

impl Run<'_> {
    /// One call for all parents. Each key is asked for once.
    pub(super) async fn batched(
        &self,
        call: &CallNode,
        batch: &BatchNode,
        parents: Vec<(Parent, &[u8], Span)>,
    ) -> Joined {
        let input = call.endpoint.operation.input;
        let mut request = Vec::new();
        let mut keys: HashMap<Key, Vec<Span>> = HashMap::new();
        let mut asked = Vec::with_capacity(parents.len());
        let written = self.common(call, &mut request);
        for (at, wire, span) in &parents {
            let value = self.value(batch.parent_shape, &batch.parent, wire, *span);
            let key = value.map(|value| {
                let key = key(value);
                if !keys.contains_key(&key) {
                    request::write_raw(&self.schema.shapes, input, &batch.key, value, &mut request);
                    keys.insert(key.clone(), Vec::new());
                }
                key
            });
            asked.push((*at, key));
        }
        let replies = match written {
            Err(error) => vec![Err(Arc::new(error))],
            Ok(()) if keys.is_empty() => Vec::new(),
            Ok(()) => self.ask(&call.endpoint, vec![Bytes::from(request)]).await,
        };
        let mut level = Level { replies, joined: Vec::new() };
        let failed = match level.replies.first_mut() {
            None => None,
            Some(Err(error)) => Some(error.clone()),
            Some(Ok(answered)) => match self.dealt(call, batch, answered, &mut keys) {
                Ok(()) => None,
                Err(malformed) => Some(self.refused(call, answered, &malformed)),
            },
        };
        let slot = |key: &Option<Key>| match (&failed, key) {
            (_, None) => Slot::Nothing,
            (Some(error), _) => Slot::Failed(error.clone()),
            (None, Some(key)) => Slot::Items(0, keys.get(key).cloned().unwrap_or_default()),
        };
        let mut slots: Vec<_> = asked.iter().map(|(at, key)| (*at, slot(key))).collect();
        slots.sort_unstable_by_key(|(parent, _)| *parent);
        if failed.is_none() && !call.nodes.is_empty() {
            let mut spans = Vec::new();
            for items in keys.values() {
                let shown = if batch.deal == Deal::First { items.get(..1) } else { items.get(..) };
                spans.extend_from_slice(shown.unwrap_or_default());
            }
            spans.sort_unstable_by_key(|span| span.start);
            level.joined = self.below(call, &level.replies, Some(&spans)).await;
        }
        Joined::Calls { slots, level }
    }

    /// Gives each key its items of a batch's reply, each message of which is in one piece then.
    fn dealt(
        &self,
        call: &CallNode,
        batch: &BatchNode,
        answered: &mut Answered,
        keys: &mut HashMap<Key, Vec<Span>>,
    ) -> Result<(), Malformed> {
        self.deal(call, batch, &answered.wire, keys)?;
        let spans: Vec<Span> = keys.values().flatten().copied().collect();
        if self.is_split(call, &answered.wire, &spans)? {
            answered.wire = self.rewrite(call.endpoint.operation.output, &answered.wire)?;
            keys.values_mut().for_each(Vec::clear);
            self.deal(call, batch, &answered.wire, keys)?;
        }
        Ok(())
    }

    fn deal(
        &self,
        call: &CallNode,
        batch: &BatchNode,
        wire: &[u8],
        keys: &mut HashMap<Key, Vec<Span>>,
    ) -> Result<(), Malformed> {
        let shapes = &self.schema.shapes;
        let Some((last, path)) = batch.items.split_last() else { return Ok(()) };
        let whole = Span { start: 0, end: wire.len() };
        let output = call.endpoint.operation.output;
        let Some(span) = self.descend(output, path, wire, whole)? else { return Ok(()) };
        let shape = self.schema.below(output, path);
        let Some(field) = shapes.get(shape).fields.get(*last) else { return Ok(()) };
        let Some(item) = field.message() else { return Ok(()) };
        let is_map = field.cardinality == Cardinality::Map;
        let mut items = Vec::new();
        request::values(shapes, shape, *last, wire, (span.start, span.end), |value| {
            items.push(Span { start: value.start, end: value.start + value.bytes.len() });
        })?;
        for span in items {
            let found = self.value(item, &batch.by, wire, span).map(key);
            if let Some(spans) = found.and_then(|key| keys.get_mut(&key)) {
                if is_map {
                    // The last entry of a key counts.
                    spans.clear();
                }
                spans.push(span);
            }
        }
        Ok(())
    }
}

/// A key as it compares: numbers by value, however many bytes they take.
type Key = Vec<u8>;

fn key(value: Raw<'_>) -> Key {
    if value.wire_type != wire::VARINT {
        return value.bytes.to_vec();
    }
    let mut reader = Reader::new(value.bytes, 0, value.bytes.len());
    reader.varint().unwrap_or_default().to_le_bytes().to_vec()
}
