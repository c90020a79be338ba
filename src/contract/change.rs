//! What changed between two contracts, seen by those who call.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use prost_reflect::{Cardinality, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};

use super::Contract;
use super::operation::{Operation, Streaming};

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The operation is gone.
    OperationLost(String),
    /// The operation is new.
    OperationGained(String),
    /// Other sides of the operation are streams: before and now.
    StreamingChanged(String, Streaming, Streaming),
    /// The operation takes or gives another message: which side, before and now.
    MessageChanged(String, Side, String, String),
    /// The operation's HTTP rules are others.
    RulesChanged(String),
    /// The message has no field of that number any more.
    FieldLost(String),
    /// The message has a new field; whether it must be set.
    FieldGained(String, bool),
    /// The field has another name: before and now.
    FieldRenamed(String, String),
    /// The field has another type or cardinality: before and now.
    FieldChanged(String, String, String),
    /// The enum has no value of that name any more.
    ValueLost(String),
    /// The enum's value has another number: before and now.
    ValueChanged(String, i32, i32),
}

/// A side of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The request messages.
    Request,
    /// The reply messages.
    Reply,
}

impl Change {
    /// Whether something that worked before may fail now.
    pub fn is_breaking(&self) -> bool {
        match self {
            Self::OperationGained(_) | Self::FieldGained(_, false) => false,
            Self::OperationLost(_)
            | Self::StreamingChanged(..)
            | Self::MessageChanged(..)
            | Self::RulesChanged(_)
            | Self::FieldLost(_)
            | Self::FieldGained(_, true)
            | Self::FieldRenamed(..)
            | Self::FieldChanged(..)
            | Self::ValueLost(_)
            | Self::ValueChanged(..) => true,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OperationLost(name) => write!(f, "operation {name} is gone"),
            Self::OperationGained(name) => write!(f, "operation {name} is new"),
            Self::StreamingChanged(name, old, new) => {
                write!(f, "operation {name} was {} and is {}", old.name(), new.name())
            }
            Self::MessageChanged(name, Side::Request, old, new) => {
                write!(f, "operation {name} took {old} and takes {new}")
            }
            Self::MessageChanged(name, Side::Reply, old, new) => {
                write!(f, "operation {name} returned {old} and returns {new}")
            }
            Self::RulesChanged(name) => write!(f, "operation {name} has other HTTP rules"),
            Self::FieldLost(name) => write!(f, "field {name} is gone"),
            Self::FieldGained(name, false) => write!(f, "field {name} is new"),
            Self::FieldGained(name, true) => write!(f, "field {name} is new and required"),
            Self::FieldRenamed(old, new) => write!(f, "field {old} is named {new}"),
            Self::FieldChanged(name, old, new) => write!(f, "field {name} was {old} and is {new}"),
            Self::ValueLost(name) => write!(f, "enum value {name} is gone"),
            Self::ValueChanged(name, old, new) => {
                write!(f, "enum value {name} was {old} and is {new}")
            }
        }
    }
}

/// Everything that is different in `new` for callers of `old`, in a stable order. Messages count
/// where an operation that is in both takes or gives them.
pub fn changes(old: &Contract, new: &Contract) -> Vec<Change> {
    let mut comparison = Comparison::default();
    for (name, before) in old.operations() {
        match new.operation(name) {
            None => comparison.add(Change::OperationLost(name.to_string())),
            Some(now) => {
                comparison.operation(before, now);
                for message in [&before.input_name, &before.output_name] {
                    comparison.message(
                        old.pool().get_message_by_name(message),
                        new.pool().get_message_by_name(message),
                    );
                }
            }
        }
    }
    for name in new.operations().keys().filter(|name| old.operation(name).is_none()) {
        comparison.add(Change::OperationGained(name.to_string()));
    }
    comparison.changes.into_iter().collect()
}

#[derive(Debug, Default)]
struct Comparison {
    changes: BTreeSet<Change>,
    /// Messages and enums that were compared.
    seen: BTreeSet<String>,
}

impl Comparison {
    fn add(&mut self, change: Change) {
        self.changes.insert(change);
    }

    fn operation(&mut self, old: &Operation, new: &Operation) {
        let name = || old.name().to_owned();
        if old.streaming != new.streaming {
            self.add(Change::StreamingChanged(name(), old.streaming, new.streaming));
        }
        for (side, old, new) in [
            (Side::Request, &old.input_name, &new.input_name),
            (Side::Reply, &old.output_name, &new.output_name),
        ] {
            if old != new {
                self.add(Change::MessageChanged(name(), side, old.to_string(), new.to_string()));
            }
        }
        if old.http != new.http {
            self.add(Change::RulesChanged(name()));
        }
    }

    /// Compares two messages of one name and all that they are made of. Works off a list: messages
    /// may nest as deep as their author likes.
    fn message(&mut self, old: Option<MessageDescriptor>, new: Option<MessageDescriptor>) {
        let mut work: Vec<_> = old.zip(new).into_iter().collect();
        while let Some((old, new)) = work.pop() {
            if !self.seen.insert(old.full_name().to_owned()) {
                continue;
            }
            let mut fields: BTreeMap<u32, _> =
                new.fields().map(|field| (field.number(), field)).collect();
            for before in old.fields() {
                let Some(now) = fields.remove(&before.number()) else {
                    self.add(Change::FieldLost(before.full_name().to_owned()));
                    continue;
                };
                // A map's entry is no message of its own: the map itself tells.
                if !old.is_map_entry() {
                    self.field(&before, &now);
                }
                match (before.kind(), now.kind()) {
                    (Kind::Message(old), Kind::Message(new))
                        if old.full_name() == new.full_name() =>
                    {
                        work.push((old, new));
                    }
                    (Kind::Enum(old), Kind::Enum(new)) if old.full_name() == new.full_name() => {
                        self.values(&old, &new);
                    }
                    _ => {}
                }
            }
            for gained in fields.values() {
                let required = gained.cardinality() == Cardinality::Required;
                self.add(Change::FieldGained(gained.full_name().to_owned(), required));
            }
        }
    }

    fn field(&mut self, old: &FieldDescriptor, new: &FieldDescriptor) {
        if (old.name(), old.json_name()) != (new.name(), new.json_name()) {
            let name = |field: &FieldDescriptor| {
                let derived = super::raw::json_name(field.name());
                if field.json_name() == derived {
                    field.name().to_owned()
                } else {
                    format!("{} ({} in JSON)", field.name(), field.json_name())
                }
            };
            let before = format!("{}.{}", old.parent_message().full_name(), name(old));
            self.add(Change::FieldRenamed(before, name(new)));
        }
        let (before, now) = (describe(old), describe(new));
        if before != now {
            self.add(Change::FieldChanged(old.full_name().to_owned(), before, now));
        }
    }

    fn values(&mut self, old: &EnumDescriptor, new: &EnumDescriptor) {
        if !self.seen.insert(old.full_name().to_owned()) {
            return;
        }
        for before in old.values() {
            let name = || format!("{}.{}", old.full_name(), before.name());
            match new.get_value_by_name(before.name()) {
                None => self.add(Change::ValueLost(name())),
                Some(now) if now.number() != before.number() => {
                    self.add(Change::ValueChanged(name(), before.number(), now.number()));
                }
                Some(_) => {}
            }
        }
    }
}

/// Cardinality and type in the words of the language.
fn describe(field: &FieldDescriptor) -> String {
    let kind = field.kind();
    let cardinality = match field.cardinality() {
        Cardinality::Optional => "",
        Cardinality::Required => "required ",
        Cardinality::Repeated => "repeated ",
    };
    match (field.is_map(), &kind) {
        (true, Kind::Message(entry)) => {
            let part = |number| entry.get_field(number).map(|field| format!("{:?}", field.kind()));
            let (key, value) = (part(1).unwrap_or_default(), part(2).unwrap_or_default());
            format!("map of {key} to {value}")
        }
        _ => format!("{cardinality}{kind:?}"),
    }
}
