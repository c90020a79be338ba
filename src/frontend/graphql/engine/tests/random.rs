//! Random valid queries.

use std::collections::HashSet;
use std::fmt::Write as _;

use async_graphql::Variables;
use fastrand::Rng;

use crate::contract::graphql::{Argument, Model, Named, ObjectId, Scalar, Source, TypeRef};

/// A document and the values of its variables.
pub struct Asked {
    pub document: String,
    pub variables: Variables,
}

/// A random query of the model.
pub fn query(model: &Model, seed: u64) -> Asked {
    let mut random = Random {
        model,
        rng: Rng::with_seed(seed),
        next: 0,
        declared: Vec::new(),
        values: serde_json::Map::new(),
        fragments: Vec::new(),
        budget: 60,
    };
    let mut body = String::new();
    let root = model.query.unwrap();
    random.object(root, 4, &mut HashSet::new(), &mut body);
    let variables = match random.declared.is_empty() {
        true => String::new(),
        false => format!("({})", random.declared.join(" ")),
    };
    let document = format!("query Q{variables} {body}\n{}", random.fragments.join("\n"));
    let variables = Variables::from_json(serde_json::Value::Object(random.values));
    Asked { document, variables }
}

struct Random<'m> {
    model: &'m Model,
    rng: Rng,
    next: usize,
    declared: Vec<String>,
    values: serde_json::Map<String, serde_json::Value>,
    fragments: Vec<String>,
    budget: usize,
}

impl Random<'_> {
    fn fresh(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("{prefix}{}", self.next)
    }

    fn object(&mut self, id: ObjectId, depth: usize, used: &mut HashSet<String>, out: &mut String) {
        out.push('{');
        let object = &self.model.objects[id.0];
        let mut any = false;
        for _ in 0..self.rng.usize(1..5) {
            if self.rng.u8(..12) == 0 {
                let name = self.fresh("t");
                // async-graphql does not see a variable in a condition of this one.
                let _ = write!(out, " {name}: __typename");
                any = true;
                continue;
            }
            if self.rng.u8(..8) == 0 && depth > 0 {
                let mut inner = String::new();
                self.object(id, depth - 1, used, &mut inner);
                if self.rng.bool() {
                    let _ = write!(out, " ... on {}{} {inner}", object.name, self.condition());
                } else {
                    let name = self.fresh("F");
                    self.fragments.push(format!("fragment {name} on {} {inner}", object.name));
                    let _ = write!(out, " ...{name}{}", self.condition());
                }
                any = true;
                continue;
            }
            any |= self.field(id, depth, used, out);
        }
        if !any {
            let name = self.fresh("t");
            let _ = write!(out, " {name}: __typename");
        }
        out.push('}');
    }

    fn field(
        &mut self,
        id: ObjectId,
        depth: usize,
        used: &mut HashSet<String>,
        out: &mut String,
    ) -> bool {
        let object = &self.model.objects[id.0];
        if object.fields.is_empty() || self.budget == 0 {
            return false;
        }
        let field = &object.fields[self.rng.usize(..object.fields.len())];
        let composite = matches!(field.ty.named, Named::Object(_) | Named::Union(_));
        if composite && depth == 0 {
            return false;
        }
        self.budget -= 1;
        let plain = !used.contains(&field.name) && self.rng.u8(..3) > 0;
        if plain {
            used.insert(field.name.clone());
            let _ = write!(out, " {}", field.name);
        } else {
            let alias = self.fresh("a");
            let _ = write!(out, " {alias}: {}", field.name);
        }
        self.arguments(&field.arguments, matches!(field.source, Source::Call(_)), out);
        out.push_str(&self.condition());
        match field.ty.named {
            Named::Object(id) => self.object(id, depth - 1, &mut HashSet::new(), out),
            Named::Union(id) => {
                out.push('{');
                let mut used = HashSet::new();
                let name = self.fresh("t");
                let _ = write!(out, " {name}: __typename");
                for (_, member) in &self.model.unions[id.0].members {
                    if self.rng.bool() {
                        let _ = write!(out, " ... on {} ", self.model.objects[member.0].name);
                        self.object(*member, depth - 1, &mut used, out);
                    }
                }
                out.push('}');
            }
            _ => {}
        }
        true
    }

    fn arguments(&mut self, arguments: &[Argument], always: bool, out: &mut String) {
        let mut given = Vec::new();
        for argument in arguments {
            let needed = argument.ty.non_null && argument.default.is_none();
            let wanted = needed || (always && self.rng.u8(..3) == 0);
            if !wanted {
                continue;
            }
            let value = self.value(&argument.ty, 2);
            if self.rng.bool() {
                let name = self.fresh("v");
                self.declared.push(format!("${name}: {}", self.model.written(&argument.ty)));
                self.values.insert(name.clone(), value);
                given.push(format!("{}: ${name}", argument.name));
            } else {
                let text = self.literal(&argument.ty, &value);
                given.push(format!("{}: {text}", argument.name));
            }
        }
        if !given.is_empty() {
            let _ = write!(out, "({})", given.join(", "));
        }
    }

    fn condition(&mut self) -> String {
        match self.rng.u8(..16) {
            0 => " @include(if: true)".to_owned(),
            1 => " @skip(if: false)".to_owned(),
            2 => {
                let (name, told) = (self.fresh("c"), self.rng.bool());
                self.declared.push(format!("${name}: Boolean!"));
                self.values.insert(name.clone(), told.into());
                let directive = if self.rng.bool() { "include" } else { "skip" };
                format!(" @{directive}(if: ${name})")
            }
            _ => String::new(),
        }
    }

    /// A value as JSON has it.
    fn value(&mut self, ty: &TypeRef, depth: usize) -> serde_json::Value {
        if ty.list.is_some() {
            let item = TypeRef { list: None, non_null: true, ..*ty };
            // Few, since entries of maps must differ.
            let count = self.rng.usize(..2);
            return (0..count).map(|_| self.value(&item, depth)).collect();
        }
        match ty.named {
            Named::Scalar(scalar) => match scalar {
                Scalar::Int | Scalar::UInt32 => self.rng.u8(..).into(),
                Scalar::Float => 1.5.into(),
                Scalar::String | Scalar::Id => format!("s{}", self.rng.u8(..9)).into(),
                Scalar::Boolean => self.rng.bool().into(),
                Scalar::Int64 | Scalar::UInt64 => self.rng.u32(..).to_string().into(),
                Scalar::Bytes => "YWJj".into(),
                Scalar::DateTime => "2026-01-02T03:04:05Z".into(),
                Scalar::Duration => "1.5s".into(),
                Scalar::Json => serde_json::json!({"a": 1}),
            },
            Named::Enum(id) => {
                let values = &self.model.enums[id.0].values;
                values[self.rng.usize(..values.len())].name.clone().into()
            }
            Named::Input(id) => {
                let input = &self.model.inputs[id.0];
                let mut object = serde_json::Map::new();
                let only = self.rng.usize(..input.fields.len());
                for (index, (field, _)) in input.fields.iter().enumerate() {
                    let is_input = matches!(field.ty.named, Named::Input(_));
                    let wanted = match input.one_of {
                        true => index == only,
                        false => {
                            field.ty.non_null || (self.rng.u8(..3) == 0 && (depth > 0 || !is_input))
                        }
                    };
                    if wanted {
                        let value = self.value(&field.ty, depth.saturating_sub(1));
                        object.insert(field.name.clone(), value);
                    }
                }
                object.into()
            }
            Named::Object(_) | Named::Union(_) => panic!("no input type"),
        }
    }

    /// The same as GraphQL writes it: enums and names without quotes.
    fn literal(&self, ty: &TypeRef, value: &serde_json::Value) -> String {
        use serde_json::Value;
        match (ty.named, value) {
            (_, Value::Array(items)) if ty.list.is_some() => {
                let item = TypeRef { list: None, ..*ty };
                let items: Vec<_> = items.iter().map(|value| self.literal(&item, value)).collect();
                format!("[{}]", items.join(", "))
            }
            (Named::Enum(_), Value::String(name)) => name.clone(),
            (Named::Input(id), Value::Object(fields)) => {
                let of = |name: &str| {
                    let mut known = self.model.inputs[id.0].fields.iter();
                    known.find(|(field, _)| field.name == name).unwrap().0.ty
                };
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, value)| format!("{name}: {}", self.literal(&of(name), value)))
                    .collect();
                format!("{{{}}}", fields.join(", "))
            }
            (Named::Scalar(Scalar::Json), Value::Object(_)) => "{a: 1}".to_owned(),
            (_, value) => value.to_string(),
        }
    }
}
