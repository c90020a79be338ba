//! The schemas that are always known: the well-known types, `google/rpc` and `google/api`.

use std::sync::OnceLock;

use bytes::Bytes;
use protox::file::{File, FileResolver, GoogleFileResolver};

use super::source::{Loaded, LoadedFile, Source};

/// Finds the standard schemas for whoever imports them.
#[derive(Debug)]
pub struct Resolver(GoogleFileResolver);

const FILES: [(&str, &str); 7] = [
    ("google/rpc/code.proto", include_str!("../../proto/google/rpc/code.proto")),
    ("google/rpc/status.proto", include_str!("../../proto/google/rpc/status.proto")),
    ("google/rpc/error_details.proto", include_str!("../../proto/google/rpc/error_details.proto")),
    ("google/api/http.proto", include_str!("../../proto/google/api/http.proto")),
    ("google/api/annotations.proto", include_str!("../../proto/google/api/annotations.proto")),
    (
        "google/api/field_behavior.proto",
        include_str!("../../proto/google/api/field_behavior.proto"),
    ),
    ("google/api/httpbody.proto", include_str!("../../proto/google/api/httpbody.proto")),
];

/// Files that every version of protobuf changes: the richest copy is taken, and the others are not
/// held against it.
pub const MOVING: [&str; 2] =
    ["google/protobuf/descriptor.proto", "google/protobuf/compiler/plugin.proto"];

impl Resolver {
    /// Finds the standard schemas.
    pub fn new() -> Self {
        Self(GoogleFileResolver::new())
    }
}

impl FileResolver for Resolver {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match FILES.iter().find(|(file, _)| *file == name) {
            Some((_, text)) => File::from_source(name, text),
            None => self.0.open_file(name),
        }
    }
}

/// All standard schemas, dependencies first. They are compiled once.
pub fn loaded() -> &'static Loaded {
    static LOADED: OnceLock<Loaded> = OnceLock::new();
    LOADED.get_or_init(|| {
        let pool = compile().expect("the standard schemas are part of the program and compile");
        let files = pool
            .files()
            .map(|file| LoadedFile { bytes: Bytes::from(file.encode_to_vec()), path: None });
        Loaded { source: Source::Standard, files: files.collect() }
    })
}

fn compile() -> Result<prost_reflect::DescriptorPool, protox::Error> {
    let mut compiler = protox::Compiler::with_file_resolver(Resolver::new());
    for file in prost_reflect::DescriptorPool::global().files() {
        compiler.open_file(file.name())?;
    }
    for (name, _) in FILES {
        compiler.open_file(name)?;
    }
    Ok(compiler.descriptor_pool())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_schemas_compile_and_stand_in_order() {
        let mut seen = std::collections::HashSet::new();
        let files = &loaded().files;
        for file in files {
            let raw = <super::super::raw::File as prost::Message>::decode(file.bytes.clone());
            let raw = raw.expect("decodes");
            assert!(raw.dependency.iter().all(|name| seen.contains(name)), "{}", raw.name());
            seen.insert(raw.name().to_owned());
        }
        assert!(files.len() >= 17, "{seen:?}");
        assert!(seen.contains("google/protobuf/timestamp.proto"));
        assert!(seen.contains("google/rpc/error_details.proto"));
    }
}
