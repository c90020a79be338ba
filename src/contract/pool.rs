//! From merged files to a descriptor pool, behind a fence: whatever a descriptor says, the worst it
//! does is to be left out.

use std::collections::BTreeSet;
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
const MOST_VISIBLE: usize = 4_000_000;

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
    let mut handed_on: Vec<BTreeSet<usize>> = Vec::with_capacity(entries.len());
    let mut forms = Vec::with_capacity(entries.len());
    let mut total = 0_usize;
    for entry in entries {
        let mut visible = BTreeSet::new();
        let mut public = BTreeSet::new();
        for (import, is_public) in &entry.imports {
            let further = handed_on.get(*import).into_iter().flatten();
            let seen: Vec<usize> = std::iter::once(*import).chain(further.copied()).collect();
            if *is_public {
                public.extend(&seen);
            }
            visible.extend(seen);
        }
        total = total.saturating_add(visible.len());
        handed_on.push(public);
        if total > MOST_VISIBLE {
            let reason = "files import each other too often to follow";
            let problem = entry.place.error(&entry.source, reason);
            forms.resize_with(entries.len(), || None);
            return (forms, Some(problem));
        }

        let mut features = Features::default();
        let mut form = edition::rewrite(&entry.raw, entry.defaults, &mut features);
        let names = visible.iter().filter_map(|import| entries.get(*import));
        form.name = Some(entry.name.clone());
        form.dependency = names.map(|import| import.name.clone()).collect();
        form.public_dependency.clear();
        form.weak_dependency.clear();
        forms.push(Some(Form { bytes: Bytes::from(form.encode_to_vec()), features }));
    }
    (forms, None)
}
