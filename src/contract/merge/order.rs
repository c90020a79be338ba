//! Puts the files of a source behind those that they import.

use std::collections::HashMap;

use super::files::Incoming;
use crate::contract::source::{Problem, Source};

/// Files behind those that they import.
#[derive(Debug)]
pub struct Ordered {
    pub files: Vec<Incoming>,
    /// Names of files that import each other in a circle.
    pub rejected: Vec<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

/// Orders `files`; circles are left out and told.
pub fn order(files: &mut Vec<Incoming>, problems: &mut Vec<Problem>, source: &Source) -> Ordered {
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    for (index, file) in files.iter().enumerate() {
        by_name.entry(file.raw.name()).or_insert(index);
    }
    let imports: Vec<Vec<usize>> = files
        .iter()
        .map(|file| file.raw.dependency.iter())
        .map(|names| names.filter_map(|name| by_name.get(name.as_str()).copied()).collect())
        .collect();

    let mut states = vec![State::New; files.len()];
    let mut order = Vec::with_capacity(files.len());
    let mut circular = vec![false; files.len()];
    for start in 0..files.len() {
        visit(start, &imports, &mut states, &mut order, |circle| {
            let names: Vec<&str> = circle
                .iter()
                .chain(circle.first())
                .filter_map(|index| files.get(*index))
                .map(|file| file.raw.name())
                .collect();
            for index in circle {
                if let Some(circular) = circular.get_mut(*index) {
                    *circular = true;
                }
            }
            if let Some(file) = circle.first().and_then(|index| files.get(*index)) {
                let message = format!("files import each other: {}", names.join(" imports "));
                problems.push(file.place.error(source, message));
            }
        });
    }

    let mut slots: Vec<Option<Incoming>> = files.drain(..).map(Some).collect();
    let mut ordered = Ordered { files: Vec::with_capacity(slots.len()), rejected: Vec::new() };
    for index in order {
        let Some(file) = slots.get_mut(index).and_then(Option::take) else { continue };
        if circular.get(index).copied().unwrap_or(false) {
            ordered.rejected.push(file.raw.name().to_owned());
        } else {
            ordered.files.push(file);
        }
    }
    ordered
}

/// Walks depth first without recursion: the depth is the source's to choose.
fn visit(
    start: usize,
    imports: &[Vec<usize>],
    states: &mut [State],
    order: &mut Vec<usize>,
    mut circle: impl FnMut(&[usize]),
) {
    let mut path: Vec<usize> = Vec::new();
    let mut work = vec![(start, false)];
    while let Some((index, leaving)) = work.pop() {
        let Some(state) = states.get_mut(index) else { continue };
        if leaving {
            *state = State::Done;
            path.pop();
            order.push(index);
            continue;
        }
        match *state {
            State::Done => {}
            State::Open => {
                let from = path.iter().position(|open| *open == index).unwrap_or(0);
                circle(path.get(from..).unwrap_or_default());
            }
            State::New => {
                *state = State::Open;
                path.push(index);
                work.push((index, true));
                let imports = imports.get(index).into_iter().flatten();
                work.extend(imports.rev().map(|import| (*import, false)));
            }
        }
    }
}
