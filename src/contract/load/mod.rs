//! Reads contracts: `.proto` files, descriptor sets, and what a backend's reflection answered.

mod proto;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;

pub use proto::proto;

use super::raw;
use super::source::{Loaded, LoadedFile, Problem, Source};

/// The largest descriptor set that is read.
const MOST_BYTES: u64 = 64 << 20;

/// Reads a binary `google.protobuf.FileDescriptorSet` from disk.
pub fn descriptors(path: &Path) -> Result<Loaded, Problem> {
    let source = Source::Descriptors(path.to_owned());
    let unreadable = |error: std::io::Error| Problem::error(&source, error.to_string());
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > MOST_BYTES {
        let message = format!("{length} bytes are more than the {MOST_BYTES} that are read");
        return Err(Problem::error(&source, message));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    descriptor_set(source, bytes.into())
}

/// Takes a binary `google.protobuf.FileDescriptorSet` apart.
pub fn descriptor_set(source: Source, bytes: Bytes) -> Result<Loaded, Problem> {
    let empty = bytes.is_empty();
    match raw::Set::decode(bytes) {
        Ok(set) if !set.file.is_empty() => Ok(from_files(source, set.file)),
        Ok(_) => {
            let what = if empty { "the file is empty" } else { "there are no descriptors in it" };
            Err(Problem::error(&source, what))
        }
        Err(error) => {
            Err(Problem::error(&source, format!("not a binary FileDescriptorSet: {error}")))
        }
    }
}

/// Takes the serialized `google.protobuf.FileDescriptorProto`s that the reflection of `backend`
/// answered with, in any order; the standard schemas may be missing.
pub fn reflection(backend: &Arc<str>, files: Vec<Bytes>) -> Loaded {
    from_files(Source::Reflection(Arc::clone(backend)), files)
}

fn from_files(source: Source, files: Vec<Bytes>) -> Loaded {
    let files = files.into_iter().map(|bytes| LoadedFile { bytes, path: None });
    Loaded { source, files: files.collect() }
}
