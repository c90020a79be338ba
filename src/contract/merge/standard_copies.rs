//! Which copy of each standard schema is used: ours, or a newer one that a source brings.

use std::collections::HashSet;

use bytes::Bytes;
use prost::Message as _;

use super::definition::{compare, definitions};
use super::files::sound;
use crate::contract::compare::Comparison;
use crate::contract::edition::Resolved;
use crate::contract::source::{Loaded, LoadedFile};
use crate::contract::{raw, standard};

struct Copy {
    raw: raw::File,
    defaults: Resolved,
    bytes: Bytes,
}

/// The standard schemas to use, and whether they are all ours. A source's copy is taken where it
/// says the same as ours and more.
pub fn choose(sources: &[Loaded]) -> (Loaded, bool) {
    let ours = standard::loaded();
    let mut ours_alone = true;
    let mut copies: Vec<Copy> = ours.files.iter().filter_map(|file| read(&file.bytes)).collect();
    let names: HashSet<String> = copies.iter().map(|copy| copy.raw.name().to_owned()).collect();

    for file in sources.iter().flat_map(|source| &source.files) {
        let Some(name) = name_of(&file.bytes).filter(|name| names.contains(name)) else { continue };
        let Some(candidate) = read(&file.bytes) else { continue };
        let Some(current) = copies.iter_mut().find(|copy| copy.raw.name() == name) else {
            continue;
        };
        let known = candidate.raw.dependency.iter().all(|name| names.contains(name));
        if known && size(&candidate.raw) > size(&current.raw) && extends(&candidate, current) {
            *current = candidate;
            ours_alone = false;
        }
    }
    let files = copies.into_iter().map(|copy| LoadedFile { bytes: copy.bytes, path: None });
    (Loaded { source: ours.source.clone(), files: files.collect() }, ours_alone)
}

/// The name alone, so that the many other files are not read twice in whole.
fn name_of(bytes: &Bytes) -> Option<String> {
    #[derive(Clone, PartialEq, prost::Message)]
    struct Named {
        #[prost(string, optional, tag = "1")]
        name: Option<String>,
    }
    Named::decode(bytes.clone()).ok()?.name
}

fn read(bytes: &Bytes) -> Option<Copy> {
    let raw = raw::File::decode(bytes.clone()).ok()?;
    let defaults = sound(&raw).ok()?;
    Some(Copy { raw, defaults, bytes: bytes.clone() })
}

/// Whether everything in `old` is in `new`, and the same.
fn extends(new: &Copy, old: &Copy) -> bool {
    let newer = definitions(&new.raw);
    let comparison = Comparison { lenient: true };
    new.raw.package() == old.raw.package()
        && definitions(&old.raw).into_iter().all(|(name, definition)| {
            newer.iter().find(|(newer, _)| *newer == name).is_some_and(|(_, newer)| {
                let old = (&old.raw, old.defaults, definition);
                compare(comparison, &name, old, (&new.raw, new.defaults, *newer)).is_ok()
            })
        })
}

/// How much a file defines.
fn size(file: &raw::File) -> usize {
    fn enums(list: &[raw::Enum]) -> usize {
        list.iter().map(|definition| 1 + definition.value.len()).sum()
    }
    fn message(one: &raw::Message) -> usize {
        let nested: usize = one.nested_type.iter().map(message).sum();
        1 + one.field.len() + one.extension.len() + nested + enums(&one.enum_type)
    }
    let messages: usize = file.message_type.iter().map(message).sum();
    messages + enums(&file.enum_type) + file.extension.len()
}
