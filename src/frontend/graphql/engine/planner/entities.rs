//! Entities of a federated graph (<https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec>):
//! objects that another subgraph names by a key, found by the query that takes that key.

use async_graphql::Positioned;
use async_graphql::parser::types::Field as Asked;
use async_graphql_value::Value;

use super::{Cost, Merged, Mistake, Planner, Schema, cost};
use crate::codec::selection::{Selected, Source};
use crate::contract::graphql::{self as model, Field, Named, Object, ObjectId};
use crate::frontend::graphql::engine::plan::{CallNode, Entities, Entity, Node};

impl Schema {
    /// Objects that have keys, none of which a query takes: nobody can find them.
    pub fn lost_entities(&self) -> Vec<&str> {
        let objects = self.model.objects.iter().enumerate();
        let lost = objects.filter(|(index, object)| {
            !object.keys.is_empty() && self.lookup(ObjectId(*index), object).is_none()
        });
        lost.map(|(_, object)| object.name.as_str()).collect()
    }

    /// The query that finds an object by one of its keys, and the fields of that key.
    fn lookup<'s>(&'s self, id: ObjectId, object: &'s Object) -> Option<(&'s Field, Vec<&'s str>)> {
        let query = self.object(self.model.query?)?;
        // Keys that lead into other objects are not looked up.
        let keys = object.keys.iter().filter(|key| !key.contains('{'));
        let mut keys = keys.map(|key| key.split_whitespace().collect::<Vec<_>>());
        keys.find_map(|key| {
            let finds = |field: &&Field| {
                let is_one = field.ty.named == Named::Object(id) && field.ty.list.is_none();
                let takes =
                    |name: &&str| field.arguments.iter().any(|argument| argument.name == **name);
                let needs_more = field.arguments.iter().any(|argument| {
                    argument.ty.non_null
                        && argument.default.is_none()
                        && !key.contains(&argument.name.as_str())
                });
                is_one && key.iter().all(takes) && !needs_more
            };
            query.fields.iter().find(finds).map(|field| (field, key.clone()))
        })
    }
}

impl<'a> Planner<'a> {
    /// `_entities(representations:)`.
    pub(super) fn entities(
        &mut self,
        field: &Merged<'a>,
        asked: &'a Positioned<Asked>,
    ) -> Result<(Selected, Cost), Mistake> {
        let representations = asked
            .node
            .get_argument("representations")
            .map_or(Value::Null, |value| value.node.clone());
        let mut types = Vec::new();
        let mut most = Cost::default();
        let schema = self.schema;
        for (index, object) in schema.model.objects.iter().enumerate() {
            let id = ObjectId(index);
            let Some((lookup, key)) =
                (!object.keys.is_empty()).then(|| schema.lookup(id, object)).flatten()
            else {
                continue;
            };
            let model::Source::Call(call) = &lookup.source else { continue };
            let Some(endpoint) = schema.endpoints.get(call.operation.name()) else { continue };
            let outer = std::mem::take(&mut self.nodes);
            let shown = self.shown(lookup, call, field, Some(&cost::Size::Usual));
            let nodes = std::mem::replace(&mut self.nodes, outer);
            let (shown, cost) = shown?;
            let binding = |name: &&str| {
                let index = lookup.arguments.iter().position(|known| known.name == *name)?;
                let bound = call.bindings.iter().find(|binding| {
                    matches!(binding.value, model::Value::Argument(bound) if bound == index)
                })?;
                let argument = lookup.arguments.get(index)?;
                Some(((*name).to_owned(), argument.ty, bound.target.clone()))
            };
            let key = key.iter().filter_map(binding).collect();
            let call = CallNode {
                endpoint: endpoint.clone(),
                parts: Vec::new(),
                batch: None,
                shown,
                list: false,
                nodes,
            };
            types.push(Entity { name: object.name.clone(), call, key });
            if cost.with(self.variables) > most.with(self.variables) {
                most = cost;
            }
        }
        most.fixed = most.fixed.saturating_add(cost::CALL);
        let each = cost::given(&representations, self.variables);
        self.nodes.push(Node::Entities(Box::new(Entities { representations, types })));
        let source = Source::Hole(self.nodes.len() - 1);
        Ok((Selected::new(field.name.clone(), true, source), most.times(each)))
    }
}
