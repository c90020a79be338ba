//! The same schema, run by async-graphql: a resolver for each field, over the same calls.

use std::sync::Arc;

use async_graphql::Error;
use async_graphql::dynamic::{FieldFuture, FieldValue, ResolverContext};
use async_graphql_value::ConstValue;
use futures_util::stream;

use super::fake::Fake;
use crate::call::{Answer, Payload};
use crate::codec::json::{self, EncodeOptions};
use crate::contract::graphql::{
    self as model, Field, ListOf, Model, Named, Object, Place, Source, TypeRef, Value,
};
use crate::contract::shape::{Cardinality, ShapeId};
use crate::contract::view::View;
use crate::frontend::graphql::engine::request;
use crate::frontend::graphql::input;
use crate::frontend::graphql::schema::{Resolver, Resolvers, StreamResolver};

/// What all resolvers know.
pub struct Oracle {
    pub model: Model,
    pub view: Arc<View>,
    pub fake: Arc<Fake>,
}

/// A message that fields are resolved of.
#[derive(Clone)]
struct Message {
    shape: ShapeId,
    wire: Vec<u8>,
}

impl Resolvers for Arc<Oracle> {
    fn field(&self, object: &Object, field: &Field) -> Resolver {
        let oracle = self.clone();
        let find = |objects: &[Object]| {
            let at = objects.iter().position(|other| other.name == object.name)?;
            let field = objects[at].fields.iter().position(|other| other.name == field.name)?;
            Some((at, field))
        };
        let (at, index) = find(&self.model.objects).unwrap();
        Box::new(move |context| {
            let oracle = oracle.clone();
            FieldFuture::new(async move { oracle.resolve(at, index, &context).await })
        })
    }

    fn stream(&self, _: &Field) -> StreamResolver {
        Box::new(|_| {
            async_graphql::dynamic::SubscriptionFieldFuture::new(async {
                Ok(stream::empty::<Result<FieldValue<'_>, Error>>())
            })
        })
    }

    fn entities(&self) -> Resolver {
        Box::new(|_| FieldFuture::new(async { Ok(None::<FieldValue<'_>>) }))
    }
}

impl Oracle {
    async fn resolve<'a>(
        &self,
        object: usize,
        field: usize,
        context: &ResolverContext<'a>,
    ) -> Result<Option<FieldValue<'a>>, Error> {
        let object = &self.model.objects[object];
        let field = &object.fields[field];
        let parent = context.parent_value.downcast_ref::<Message>();
        match &field.source {
            Source::Field(index) => self.value(&field.ty, parent.unwrap(), *index),
            Source::Oneof(_) => Ok(self.union(field, parent.unwrap())),
            Source::Call(call) => self.call(object, field, call, parent, context).await,
        }
    }

    /// The JSON of a message's field as ProtoJSON has it.
    fn json(&self, message: &Message, index: usize) -> Option<serde_json::Value> {
        let mut out = Vec::new();
        let options = EncodeOptions { emit_defaults: true, ..EncodeOptions::default() };
        json::encode(&self.view, message.shape, &message.wire, &options, &mut out).unwrap();
        let name = &self.view.shapes().get(message.shape).fields[index].json_name;
        let mut json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        json.as_object_mut().unwrap().remove(&**name)
    }

    fn value<'a>(
        &self,
        ty: &TypeRef,
        message: &Message,
        index: usize,
    ) -> Result<Option<FieldValue<'a>>, Error> {
        let shapes = self.view.shapes();
        let field = &shapes.get(message.shape).fields[index];
        if let (Named::Object(_), Some(shape)) = (ty.named, field.message()) {
            let mut found = Vec::new();
            let whole = (0, message.wire.len());
            request::values(shapes, message.shape, index, &message.wire, whole, |raw| {
                found.push(Message { shape, wire: raw.bytes.to_vec() });
            })
            .unwrap();
            let mut found = found.into_iter().map(FieldValue::owned_any);
            return Ok(match field.cardinality {
                Cardinality::Singular => found.next_back(),
                _ => Some(FieldValue::list(found)),
            });
        }
        let Some(json) = self.json(message, index) else { return Ok(None) };
        match json {
            serde_json::Value::Array(items) if ty.list.is_some() => {
                let items: Result<Vec<_>, _> =
                    items.into_iter().map(|item| leaf(ty.named, item)).collect();
                // A null among items that are never null is an error of its own there.
                Ok(Some(FieldValue::list(items?.into_iter().map(FieldValue::value))))
            }
            json => Ok(match leaf(ty.named, json)? {
                ConstValue::Null => None,
                value => Some(FieldValue::value(value)),
            }),
        }
    }

    fn union<'a>(&self, field: &Field, message: &Message) -> Option<FieldValue<'a>> {
        let Named::Union(id) = field.ty.named else { panic!("a oneof is a union") };
        let shapes = self.view.shapes();
        let fields = &shapes.get(message.shape).fields;
        let options = EncodeOptions::default();
        let mut out = Vec::new();
        json::encode(&self.view, message.shape, &message.wire, &options, &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let (_, object) = self.model.unions[id.0]
            .members
            .iter()
            .find(|(index, _)| json.get(&*fields[*index].json_name).is_some())?;
        let name = self.model.objects[object.0].name.clone();
        Some(FieldValue::owned_any(message.clone()).with_type(name))
    }

    async fn call<'a>(
        &self,
        object: &Object,
        field: &Field,
        call: &model::Call,
        parent: Option<&Message>,
        context: &ResolverContext<'a>,
    ) -> Result<Option<FieldValue<'a>>, Error> {
        let shapes = self.view.shapes();
        let _ = object;
        let nothing =
            || field.ty.list.map(|ListOf { .. }| FieldValue::list(Vec::<FieldValue<'_>>::new()));
        let (operation, bindings) = match &call.batch {
            Some(batch) => (&batch.operation, &batch.bindings),
            None => (&call.operation, &call.bindings),
        };
        let mut request = Vec::new();
        for binding in bindings {
            match &binding.value {
                Value::Constant(bytes) => {
                    request::write_constant(
                        shapes,
                        operation.input,
                        &binding.target,
                        bytes,
                        &mut request,
                    );
                }
                Value::Argument(index) => {
                    let argument = &field.arguments[*index];
                    let given = context.args.get(&argument.name);
                    let ty = self.model.written(&argument.ty);
                    let ty = async_graphql::parser::types::Type::new(&ty).unwrap();
                    let default = argument.default.as_deref().and_then(input::literal);
                    // Names of enum values come as text where a variable brought them.
                    let given = given.map(|value| value.as_value().clone());
                    let given = input::coerce(&self.model, &ty, given, default.as_ref())
                        .map_err(|error| Error::new(error.to_string()))?;
                    let Some(value) = given.filter(|value| *value != ConstValue::Null) else {
                        continue;
                    };
                    assert!(binding.target.path.is_empty());
                    input::encode(
                        &self.model,
                        &self.view,
                        &argument.ty,
                        operation.input,
                        binding.target.leaf,
                        &value,
                        &mut request,
                    )
                    .map_err(|error| Error::new(error.to_string()))?;
                }
                Value::Parent(path) => {
                    let Some(raw) = last(shapes, parent.unwrap(), path[0]) else {
                        return Ok(nothing());
                    };
                    raw.write(shapes, operation.input, &binding.target, &mut request);
                }
            }
        }
        let key = match &call.batch {
            None => None,
            Some(batch) => {
                let Some(raw) = last(shapes, parent.unwrap(), batch.parent[0]) else {
                    return Ok(nothing());
                };
                raw.write(shapes, operation.input, &batch.key, &mut request);
                Some(raw)
            }
        };
        let answered = self.fake.answer(called(operation, request)).await;
        let reply = answered.map_err(|error| Error::new(error.message().to_owned()))?;
        let Payload::Message(wire) = reply.payload else { panic!("no stream") };
        let reply = Message { shape: operation.output, wire: wire.to_vec() };
        let (Some(_), Some(batch)) = (key, &call.batch) else {
            return match call.select.as_slice() {
                [] => match field.ty.named {
                    Named::Object(_) => Ok(Some(FieldValue::owned_any(reply))),
                    _ => Ok(Some(FieldValue::value(true))),
                },
                [index] => self.value(&field.ty, &reply, *index),
                path => panic!("{path:?}"),
            };
        };
        let item = shapes.get(reply.shape).fields[batch.items[0]].message().unwrap();
        let mut items = Vec::new();
        let whole = (0, reply.wire.len());
        request::values(shapes, reply.shape, batch.items[0], &reply.wire, whole, |raw| {
            items.push(Message { shape: item, wire: raw.bytes.to_vec() });
        })
        .unwrap();
        match batch.value.as_slice() {
            [] if field.ty.list.is_some() => {
                Ok(Some(FieldValue::list(items.into_iter().map(FieldValue::owned_any))))
            }
            [] => Ok(items.into_iter().next().map(FieldValue::owned_any)),
            [index] => match items.first() {
                None => Ok(nothing()),
                Some(item) => self.value(&field.ty, item, *index),
            },
            path => panic!("{path:?}"),
        }
    }
}

/// A scalar or an enum: what ProtoJSON writes, as GraphQL has it.
fn leaf(named: Named, json: serde_json::Value) -> Result<ConstValue, Error> {
    match (named, &json) {
        (Named::Enum(_), serde_json::Value::Number(_)) => Ok(ConstValue::Null),
        (Named::Enum(_), serde_json::Value::String(name)) => {
            Ok(ConstValue::Enum(async_graphql::Name::new(name)))
        }
        _ => Ok(ConstValue::from_json(json)?),
    }
}

struct Raw {
    wire_type: u8,
    bytes: Vec<u8>,
}

impl Raw {
    fn write(
        &self,
        shapes: &crate::contract::shape::Shapes,
        input: ShapeId,
        target: &model::Target,
        out: &mut Vec<u8>,
    ) {
        assert!(matches!(target.leaf, Place::Field(_)));
        let raw = request::Raw { wire_type: self.wire_type, bytes: &self.bytes, start: 0 };
        request::write_raw(shapes, input, target, raw, out);
    }
}

fn last(shapes: &crate::contract::shape::Shapes, message: &Message, index: usize) -> Option<Raw> {
    let mut found = None;
    let whole = (0, message.wire.len());
    request::values(shapes, message.shape, index, &message.wire, whole, |raw| {
        found = Some(Raw { wire_type: raw.wire_type, bytes: raw.bytes.to_vec() });
    })
    .unwrap();
    found
}

fn called(operation: &Arc<crate::contract::Operation>, request: Vec<u8>) -> crate::call::Call {
    let mut call = crate::call::tests::call();
    call.operation = operation.clone();
    call.payload = Payload::Message(request.into());
    call
}
