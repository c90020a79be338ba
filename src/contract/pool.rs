//! From merged files to a descriptor pool, behind a fence: whatever a descriptor says, the worst it
//! does is to be left out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::DescriptorPool;

use super::edition;
use super::features::Features;
use super::merge::{Entry, Merged};
use super::raw;
use super::source::Problem;

/// After this many files that the pool refuses, the rest is left out unseen: each one costs a new
/// pool.
const MOST_REFUSED: usize = 32;

/// All imports of all files, those that imported files hand on among them.
const MOST_VISIBLE: usize = 250_000;

/// The pool, and what it cannot say.
#[derive(Debug, Default)]
pub struct Built {
    /// Every accepted file, in proto2 or proto3 form.
    pub pool: DescriptorPool,
    /// What the proto2 form of editions leaves out.
    pub features: Features,
    /// Which of the merged entries are in the pool.
    pub accepted: Vec<bool>,
    /// What was left out, and why.
    pub problems: Vec<Problem>,
}

struct Form {
    bytes: Bytes,
    features: Features,
}

/// Adds all entries to a pool.
pub fn build(merged: &Merged) -> Built {
    let base = if merged.standard_is_ours { merged.standard } else { 0 };
    let (forms, visible_problem) = forms(&merged.entries);
    let own = forms.get(base..).unwrap_or_default();
    let start = || if base > 0 { standard_pool() } else { DescriptorPool::new() };

    let mut built = match fence(|| add(start(), own.iter().flatten())) {
        Ok(pool) => Built {
            pool,
            accepted: forms.iter().map(Option::is_some).collect(),
            ..Built::default()
        },
        Err(_) => one_by_one(&merged.entries, &forms, base, start),
    };
    built.problems.extend(visible_problem);
    for (form, _) in forms.into_iter().zip(&built.accepted).filter(|(_, accepted)| **accepted) {
        let Some(Form { features, .. }) = form else { continue };
        built.features.fields.extend(features.fields);
        built.features.open_enums.extend(features.open_enums);
    }
    built
}

/// The pool of our own standard schemas.
fn standard_pool() -> DescriptorPool {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        let merged = super::merge::merge(&[]);
        let (forms, _) = forms(&merged.entries);
        add(DescriptorPool::new(), forms.iter().flatten())
            .expect("the standard schemas are part of the program and fit together")
    });
    pool.clone()
}

/// Finds out which files the pool refuses, and does without them and all that import them.
fn one_by_one(
    entries: &[Entry],
    forms: &[Option<Form>],
    base: usize,
    start: impl Fn() -> DescriptorPool,
) -> Built {
    let mut built = Built { pool: start(), accepted: vec![true; base], ..Built::default() };
    let mut refused = 0;
    for (index, (entry, form)) in entries.iter().zip(forms).enumerate().skip(base) {
        let reason = match form {
            None => None,
            Some(_) if refused >= MOST_REFUSED => {
                Some("too many files before it were refused".to_owned())
            }
            Some(form) => {
                let left_out = entry
                    .imports
                    .iter()
                    .find(|(import, _)| !built.accepted.get(*import).copied().unwrap_or(false));
                match left_out.and_then(|(import, _)| entries.get(*import)) {
                    Some(import) => Some(format!("it imports {}, which was left out", import.name)),
                    None => {
                        let pool = std::mem::take(&mut built.pool);
                        match fence(|| add(pool, [form])) {
                            Ok(pool) => {
                                built.pool = pool;
                                built.accepted.push(true);
                                continue;
                            }
                            Err(reason) => {
                                refused += 1;
                                built.pool = again(&start, forms, &built.accepted, base);
                                Some(reason)
                            }
                        }
                    }
                }
            }
        };
        debug_assert_eq!(built.accepted.len(), index);
        built.accepted.push(false);
        built.problems.extend(reason.map(|reason| entry.place.error(&entry.source, reason)));
    }
    built
}

/// A pool of what was accepted so far: one that refused a file may keep something of it.
fn again(
    start: &impl Fn() -> DescriptorPool,
    forms: &[Option<Form>],
    accepted: &[bool],
    base: usize,
) -> DescriptorPool {
    let kept = forms.iter().zip(accepted).skip(base).filter(|(_, accepted)| **accepted);
    fence(|| add(start(), kept.filter_map(|(form, _)| form.as_ref()))).unwrap_or_else(|_| start())
}

fn add<'a>(
    mut pool: DescriptorPool,
    forms: impl IntoIterator<Item = &'a Form>,
) -> Result<DescriptorPool, String> {
    let set = raw::Set { file: forms.into_iter().map(|form| form.bytes.clone()).collect() };
    pool.decode_file_descriptor_set(set.encode_to_vec().as_slice())
        .map_err(|error| error.to_string())?;
    Ok(pool)
}

/// The last fence: `prost-reflect` panics on some descriptors, and `check` may not know them all.
/// Nothing that a panic may have left half done is used again.
fn fence(work: impl FnOnce() -> Result<DescriptorPool, String>) -> Result<DescriptorPool, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("its descriptor is broken in a way that has no name".to_owned()))
}

/// The form of each entry that the pool takes; `None` for those that were left out for want of
/// room.
///
/// Every file imports all that it sees directly. The pool follows public imports one step only.
fn forms(entries: &[Entry]) -> (Vec<Option<Form>>, Option<Problem>) {
    let mut handed_on: Vec<Files> = Vec::with_capacity(entries.len());
    let mut forms = Vec::with_capacity(entries.len());
    let mut total = 0_usize;
    for entry in entries {
        let mut visible = Files::default();
        let mut public = Files::default();
        for (import, is_public) in &entry.imports {
            for set in [Some(&mut visible), is_public.then_some(&mut public)].into_iter().flatten()
            {
                set.insert(*import);
                if let Some(further) = handed_on.get(*import) {
                    set.extend(further);
                }
            }
        }
        total = total.saturating_add(visible.iter().count());
        handed_on.push(public);
        if total > MOST_VISIBLE {
            let reason = "files import each other too often to follow";
            let problem = entry.place.error(&entry.source, reason);
            forms.resize_with(entries.len(), || None);
            return (forms, Some(problem));
        }

        let mut features = Features::default();
        let mut form = edition::rewrite(&entry.raw, entry.defaults, &mut features);
        let names = visible.iter().filter_map(|import| entries.get(import));
        form.name = Some(entry.name.clone());
        form.dependency = names.map(|import| import.name.clone()).collect();
        form.public_dependency.clear();
        form.weak_dependency.clear();
        forms.push(Some(Form { bytes: Bytes::from(form.encode_to_vec()), features }));
    }
    (forms, None)
}

/// A set of entries, as bits: uniting two costs next to nothing, however much files import.
#[derive(Debug, Default)]
struct Files(Vec<u64>);

impl Files {
    fn insert(&mut self, index: usize) {
        let word = index / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (index % 64);
        }
    }

    fn extend(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (bits, more) in self.0.iter_mut().zip(&other.0) {
            *bits |= more;
        }
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().enumerate();
        words.flat_map(|(word, bits)| {
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| word * 64 + bit)
        })
    }
}
