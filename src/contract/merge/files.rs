//! The files of one source, read and checked.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;

use crate::contract::edition::{self, Resolved};
use crate::contract::source::{Loaded, Problem, Source};
use crate::contract::{check, raw};

/// What one source may bring at most.
const MOST_BYTES: usize = 64 << 20;
const MOST_FILES: usize = 10_000;
const MOST_IMPORTS: usize = 1_000;

/// A file that was read and found sound.
#[derive(Debug)]
pub struct Incoming {
    pub raw: raw::File,
    pub defaults: Resolved,
    pub bytes: Bytes,
    pub place: Place,
}

/// What could be read of a source.
#[derive(Debug)]
pub struct Decoded {
    pub files: Vec<Incoming>,
    /// Names of files that were left out.
    pub rejected: Vec<String>,
}

/// Where problems say a file is.
#[derive(Debug, Clone)]
pub struct Place {
    file: Arc<str>,
    on_disk: bool,
}

impl Place {
    /// The file and its source in one.
    pub fn name(&self, source: &Source) -> String {
        if self.on_disk { self.file.to_string() } else { format!("{source} ({})", self.file) }
    }

    /// An error in this file.
    pub fn error(&self, source: &Source, message: impl Into<String>) -> Problem {
        Problem::error(source, message).in_file(Arc::clone(&self.file))
    }

    /// A warning about this file.
    pub fn warning(&self, source: &Source, message: impl Into<String>) -> Problem {
        Problem::warning(source, message).in_file(Arc::clone(&self.file))
    }
}

/// Reads the files of a source; what is unsound is left out and told.
pub fn decode(loaded: &Loaded, problems: &mut Vec<Problem>) -> Decoded {
    let source = &loaded.source;
    let mut decoded = Decoded { files: Vec::new(), rejected: Vec::new() };
    let bytes = loaded.files.iter().map(|file| file.bytes.len()).fold(0, usize::saturating_add);
    if bytes > MOST_BYTES || loaded.files.len() > MOST_FILES {
        let files = loaded.files.len();
        problems.push(Problem::error(
            source,
            format!(
                "{files} files of {bytes} bytes together are more than the {MOST_FILES} files and \
                 {MOST_BYTES} bytes that one contract may have"
            ),
        ));
        return decoded;
    }

    let mut seen: HashMap<String, Bytes> = HashMap::new();
    for file in &loaded.files {
        let raw = match raw::File::decode(file.bytes.clone()) {
            Ok(raw) => raw,
            Err(error) => {
                let problem = Problem::error(source, format!("not a file descriptor: {error}"));
                problems.push(problem);
                continue;
            }
        };
        if seen.get(raw.name()) == Some(&file.bytes) {
            continue;
        }
        seen.insert(raw.name().to_owned(), file.bytes.clone());
        let name = file.path.clone().unwrap_or_else(|| Arc::from(raw.name()));
        let place = Place { file: name, on_disk: file.path.is_some() };
        match sound(&raw) {
            Ok(defaults) => {
                let bytes = file.bytes.clone();
                decoded.files.push(Incoming { raw, defaults, bytes, place });
            }
            Err(wrong) => {
                problems.extend(wrong.into_iter().map(|wrong| place.error(source, wrong)));
                decoded.rejected.push(raw.name().to_owned());
            }
        }
    }
    decoded
}

/// The defaults of a file, or what is wrong with it.
pub fn sound(file: &raw::File) -> Result<Resolved, Vec<String>> {
    let defaults = edition::defaults(file).map_err(|wrong| vec![wrong])?;
    let mut wrong = check::check(file);
    if file.dependency.len() > MOST_IMPORTS {
        wrong.push(format!("it has more than {MOST_IMPORTS} imports"));
    }
    if wrong.is_empty() { Ok(defaults) } else { Err(wrong) }
}
