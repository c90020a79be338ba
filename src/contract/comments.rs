//! Comments of the contract's sources, read when they are first asked for.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use prost::Message as _;
use prost_types::SourceCodeInfo;

use super::build::File;
use super::raw;

/// The comments of all files.
#[derive(Debug, Default)]
pub struct Comments(HashMap<Arc<str>, FileComments>);

#[derive(Debug)]
struct FileComments {
    descriptor: Bytes,
    read: OnceLock<HashMap<Vec<i32>, String>>,
}

impl Comments {
    /// The comments of `files`.
    pub fn of(files: &[File]) -> Self {
        let lazy = |file: &File| FileComments {
            descriptor: file.descriptor.clone(),
            read: OnceLock::new(),
        };
        Self(files.iter().map(|file| (Arc::clone(&file.name), lazy(file))).collect())
    }

    /// The comment in front of the definition at `path` of `file`.
    pub fn get(&self, file: &str, path: &[i32]) -> Option<&str> {
        let file = self.0.get(file)?;
        let read = file.read.get_or_init(|| read(&file.descriptor));
        read.get(path).map(String::as_str)
    }
}

/// A descriptor that reached the contract decodes; its source info may be anything.
fn read(descriptor: &Bytes) -> HashMap<Vec<i32>, String> {
    let info = raw::File::decode(descriptor.clone())
        .ok()
        .and_then(|file| SourceCodeInfo::decode(file.source_code_info?).ok())
        .unwrap_or_default();
    let commented = info.location.into_iter().filter_map(|location| {
        let comment = plain(&location.leading_comments?);
        (!comment.is_empty()).then_some((location.path, comment))
    });
    commented.collect()
}

/// The comment without the blank that the first column of each line has.
fn plain(comment: &str) -> String {
    let lines = comment.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
