//! Which operations are fields of which root, and what those fields are called.

use std::collections::{HashMap, HashSet};

use super::reach::Forms;
use crate::contract::graphql::names::{
    Taken, capitalized, is_name, lower_camel, settle, upper_camel,
};
use crate::contract::graphql::{EMPTY, Exposed, Note, Root, Wish};
use crate::contract::shape::{Cardinality, Kind, ShapeId, WellKnown};
use crate::contract::{Idempotency, Operation, Streaming};

/// The field of one operation.
pub struct RootField {
    /// The operation's place among the exposed.
    pub exposed: usize,
    /// Where it stands; `None` where it is hidden.
    pub root: Option<Root>,
    /// Its name.
    pub name: String,
    /// The request's field that is told what was selected.
    pub mask: Option<usize>,
}

/// The field of each operation that can have one.
pub fn choose(forms: &Forms<'_>, exposed: &[Exposed], notes: &mut Vec<Note>) -> Vec<RootField> {
    let mut fields = Vec::new();
    for (index, one) in exposed.iter().enumerate() {
        let Some(root) = root(index, one, notes) else { continue };
        let mask = mask(forms, index, one, notes);
        let root = (!one.wishes.hidden).then_some(root);
        fields.push(RootField { exposed: index, root, name: String::new(), mask });
    }
    name(&mut fields, exposed, notes);
    fields
}

fn root(index: usize, one: &Exposed, notes: &mut Vec<Note>) -> Option<Root> {
    let operation = &one.operation;
    let wish = one.wishes.root;
    let mut unheard = |message: String| {
        notes.push(Note::Unheard { exposed: index, wish: Wish::Root, message });
    };
    if operation.streaming.client() {
        let message =
            format!("{} has no GraphQL field: its client sends a stream", operation.name());
        match wish {
            Some(_) => unheard(message),
            None if one.wishes.hidden => {}
            None => notes.push(Note::NoField { exposed: index, message }),
        }
        return None;
    }
    let usual = usual(operation, one.has_get);
    match (operation.streaming, wish) {
        (Streaming::Server, Some(root)) if root != Root::Subscription => {
            unheard(format!("{} answers with a stream: it is a subscription", operation.name()));
            Some(usual)
        }
        (Streaming::Unary, Some(Root::Subscription)) => {
            unheard(format!("{} answers once: it is no subscription", operation.name()));
            Some(usual)
        }
        (_, wish) => Some(wish.unwrap_or(usual)),
    }
}

fn usual(operation: &Operation, has_get: bool) -> Root {
    match operation.streaming {
        Streaming::Server => Root::Subscription,
        _ if operation.idempotency == Idempotency::NoSideEffects || has_get => Root::Query,
        _ => Root::Mutation,
    }
}

/// The field named `read_mask`, or as the config says.
fn mask(forms: &Forms<'_>, index: usize, one: &Exposed, notes: &mut Vec<Note>) -> Option<usize> {
    let input = one.operation.input;
    match &one.wishes.read_mask {
        None => mask_named(forms, input, "read_mask"),
        Some(name) => {
            let found = mask_named(forms, input, name);
            if found.is_none() {
                let input_name = &one.operation.input_name;
                let message =
                    format!("{input_name} has no single google.protobuf.FieldMask named {name}");
                notes.push(Note::Unheard { exposed: index, wish: Wish::ReadMask, message });
            }
            found
        }
    }
}

fn mask_named(forms: &Forms<'_>, id: ShapeId, name: &str) -> Option<usize> {
    let shape = forms.shape(id);
    let index = shape.fields.iter().position(|field| &*field.name == name)?;
    let field = shape.fields.get(index)?;
    let is_mask = matches!(field.kind, Kind::Message(id)
        if forms.shape(id).well_known == Some(WellKnown::FieldMask));
    let is_alone = field.cardinality == Cardinality::Singular && field.oneof().is_none();
    (is_mask && is_alone).then_some(index)
}

/// Names all fields: as the config says, else by the method's name, with the service's and the
/// package's before it only where two would have one name, whichever roots they stand in.
fn name(fields: &mut [RootField], exposed: &[Exposed], notes: &mut Vec<Note>) {
    let mut wished: HashMap<(Root, &str), &str> = HashMap::new();
    let mut taken: HashMap<Root, Taken> = HashMap::new();
    let mut open = Vec::new();
    for field in fields {
        let Some(one) = exposed.get(field.exposed) else { continue };
        let Some(root) = field.root else { continue };
        let operation = one.operation.name();
        let message = match &one.wishes.field {
            None => None,
            Some(name) if !is_name(name) || OWN_FIELDS.contains(&&**name) => {
                Some(format!("{name:?} is no name of a field"))
            }
            Some(name) => match wished.get(&(root, name.as_str())) {
                Some(other) => {
                    let root = root.type_name();
                    Some(format!("{other} is the field {name} of {root} already"))
                }
                None => {
                    wished.insert((root, name), operation);
                    field.name = taken.entry(root).or_default().claim([name.clone()]);
                    continue;
                }
            },
        };
        if let Some(message) = message {
            notes.push(Note::Unheard { exposed: field.exposed, wish: Wish::Field, message });
        }
        open.push((field, root, &one.operation));
    }
    let levels = open.iter().map(|(_, _, operation)| {
        names(operation).into_iter().map(|name| vec![name]).collect::<Vec<_>>()
    });
    let levels: Vec<_> = levels.collect();
    let wished: HashSet<&str> = wished.into_keys().map(|(_, name)| name).collect();
    let chosen = settle(&levels, |name| wished.contains(name));
    for ((field, root, operation), level) in open.into_iter().zip(chosen) {
        let names = names(operation);
        let wanted = names.get(level).cloned().unwrap_or_default();
        field.name = taken.entry(root).or_default().claim([wanted]);
        if field.name != names[0] {
            notes.push(Note::Renamed(format!(
                "{} is the GraphQL field {}, as {} is another operation's, too",
                operation.name(),
                field.name,
                names[0],
            )));
        }
    }
}

/// Fields of roots that are not the contract's to define.
const OWN_FIELDS: [&str; 3] = [EMPTY, "_service", "_entities"];

/// The names that an operation's field may have, the shortest first.
fn names(operation: &Operation) -> [String; 3] {
    let (package, service) = operation.service.rsplit_once('.').unwrap_or(("", &operation.service));
    let method = capitalized(&upper_camel(&operation.method));
    let whole = format!("{}_{service}", package.replace('.', "_"));
    [
        lower_camel(&operation.method),
        format!("{}{method}", lower_camel(service)),
        format!("{}{method}", lower_camel(&whole)),
    ]
}
