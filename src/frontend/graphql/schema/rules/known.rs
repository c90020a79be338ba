//! What the rules ask of a model, by name.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::OperationType;

use crate::contract::graphql::{Argument, InputId, Model, Named, ObjectId, TypeRef};

/// The parts of a model that documents name.
#[derive(Debug, Default)]
pub struct Known {
    roots: HashMap<&'static str, Box<str>>,
    /// Fields of objects by the object's name; those of unions are none.
    fields: HashMap<Box<str>, HashMap<Box<str>, Field>>,
    inputs: Vec<Input>,
    names: HashMap<Named, Box<str>>,
    unions: HashSet<Box<str>>,
}

/// A field.
#[derive(Debug)]
pub struct Field {
    /// Its type.
    pub ty: TypeRef,
    /// Its arguments.
    pub arguments: HashMap<Box<str>, Place>,
}

/// A place that takes a value.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Of this type.
    pub ty: TypeRef,
    /// Whether there is another value where none is given.
    pub has_default: bool,
}

/// An input object.
#[derive(Debug)]
pub struct Input {
    /// Its fields.
    pub fields: HashMap<Box<str>, Place>,
    /// Whether exactly one of them is given.
    pub one_of: bool,
}

impl Known {
    /// Of a model.
    pub fn of(model: &Model) -> Self {
        let mut known = Self::default();
        let roots = [
            ("query", model.query),
            ("mutation", model.mutation),
            ("subscription", model.subscription),
        ];
        for (kind, root) in roots {
            if let Some(object) = root.and_then(|id| model.object(id)) {
                known.roots.insert(kind, object.name.as_str().into());
            }
        }
        for (at, object) in model.objects.iter().enumerate() {
            known.names.insert(Named::Object(ObjectId(at)), object.name.as_str().into());
            let fields = object.fields.iter().map(|field| {
                let arguments = places(field.arguments.iter());
                (field.name.as_str().into(), Field { ty: field.ty, arguments })
            });
            known.fields.insert(object.name.as_str().into(), fields.collect());
        }
        for union in &model.unions {
            known.fields.insert(union.name.as_str().into(), HashMap::new());
            known.unions.insert(union.name.as_str().into());
        }
        for (name, named) in &model.names {
            known.names.insert(*named, name.as_str().into());
        }
        known.inputs = model
            .inputs
            .iter()
            .map(|input| Input {
                fields: places(input.fields.iter().map(|(argument, _)| argument)),
                one_of: input.one_of,
            })
            .collect();
        known
    }

    /// The name of the object that operations of that kind start at.
    pub fn root(&self, kind: OperationType) -> Option<&str> {
        let kind = match kind {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        };
        self.roots.get(kind).map(|name| &**name)
    }

    /// A field of a type; `None` of those that are not the model's.
    pub fn field(&self, parent: Option<&str>, name: &str) -> Option<&Field> {
        self.fields.get(parent?)?.get(name)
    }

    /// The type of that name, if fields are asked of it.
    pub fn composite(&self, name: &str) -> Option<&str> {
        self.fields.get_key_value(name).map(|(name, _)| &**name)
    }

    /// Whether the type of that name is a union.
    pub fn is_union(&self, name: &str) -> bool {
        self.unions.contains(name)
    }

    /// An input object.
    pub fn input(&self, InputId(at): InputId) -> Option<&Input> {
        self.inputs.get(at)
    }

    /// A type's name.
    pub fn name(&self, named: Named) -> &str {
        match named {
            Named::Scalar(scalar) => scalar.name(),
            named => self.names.get(&named).map_or("", |name| &**name),
        }
    }

    /// A type as it is written.
    pub fn print(&self, ty: &TypeRef) -> String {
        let mark = |non_null: bool| if non_null { "!" } else { "" };
        let name = self.name(ty.named);
        match ty.list {
            Some(items) => format!("[{name}{}]{}", mark(items.non_null), mark(ty.non_null)),
            None => format!("{name}{}", mark(ty.non_null)),
        }
    }
}

fn places<'a>(arguments: impl Iterator<Item = &'a Argument>) -> HashMap<Box<str>, Place> {
    let place =
        |argument: &Argument| Place { ty: argument.ty, has_default: argument.default.is_some() };
    arguments.map(|argument| (argument.name.as_str().into(), place(argument))).collect()
}
