//! A backend that answers every call with a random message, the same for the same request.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use fastrand::Rng;

use crate::call::{Answer, BoxFuture, Call, CallError, Code, Messages, Payload, Reply};
use crate::codec::{canonical, wire};
use crate::contract::graphql::{Batch, Place};
use crate::contract::shape::{Cardinality, Field, Kind, Shape, ShapeId, Shapes, WellKnown};
use crate::frontend::graphql::engine::request;

/// See the module.
#[derive(Debug)]
pub struct Fake {
    pub shapes: Arc<Shapes>,
    /// For the operations that answer for many keys: how.
    pub batches: Vec<Batched>,
    /// How many calls came.
    pub calls: AtomicUsize,
    /// Their operations' names and requests.
    pub requests: Mutex<Vec<(String, bytes::Bytes)>>,
    /// With another one, other messages are answered.
    pub salt: Mutex<u64>,
    /// One call in so many fails; none where it is 0.
    pub failing: u64,
    /// Operations that fail.
    pub broken: Mutex<Vec<String>>,
}

/// How an operation answers for many keys.
#[derive(Debug)]
pub struct Batched {
    pub operation: String,
    pub key: usize,
    pub items: usize,
    pub by: usize,
}

impl Batched {
    pub fn of(batch: &Batch) -> Self {
        let Place::Field(key) = batch.key.leaf else { panic!("keys are a field") };
        Self {
            operation: batch.operation.name().to_owned(),
            key,
            items: batch.items[0],
            by: batch.by[0],
        }
    }
}

impl Answer for Arc<Fake> {
    fn answer(&self, call: Call) -> BoxFuture<'_, Result<Reply, CallError>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::Relaxed);
            let Payload::Message(request) = call.payload else { panic!("no stream is sent") };
            let called = (call.operation.name().to_owned(), request.clone());
            self.requests.lock().unwrap().push(called);
            let seed = xxhash_rust::xxh3::xxh3_64(&self.asked(&call.operation, &request))
                ^ xxhash_rust::xxh3::xxh3_64(call.operation.name().as_bytes())
                ^ *self.salt.lock().unwrap();
            let name = call.operation.name();
            let is_broken = self.broken.lock().unwrap().iter().any(|broken| broken == name);
            if is_broken || (self.failing > 0 && seed.is_multiple_of(self.failing)) {
                let message = format!("{} failed", call.operation.method);
                return Err(CallError::backend(Code::Unavailable, message));
            }
            let mut message = Vec::new();
            let batched = self.batches.iter().find(|b| b.operation == call.operation.name());
            match batched {
                Some(batched) => self.batch(&call.operation, batched, &request, &mut message),
                None => {
                    let mut random = Random { shapes: &self.shapes, rng: Rng::with_seed(seed) };
                    random.message(call.operation.output, 4, &mut message);
                }
            }
            if call.operation.streaming.server() {
                let messages = vec![Ok(message.into()), Ok(bytes::Bytes::new())];
                return Ok(Reply::stream(Messages::new(futures_util::stream::iter(messages))));
            }
            Ok(Reply::message(message))
        })
    }
}

impl Fake {
    /// What a request asks for, however it is put: without a field mask, and in canonical form.
    fn asked(&self, operation: &crate::contract::Operation, request: &[u8]) -> Vec<u8> {
        let mut canonical = Vec::new();
        canonical::rewrite(&self.shapes, operation.input, request, 100, &mut canonical).unwrap();
        let mut reader = wire::Reader::new(&canonical, 0, canonical.len());
        let mut asked = Vec::new();
        while !reader.is_empty() {
            let start = reader.position();
            let head = reader.head().unwrap();
            reader.skip(head, 100).unwrap();
            let field = self.shapes.get(operation.input).field(head.number).unwrap();
            if &*field.name != "read_mask" {
                asked.extend_from_slice(&canonical[start..reader.position()]);
            }
        }
        asked
    }

    /// An item for each key: the same for the same key, and none for one key in five.
    fn batch(
        &self,
        operation: &crate::contract::Operation,
        batched: &Batched,
        request: &[u8],
        out: &mut Vec<u8>,
    ) {
        let reply = self.shapes.get(operation.output);
        let items = &reply.fields[batched.items];
        let item = items.message().unwrap();
        let by = &self.shapes.get(item).fields[batched.by];
        let whole = (0, request.len());
        request::values(&self.shapes, operation.input, batched.key, request, whole, |key| {
            let mut rng = Rng::with_seed(xxhash_rust::xxh3::xxh3_64(key.bytes));
            if rng.u8(..5) == 0 {
                return;
            }
            let mut message = Vec::new();
            Random { shapes: &self.shapes, rng }.message(item, 3, &mut message);
            by.element_tag.write(&mut message);
            if by.kind.wire_type() == wire::LEN {
                wire::write_varint(key.bytes.len() as u64, &mut message);
            }
            message.extend_from_slice(key.bytes);
            wire::write_bytes(items.number, &message, out);
        })
        .unwrap();
    }
}

/// Random messages.
pub struct Random<'a> {
    pub shapes: &'a Shapes,
    pub rng: Rng,
}

impl Random<'_> {
    pub fn message(&mut self, id: ShapeId, depth: usize, out: &mut Vec<u8>) {
        let shape = self.shapes.get(id);
        if let Some(known) = shape.well_known {
            return self.well_known(known, shape, depth, out);
        }
        let mut chosen = vec![None; shape.oneofs.len()];
        for (index, field) in shape.fields.iter().enumerate() {
            if let Some(oneof) = field.oneof() {
                // The last of them counts.
                if chosen[oneof].is_none() || self.rng.bool() {
                    chosen[oneof] = Some(index);
                }
            }
        }
        for (index, field) in shape.fields.iter().enumerate() {
            let is_chosen = field.oneof().is_none_or(|oneof| chosen[oneof] == Some(index));
            if !is_chosen || (!field.required && self.rng.u8(..4) == 0) {
                continue;
            }
            if depth == 0 && field.message().is_some() {
                continue;
            }
            match field.cardinality {
                Cardinality::Singular => self.value(field, depth, out),
                Cardinality::Repeated => {
                    for _ in 0..self.rng.usize(..4) {
                        self.value(field, depth, out);
                    }
                }
                Cardinality::Map => self.map(field, depth, out),
            }
        }
    }

    /// Entries in the order that JSON has them.
    fn map(&mut self, field: &Field, depth: usize, out: &mut Vec<u8>) {
        let entry = self.shapes.get(field.message().unwrap());
        let (key, value) = (&entry.fields[0], &entry.fields[1]);
        for number in 1..=self.rng.u8(1..4) {
            let mut content = Vec::new();
            match key.kind {
                Kind::String => {
                    wire::write_bytes(1, format!("key{number}").as_bytes(), &mut content)
                }
                _ => {
                    key.element_tag.write(&mut content);
                    self.number(key.kind, u64::from(number), &mut content);
                }
            }
            self.value(value, depth, &mut content);
            wire::write_bytes(field.number, &content, out);
        }
    }

    fn value(&mut self, field: &Field, depth: usize, out: &mut Vec<u8>) {
        field.element_tag.write(out);
        match field.kind {
            Kind::Message(id) => {
                let mut content = Vec::new();
                self.message(id, depth.saturating_sub(1), &mut content);
                wire::write_varint(content.len() as u64, out);
                out.extend_from_slice(&content);
            }
            Kind::Group(id) => {
                self.message(id, depth.saturating_sub(1), out);
                crate::contract::shape::Tag::new(field.number, wire::END_GROUP).write(out);
            }
            Kind::String | Kind::Bytes => {
                let text = ["", "a", "tent", "p-1001", "ä\u{1F600}\"\\\n", "x y"];
                let text = text[self.rng.usize(..text.len())];
                wire::write_varint(text.len() as u64, out);
                out.extend_from_slice(text.as_bytes());
            }
            Kind::Enum(id) => {
                let values = &self.shapes.get_enum(id).values;
                let number = match self.rng.u8(..10) {
                    0 => 99,
                    _ => values[self.rng.usize(..values.len())].1,
                };
                wire::write_varint(number as i64 as u64, out);
            }
            kind => {
                let bits = self.rng.u64(..) >> [0, 33, 56][self.rng.usize(..3)];
                self.number(kind, bits, out);
            }
        }
    }

    fn number(&mut self, kind: Kind, bits: u64, out: &mut Vec<u8>) {
        match kind {
            Kind::Double => {
                let value = [0.0, 1.5, -2e30, 0.1][self.rng.usize(..4)];
                out.extend_from_slice(&f64::to_le_bytes(value));
            }
            Kind::Float => {
                let value = [0.0, 1.5, -2e30, 0.1][self.rng.usize(..4)];
                out.extend_from_slice(&f32::to_le_bytes(value));
            }
            Kind::Fixed64 | Kind::Sfixed64 => out.extend_from_slice(&bits.to_le_bytes()),
            Kind::Fixed32 | Kind::Sfixed32 => out.extend_from_slice(&(bits as u32).to_le_bytes()),
            Kind::Bool => wire::write_varint(bits & 1, out),
            Kind::Int32 => wire::write_varint(bits as i32 as i64 as u64, out),
            Kind::Uint32 | Kind::Sint32 => wire::write_varint(bits & 0xffff_ffff, out),
            _ => wire::write_varint(bits, out),
        }
    }

    fn well_known(&mut self, known: WellKnown, shape: &Shape, depth: usize, out: &mut Vec<u8>) {
        match &*shape.full_name {
            "google.protobuf.Timestamp" | "google.protobuf.Duration" => {
                for field in &shape.fields {
                    field.element_tag.write(out);
                    wire::write_varint(self.rng.u64(..1_000_000_000), out);
                }
            }
            "google.protobuf.FieldMask" => wire::write_bytes(1, b"a.b_c", out),
            // A null.
            "google.protobuf.Value" => out.extend_from_slice(&[0x08, 0x00]),
            "google.protobuf.Struct" => {
                // {"a": true}
                out.extend_from_slice(&[0x0a, 7, 0x0a, 1, b'a', 0x12, 2, 0x20, 1]);
            }
            "google.protobuf.ListValue" | "google.protobuf.Empty" | "google.protobuf.Any" => {}
            name if name.starts_with("google.protobuf.") && shape.fields.len() == 1 => {
                if self.rng.bool() {
                    self.value(&shape.fields[0], depth, out);
                }
            }
            name => panic!("{name} is {known:?}"),
        }
    }
}
