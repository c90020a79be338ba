//! Finds the entities that other subgraphs ask for.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql_value::ConstValue;
use bytes::Bytes;
use futures_util::future::join_all;

use super::plan::{Entities, Entity};
use super::request;
use super::run::{Joined, Level, Run, Slot};
use crate::call::{CallError, Code};

impl Run<'_> {
    /// What each representation stands for: each different one is asked for once.
    pub(super) async fn entities(&self, entities: &Entities) -> Joined {
        let given = request::substitute(&entities.representations, self.variables);
        let representations = match given {
            Some(ConstValue::List(items)) => items,
            Some(one @ ConstValue::Object(_)) => vec![one],
            _ => Vec::new(),
        };
        let mut requests: Vec<Vec<Bytes>> = entities.types.iter().map(|_| Vec::new()).collect();
        let mut known: HashMap<(usize, Bytes), usize> = HashMap::new();
        let mut slots = Vec::with_capacity(representations.len());
        for representation in &representations {
            let slot = match self.representation(entities, representation) {
                Err(message) => {
                    let error = CallError::client(Code::InvalidArgument, message);
                    (usize::MAX, Slot::Failed(Arc::new(error)))
                }
                Ok((of, request)) => {
                    let index = *known.entry((of, request.clone())).or_insert_with(|| {
                        let requests = requests.get_mut(of);
                        requests.map_or(0, |requests| {
                            requests.push(request);
                            requests.len() - 1
                        })
                    });
                    (of, Slot::Reply(index))
                }
            };
            slots.push(slot);
        }
        let types = entities.types.iter().zip(requests);
        let levels = join_all(types.map(|(entity, requests)| self.found(entity, requests))).await;
        Joined::Entities { slots, levels }
    }

    async fn found(&self, entity: &Entity, requests: Vec<Bytes>) -> Level {
        let replies = self.ask(&entity.call.endpoint, requests).await;
        self.level(&entity.call, replies).await
    }

    /// Which type a representation is of, and the request that finds it.
    fn representation(
        &self,
        entities: &Entities,
        representation: &ConstValue,
    ) -> Result<(usize, Bytes), String> {
        let ConstValue::Object(fields) = representation else {
            return Err("a representation is an object".to_owned());
        };
        let Some(ConstValue::String(name)) = fields.get("__typename") else {
            return Err("a representation has a __typename".to_owned());
        };
        let of = entities.types.iter().position(|entity| entity.name == *name);
        let (of, entity) = of
            .and_then(|of| Some((of, entities.types.get(of)?)))
            .ok_or_else(|| format!("{name} is no entity here"))?;
        let mut request = Vec::new();
        for (key, ty, target) in &entity.key {
            let value = fields.get(key.as_str()).unwrap_or(&ConstValue::Null);
            if *value == ConstValue::Null {
                return Err(format!("the representation of a {name} has no {key}"));
            }
            let input = entity.call.endpoint.operation.input;
            request::write_value(self.schema, input, (key, ty), target, value, &mut request)?;
        }
        Ok((of, Bytes::from(request)))
    }
}
