//! From a valid document to a plan.

mod arguments;
mod cost;
mod entities;
mod fields;
mod mask;
mod schema;

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::parser::types::{Field as Asked, SelectionSet};
use async_graphql::{Pos, Positioned, Variables};

use super::document::Document;
use super::plan::{BatchNode, CallNode, Cost, Deal, Node, Part, Plan, Shown};
use crate::codec::selection::{Member, Selected, Selection, Source, Value};
use crate::contract::graphql::{
    self as model, EMPTY, EnumTypeId, Field, Model, Named, Object, ObjectId, ObjectOf,
};
use crate::contract::shape::{ShapeId, Shapes};
use crate::contract::view::View;
use crate::frontend::Endpoint;
use crate::frontend::graphql::Kind;

/// Everything a plan is made of.
#[derive(Debug)]
pub struct Schema {
    /// The schema.
    pub model: Model,
    /// The contract's messages.
    pub shapes: Arc<Shapes>,
    /// The same, as JSON names them.
    pub view: Arc<View>,
    /// The operations that fields call, by name.
    pub endpoints: HashMap<Arc<str>, Endpoint>,
    /// What is written for the values of each enum of the model.
    enums: Vec<EnumNames>,
}

/// What is written for the numbers of an enum.
type EnumNames = Arc<[(i32, Box<str>)]>;

/// A mistake that is seen when a plan is made.
#[derive(Debug)]
pub struct Mistake {
    /// Where.
    pub position: Pos,
    /// What.
    pub message: String,
}

/// What a root is written over: a message without fields.
const NO_MESSAGE: ShapeId = ShapeId(u32::MAX);

impl Schema {
    /// Prepares a model for planning.
    pub fn new(model: Model, view: Arc<View>, endpoints: HashMap<Arc<str>, Endpoint>) -> Self {
        let names = |of: &model::Enum| {
            let mut names: Vec<(i32, Box<str>)> = Vec::with_capacity(of.values.len());
            for value in &of.values {
                if names.iter().all(|(number, _)| *number != value.number) {
                    names.push((value.number, value.name.as_str().into()));
                }
            }
            names.sort_unstable_by_key(|(number, _)| *number);
            names.into()
        };
        let enums = model.enums.iter().map(names).collect();
        Self { model, shapes: view.shared_shapes(), view, endpoints, enums }
    }

    /// Plans a document for these variables: of them only what `@skip` and `@include` ask counts.
    pub fn plan(&self, document: &Document, variables: &Variables) -> Result<Plan, Mistake> {
        let root = match document.kind() {
            Kind::Query => self.model.query,
            Kind::Mutation => self.model.mutation,
            Kind::Subscription => self.model.subscription,
        };
        let operation = &document.operation;
        let mistake = |message: String| Mistake { position: operation.pos, message };
        let root = root.ok_or_else(|| mistake("the schema has no such operations".to_owned()))?;
        let mut planner = Planner { schema: self, document, variables, nodes: Vec::new() };
        let sets = [&operation.node.selection_set.node];
        let (fields, cost) = planner.fields(root, &sets, None)?;
        if document.kind() == Kind::Subscription {
            let is_call = |node: Option<&Node>| matches!(node, Some(Node::Call(_)));
            if fields.len() != 1 || !is_call(planner.nodes.first()) {
                return Err(mistake("a subscription has exactly one field".to_owned()));
            }
        }
        let selection = Selection::new(&self.shapes, NO_MESSAGE, fields);
        Ok(Plan::new(selection, planner.nodes, cost))
    }

    /// The message at the end of a path of message fields.
    pub fn below(&self, mut shape: ShapeId, path: &[usize]) -> ShapeId {
        for index in path {
            let field = self.shapes.get(shape).fields.get(*index);
            shape = field.and_then(|field| field.message()).unwrap_or(NO_MESSAGE);
        }
        shape
    }

    fn object(&self, id: ObjectId) -> Option<&Object> {
        self.model.objects.get(id.0)
    }
}

/// Plans one document.
struct Planner<'a> {
    schema: &'a Schema,
    document: &'a Document,
    variables: &'a Variables,
    /// What fills the holes of the selection that is being made.
    nodes: Vec<Node>,
}

/// A field of an answer: all places that ask for it under one name.
struct Merged<'a> {
    name: Arc<str>,
    asked: Vec<&'a Positioned<Asked>>,
}

impl<'a> Merged<'a> {
    /// The first place that asks for it: all of them have the same arguments.
    fn first(&self) -> Option<&'a Positioned<Asked>> {
        self.asked.first().copied()
    }

    fn sets(&self) -> Vec<&'a SelectionSet> {
        self.asked.iter().map(|asked| &asked.node.selection_set.node).collect()
    }
}

impl<'a> Planner<'a> {
    /// What is written of an object of that type, and what it costs. `size` is the length that the
    /// call above gives its lists.
    fn fields(
        &mut self,
        id: ObjectId,
        sets: &[&'a SelectionSet],
        size: Option<&cost::Size>,
    ) -> Result<(Vec<Selected>, Cost), Mistake> {
        let Some(object) = self.schema.object(id) else { return Ok(Default::default()) };
        let merged = self.collect(object, sets);
        let mut fields = Vec::with_capacity(merged.len());
        let mut cost = Cost::default();
        for field in &merged {
            let Some(asked) = field.first() else { continue };
            let name = asked.node.name.node.as_str();
            if let Some(selected) = self.of_the_language(object, field, name) {
                fields.push(selected);
                cost.fixed += 1;
                continue;
            }
            if name == "_entities" && object.of == ObjectOf::Root {
                let (selected, own) = self.entities(field, asked)?;
                fields.push(selected);
                cost.add(own);
                continue;
            }
            let Some(known) = object.fields.iter().find(|known| known.name == name) else {
                let message = format!("{} has no field {name}", object.name);
                return Err(Mistake { position: asked.pos, message });
            };
            let (selected, own) = self.field(object, known, field, asked, size)?;
            fields.push(selected);
            cost.add(own);
        }
        Ok((fields, cost))
    }

    /// `__typename` of any object, and what the schema answers itself.
    fn of_the_language(
        &mut self,
        object: &Object,
        field: &Merged<'a>,
        name: &str,
    ) -> Option<Selected> {
        let (source, non_null) = match name {
            EMPTY if object.of == ObjectOf::Root => (Source::Constant("null".into()), false),
            "__typename" => (Source::Constant(format!("\"{}\"", object.name).into()), true),
            "__schema" | "__type" | "_service" if object.of == ObjectOf::Root => {
                let document = schema::alone(self.document, &field.asked);
                self.nodes.push(Node::Schema(Box::new(document)));
                (Source::Hole(self.nodes.len() - 1), name != "__type")
            }
            _ => return None,
        };
        Some(Selected::new(field.name.clone(), non_null, source))
    }

    fn field(
        &mut self,
        object: &Object,
        known: &Field,
        field: &Merged<'a>,
        asked: &'a Positioned<Asked>,
        size: Option<&cost::Size>,
    ) -> Result<(Selected, Cost), Mistake> {
        let mut cost = Cost { fixed: 1, ..Cost::default() };
        let source = match &known.source {
            model::Source::Field(index) => {
                let (value, below) = self.value(known, field, size)?;
                cost.add(cost::of_list(known, below, size));
                let items_non_null = known.ty.list.is_some_and(|items| items.non_null);
                Source::Field { index: *index, value, items_non_null }
            }
            model::Source::Oneof(_) => {
                let (members, below) = self.members(known, field, size)?;
                cost.add(below);
                Source::Oneof(members)
            }
            model::Source::Call(call) => {
                let outer = std::mem::take(&mut self.nodes);
                let planned = self.call(object, known, call, field, asked);
                let inner = std::mem::replace(&mut self.nodes, outer);
                let (mut node, below) = planned?;
                node.nodes = inner;
                self.nodes.push(Node::Call(Box::new(node)));
                cost.add(below);
                Source::Hole(self.nodes.len() - 1)
            }
        };
        let selected = Selected::new(field.name.clone(), known.ty.non_null, source);
        Ok((selected, cost))
    }

    /// How one value of a field is written, and what that costs.
    fn value(
        &mut self,
        known: &Field,
        field: &Merged<'a>,
        size: Option<&cost::Size>,
    ) -> Result<(Value, Cost), Mistake> {
        match known.ty.named {
            Named::Enum(id) => Ok((Value::Enum(self.names(id)), Cost::default())),
            Named::Object(id) => {
                let below = if known.ty.list.is_some() { None } else { size };
                let (selection, cost) = self.selection(id, field, below)?;
                Ok((Value::Object(selection), cost))
            }
            Named::Scalar(_) | Named::Union(_) | Named::Input(_) => {
                Ok((Value::Leaf, Cost::default()))
            }
        }
    }

    fn names(&self, id: EnumTypeId) -> EnumNames {
        self.schema.enums.get(id.0).cloned().unwrap_or_else(|| Arc::from([]))
    }

    fn selection(
        &mut self,
        id: ObjectId,
        field: &Merged<'a>,
        size: Option<&cost::Size>,
    ) -> Result<(Selection, Cost), Mistake> {
        let (fields, cost) = self.fields(id, &field.sets(), size)?;
        let shape = match self.schema.object(id).map(|object| object.of) {
            Some(ObjectOf::Message(shape) | ObjectOf::Member(shape, _)) => shape,
            Some(ObjectOf::Root) | None => NO_MESSAGE,
        };
        Ok((Selection::new(&self.schema.shapes, shape, fields), cost))
    }

    fn members(
        &mut self,
        known: &Field,
        field: &Merged<'a>,
        size: Option<&cost::Size>,
    ) -> Result<(Vec<Member>, Cost), Mistake> {
        let Named::Union(id) = known.ty.named else { return Ok(Default::default()) };
        let Some(union) = self.schema.model.unions.get(id.0) else { return Ok(Default::default()) };
        let mut members = Vec::with_capacity(union.members.len());
        let mut most = Cost::default();
        for (index, object) in &union.members {
            let (fields, cost) = self.fields(*object, &field.sets(), size)?;
            members.push(Member { index: *index, fields });
            // Only one of them is there.
            if cost.with(self.variables) > most.with(self.variables) {
                most = cost;
            }
        }
        Ok((members, most))
    }

    /// A call without what fills the holes of its reply, which is in `self.nodes`.
    fn call(
        &mut self,
        object: &Object,
        known: &Field,
        call: &model::Call,
        field: &Merged<'a>,
        asked: &'a Positioned<Asked>,
    ) -> Result<(CallNode, Cost), Mistake> {
        let mistake = |message: String| Mistake { position: asked.pos, message };
        let operation = call.batch.as_ref().map_or(&call.operation, |batch| &batch.operation);
        let endpoint = self
            .schema
            .endpoints
            .get(operation.name())
            .ok_or_else(|| mistake(format!("{} is not exposed", operation.name())))?
            .clone();
        let parent = match object.of {
            ObjectOf::Message(shape) | ObjectOf::Member(shape, _) => shape,
            ObjectOf::Root => NO_MESSAGE,
        };
        let size = cost::Size::of(asked);
        let (shown, below) = self.shown(known, call, field, Some(&size))?;
        let mut parts = self.parts(known, call, asked, parent)?;
        let (mask, start) = match &call.batch {
            None => (call.mask, operation.output),
            Some(batch) => (batch.mask, self.schema.below(operation.output, &batch.items)),
        };
        if let Some(mask) = mask {
            // Items are dealt out by their keys.
            let key = call.batch.as_ref().map_or(&[][..], |batch| &batch.by);
            let shown = mask::Shown { start, shown: &shown, nodes: &self.nodes, key };
            let bytes = mask::write(&self.schema.shapes, operation.input, mask, &shown);
            parts.extend(bytes.map(Part::Bytes));
        }
        let batch = call.batch.as_ref().map(|batch| BatchNode {
            parent_shape: parent,
            parent: batch.parent.clone(),
            key: batch.key.clone(),
            items: batch.items.clone(),
            by: batch.by.clone(),
            deal: self.deal(known, batch),
        });
        let mut cost = Cost { fixed: cost::CALL, ..Cost::default() };
        cost.add(below);
        let list = known.ty.list.is_some();
        Ok((CallNode { endpoint, parts, batch, shown, list, nodes: Vec::new() }, cost))
    }

    /// What a parent gets of the items with its key.
    fn deal(&self, known: &Field, batch: &model::Batch) -> Deal {
        let Some(items) = known.ty.list else { return Deal::First };
        let item = self.schema.below(batch.operation.output, &batch.items);
        let in_lists = batch.value.split_last().is_some_and(|(last, path)| {
            let holder = self.schema.shapes.get(self.schema.below(item, path));
            holder.fields.get(*last).is_some_and(|field| field.is_repeated())
        });
        match in_lists {
            true => Deal::Joined,
            false => Deal::Each { items_non_null: items.non_null },
        }
    }

    /// What is written of a call's reply, or of one item of a batch's.
    fn shown(
        &mut self,
        known: &Field,
        call: &model::Call,
        field: &Merged<'a>,
        size: Option<&cost::Size>,
    ) -> Result<(Shown, Cost), Mistake> {
        let (output, select) = match &call.batch {
            None => (call.operation.output, &call.select),
            Some(batch) => (self.schema.below(batch.operation.output, &batch.items), &batch.value),
        };
        let Some((last, path)) = select.split_last() else {
            return Ok(match known.ty.named {
                Named::Object(id) => {
                    // A list here is one of a batch's items.
                    let inner = if known.ty.list.is_some() { None } else { size };
                    let (selection, cost) = self.selection(id, field, inner)?;
                    (Shown::Object(selection), cost::of_list(known, cost, size))
                }
                _ if self.schema.shapes.get(output).well_known.is_none() => {
                    (Shown::True, Cost::default())
                }
                _ => (Shown::Leaf(output), Cost::default()),
            });
        };
        let shape = self.schema.below(output, path);
        let (value, inner) = self.value(known, field, size)?;
        let items_non_null = known.ty.list.is_some_and(|items| items.non_null);
        let source = Source::Field { index: *last, value, items_non_null };
        let selected = Selected::new(field.name.clone(), known.ty.non_null, source);
        let selection = Selection::new(&self.schema.shapes, shape, vec![selected]);
        let cost = cost::of_list(known, inner, size);
        Ok((Shown::Field { path: path.to_vec(), selection }, cost))
    }
}
