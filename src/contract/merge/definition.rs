//! Top-level definitions of files, and whether two of one name are the same.

use crate::contract::compare::{Comparison, Difference};
use crate::contract::edition::Resolved;
use crate::contract::raw;

/// A top-level definition, by its place in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Definition {
    Message(usize),
    Enum(usize),
    Service(usize),
    Extension(usize),
}

impl Definition {
    fn word(self) -> &'static str {
        match self {
            Self::Message(_) => "a message",
            Self::Enum(_) => "an enum",
            Self::Service(_) => "a service",
            Self::Extension(_) => "an extension",
        }
    }
}

/// The top-level definitions of a file with their full names.
pub fn definitions(file: &raw::File) -> Vec<(String, Definition)> {
    let mut all = Vec::new();
    let mut add = |name: &str, definition| all.push((file.full_name(name), definition));
    for (i, message) in file.message_type.iter().enumerate() {
        add(message.name(), Definition::Message(i));
    }
    for (i, definition) in file.enum_type.iter().enumerate() {
        add(definition.name(), Definition::Enum(i));
    }
    for (i, service) in file.service.iter().enumerate() {
        add(service.name(), Definition::Service(i));
    }
    for (i, extension) in file.extension.iter().enumerate() {
        add(extension.name(), Definition::Extension(i));
    }
    all
}

/// A definition of a file, and the defaults of the file.
pub type Standing<'a> = (&'a raw::File, Resolved, Definition);

/// Compares two definitions that both have the full name `name`.
pub fn compare(
    comparison: Comparison,
    name: &str,
    (a, a_defaults, a_definition): Standing,
    (b, b_defaults, b_definition): Standing,
) -> Result<(), Difference> {
    use Definition::{Enum, Extension, Message, Service};

    let (a_scope, b_scope) = (a_defaults.in_file(a), b_defaults.in_file(b));
    match (a_definition, b_definition) {
        (Message(i), Message(k)) => {
            let found = a.message_type.get(i).zip(b.message_type.get(k));
            found.map_or(Ok(()), |(a, b)| comparison.messages(name, (a, a_scope), (b, b_scope)))
        }
        (Enum(i), Enum(k)) => {
            let found = a.enum_type.get(i).zip(b.enum_type.get(k));
            found.map_or(Ok(()), |(a, b)| comparison.enums(name, (a, a_scope), (b, b_scope)))
        }
        (Extension(i), Extension(k)) => {
            let found = a.extension.get(i).zip(b.extension.get(k));
            found.map_or(Ok(()), |(a, b)| comparison.extensions(name, (a, a_scope), (b, b_scope)))
        }
        (Service(i), Service(k)) => {
            let found = a.service.get(i).zip(b.service.get(k));
            found.map_or(Ok(()), |(a, b)| comparison.services(name, a, b))
        }
        (a, b) => Err(Difference {
            what: name.to_owned(),
            first: a.word().to_owned(),
            second: b.word().to_owned(),
        }),
    }
}
