//! Makes one contract of many: every definition stands once, whoever brought it and in whichever
//! file.
//!
//! Definitions are merged, not files. A definition that is there already, and is the same, is taken
//! out of the file that brings it again, and the file imports the first one instead. So it makes
//! no difference under which path a backend knows a file, or how it splits its files.

mod definition;
mod files;
mod order;
mod standard_copies;

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;

use self::definition::{Definition, compare, definitions};
use self::files::{Incoming, Place};
use super::compare::{Comparison, Difference};
use super::edition::Resolved;
use super::raw;
use super::source::{Loaded, Problem, Source};

/// All definitions of all sources, each once.
#[derive(Debug, Default)]
pub struct Merged {
    /// Files after those that they import.
    pub entries: Vec<Entry>,
    /// Which sources bring a service, the one whose definition is used first.
    pub services: BTreeMap<String, Vec<Source>>,
    /// Whether the standard schemas are the ones that are part of the program.
    pub standard_is_ours: bool,
    /// How many of the entries are standard schemas.
    pub standard: usize,
    /// What was left out, and why.
    pub problems: Vec<Problem>,
}

/// One file of the merged contract.
#[derive(Debug)]
pub struct Entry {
    /// The name it goes by, different from all others.
    pub name: String,
    /// The file as it came, less what was there already.
    pub raw: raw::File,
    /// What holds in it for want of other words.
    pub defaults: Resolved,
    /// What it imports, and whether it hands that on to whoever imports it.
    pub imports: Vec<(usize, bool)>,
    /// The descriptor to hand out: the bytes as they came, unless something was taken out.
    pub descriptor: Bytes,
    /// Whose it is.
    pub source: Source,
    /// Where problems say it is.
    pub place: Place,
}

/// Merges `sources` in their order; the first definition of a name is the one that is used.
pub fn merge(sources: &[Loaded]) -> Merged {
    let (standard, ours) = standard_copies::choose(sources);
    let mut merger = Merger::default();
    merger.source(&standard);
    merger.merged.standard_is_ours = ours;
    merger.merged.standard = merger.merged.entries.len();
    merger.standard = std::mem::take(&mut merger.files);
    for source in sources {
        merger.source(source);
        for (name, entries) in merger.files.drain() {
            merger.earlier.entry(name).or_insert(entries);
        }
    }
    merger.merged
}

#[derive(Debug, Default)]
struct Merger {
    merged: Merged,
    /// Where the definitions of a file of the current source are now, by the name it came with;
    /// `None` where it was left out.
    files: HashMap<String, Option<Vec<usize>>>,
    /// The same of the standard schemas.
    standard: HashMap<String, Option<Vec<usize>>>,
    /// The same of the sources before.
    earlier: HashMap<String, Option<Vec<usize>>>,
    /// Top-level definitions by full name.
    symbols: HashMap<String, Owner>,
    /// Names of entries.
    names: HashMap<String, usize>,
}

#[derive(Debug, Clone, Copy)]
struct Owner {
    entry: usize,
    definition: Definition,
}

impl Merger {
    fn source(&mut self, loaded: &Loaded) {
        let mut incoming = files::decode(loaded, &mut self.merged.problems);
        for name in incoming.rejected {
            self.files.insert(name, None);
        }
        let ordered = order::order(&mut incoming.files, &mut self.merged.problems, &loaded.source);
        for name in ordered.rejected {
            self.files.insert(name, None);
        }
        for file in ordered.files {
            let name = file.raw.name().to_owned();
            let placed = match self.place(file, &loaded.source) {
                Ok(entries) => Some(entries),
                Err(problems) => {
                    self.merged.problems.extend(problems);
                    None
                }
            };
            self.files.entry(name).or_insert(placed);
        }
    }

    /// Where the definitions of `file` are from now on.
    fn place(&mut self, file: Incoming, source: &Source) -> Result<Vec<usize>, Vec<Problem>> {
        let mut imports = self.imports(&file, source)?;
        let before = definitions(&file.raw);
        let mut repeated = Vec::new();
        let mut conflicts = Vec::new();
        for (name, definition) in &before {
            let Some(owner) = self.symbols.get(name).copied() else { continue };
            match self.compare(name, owner, *definition, &file) {
                Ok(()) => repeated.push((*definition, owner.entry)),
                Err(difference) => {
                    conflicts.push(self.conflict(name, owner, &file, source, &difference));
                }
            }
        }
        if !conflicts.is_empty() {
            return Err(conflicts);
        }

        for service in &file.raw.service {
            let name = file.raw.full_name(service.name());
            let sources = self.merged.services.entry(name).or_default();
            if !sources.contains(source) {
                sources.push(source.clone());
            }
        }
        // What was taken out is imported publicly: whoever imports this file counts on it.
        for (_, owner) in &repeated {
            if let Some(import) = imports.iter_mut().find(|(entry, _)| entry == owner) {
                import.1 = true;
            } else {
                imports.push((*owner, true));
            }
        }
        let nothing_left = repeated.len() == before.len();
        if nothing_left && (!before.is_empty() || self.names.contains_key(file.raw.name())) {
            return Ok(imports
                .iter()
                .filter(|(_, public)| *public)
                .map(|(entry, _)| *entry)
                .collect());
        }
        let repeated: Vec<Definition> = repeated.into_iter().map(|(kept, _)| kept).collect();
        Ok(vec![self.add(file, &repeated, imports, source)])
    }

    /// The entries that `file` imports.
    fn imports(
        &mut self,
        file: &Incoming,
        source: &Source,
    ) -> Result<Vec<(usize, bool)>, Vec<Problem>> {
        let mut imports: Vec<(usize, bool)> = Vec::new();
        let mut missing = Vec::new();
        for (index, name) in file.raw.dependency.iter().enumerate() {
            let is = |list: &[i32]| list.iter().any(|i| usize::try_from(*i) == Ok(index));
            let public = is(&file.raw.public_dependency);
            let known = [&self.files, &self.standard, &self.earlier];
            match known.iter().find_map(|files| files.get(name)) {
                Some(Some(entries)) => imports.extend(entries.iter().map(|entry| (*entry, public))),
                Some(None) => {
                    let problem = format!("it imports {name}, which was left out");
                    return Err(vec![file.place.error(source, problem)]);
                }
                None if is(&file.raw.weak_dependency) => {}
                None => missing.push(name.as_str()),
            }
        }
        if !missing.is_empty() {
            self.without(&missing, file, source, &mut imports)?;
        }
        imports.sort_by_key(|(entry, public)| (*entry, !public));
        imports.dedup_by_key(|(entry, _)| *entry);
        Ok(imports)
    }

    /// Sees whether `file` can do without imports that nobody has. Reflection services often leave
    /// out files that options alone need.
    fn without(
        &mut self,
        missing: &[&str],
        file: &Incoming,
        source: &Source,
        imports: &mut Vec<(usize, bool)>,
    ) -> Result<(), Vec<Problem>> {
        let missing = missing.join(", ");
        let own: HashMap<String, Definition> = definitions(&file.raw).into_iter().collect();
        for reference in file.raw.references() {
            let Some(full) = reference.strip_prefix('.') else { continue };
            let prefixes = full.match_indices('.').map(|(at, _)| &full[..at]).chain([full]);
            let mut prefixes = prefixes.collect::<Vec<_>>().into_iter();
            if prefixes.clone().any(|prefix| own.contains_key(prefix)) {
                continue;
            }
            match prefixes.find_map(|prefix| self.symbols.get(prefix)) {
                Some(owner) => imports.push((owner.entry, false)),
                None => {
                    let problem =
                        format!("it imports {missing}, which nobody has, and needs {full}");
                    return Err(vec![file.place.error(source, problem)]);
                }
            }
        }
        let problem = format!("it imports {missing}, which nobody has; only options may need it");
        self.merged.problems.push(file.place.warning(source, problem));
        Ok(())
    }

    fn compare(
        &self,
        name: &str,
        owner: Owner,
        definition: Definition,
        file: &Incoming,
    ) -> Result<(), Difference> {
        let Some(entry) = self.merged.entries.get(owner.entry) else { return Ok(()) };
        let google = name.starts_with("google.");
        if google && super::standard::MOVING.contains(&entry.name.as_str()) {
            return Ok(());
        }
        let comparison = Comparison { lenient: google };
        compare(
            comparison,
            name,
            (&entry.raw, entry.defaults, owner.definition),
            (&file.raw, file.defaults, definition),
        )
    }

    fn conflict(
        &self,
        name: &str,
        owner: Owner,
        file: &Incoming,
        source: &Source,
        difference: &Difference,
    ) -> Problem {
        let Difference { what, first, second } = difference;
        let (theirs, ours) = match self.merged.entries.get(owner.entry) {
            Some(entry) => (entry.place.name(&entry.source), file.place.name(source)),
            None => (String::new(), file.place.name(source)),
        };
        let message = format!(
            "{name} is defined twice and differently: {what} is {first} in {theirs} and {second} \
             in {ours}"
        );
        file.place.error(source, message)
    }

    /// Makes an entry of `file` less what is `repeated`.
    fn add(
        &mut self,
        file: Incoming,
        repeated: &[Definition],
        imports: Vec<(usize, bool)>,
        source: &Source,
    ) -> usize {
        let index = self.merged.entries.len();
        let Incoming { mut raw, defaults, bytes, place } = file;
        let name = self.free_name(raw.name());
        let kept = |definition| !repeated.contains(&definition);
        retain(&mut raw.message_type, |i| kept(Definition::Message(i)));
        retain(&mut raw.enum_type, |i| kept(Definition::Enum(i)));
        retain(&mut raw.service, |i| kept(Definition::Service(i)));
        retain(&mut raw.extension, |i| kept(Definition::Extension(i)));

        let named = imports.iter().filter_map(|(entry, public)| {
            Some((self.merged.entries.get(*entry)?.name.clone(), *public))
        });
        let mut named: Vec<(String, bool)> = named.collect();
        named.sort();
        let mut written: Vec<(String, bool)> = (0_i32..)
            .zip(&raw.dependency)
            .map(|(i, name)| (name.clone(), raw.public_dependency.contains(&i)))
            .collect();
        written.sort();
        let as_it_came = repeated.is_empty() && name == raw.name() && named == written;
        let descriptor = if as_it_came {
            bytes
        } else {
            if !repeated.is_empty() {
                // Its paths are places in a file that is no more.
                raw.source_code_info = None;
            }
            raw.name = Some(name.clone());
            raw.weak_dependency.clear();
            raw.public_dependency =
                (0_i32..).zip(&named).filter(|(_, (_, public))| *public).map(|(i, _)| i).collect();
            raw.dependency = named.into_iter().map(|(name, _)| name).collect();
            Bytes::from(prost::Message::encode_to_vec(&raw))
        };

        for (symbol, definition) in definitions(&raw) {
            self.symbols.insert(symbol, Owner { entry: index, definition });
        }
        self.names.insert(name.clone(), index);
        let source = source.clone();
        let entry = Entry { name, raw, defaults, imports, descriptor, source, place };
        self.merged.entries.push(entry);
        index
    }

    /// `name`, or something like it where another file has that name.
    fn free_name(&self, name: &str) -> String {
        let stem = name.strip_suffix(".proto").unwrap_or(name);
        let more = (2..).map(|n| format!("{stem}.{n}.proto"));
        let mut names = std::iter::once(name.to_owned()).chain(more);
        names.find(|name| !self.names.contains_key(name)).unwrap_or_default()
    }
}

fn retain<T>(list: &mut Vec<T>, mut keep: impl FnMut(usize) -> bool) {
    let mut index = 0;
    list.retain(|_| {
        let kept = keep(index);
        index += 1;
        kept
    });
}
