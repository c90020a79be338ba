//! One tag a service.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Binding;
use crate::contract::described::Described;

/// The services that have a binding, with what is said of them.
pub fn of(described: &Described<'_>, bindings: &[Binding]) -> Vec<Value> {
    let services: BTreeSet<&str> =
        bindings.iter().map(|binding| &*binding.operation.service).collect();
    let tag = |name: &str| {
        let mut tag = Map::new();
        tag.insert("name".into(), name.into());
        let about = described.service(name).map_or_else(|| format!("`{name}`"), str::to_owned);
        tag.insert("description".into(), about.into());
        Value::from(tag)
    };
    services.into_iter().map(tag).collect()
}
