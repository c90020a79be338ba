//! The contracts that the scripted backend knows: the shop's and the cases' own.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde_json::Value;

/// Everything under `proto` and `tests/proto`, as an encoded `FileDescriptorSet`.
pub static DESCRIPTORS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let roots = [root().join("proto"), root().join("tests/proto")];
    let mut files = Vec::new();
    for root in &roots {
        find(root, "proto", &mut files);
    }
    assert!(files.len() > 8, "found only {files:?}");
    compile(&roots, &files)
});

/// Compiles `.proto` files below `roots` to an encoded `FileDescriptorSet`.
pub fn compile(roots: &[PathBuf], files: &[PathBuf]) -> Vec<u8> {
    let mut compiler = protox::Compiler::new(roots).unwrap();
    compiler.include_imports(true).include_source_info(true).open_files(files).unwrap();
    compiler.encode_file_descriptor_set()
}

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS.as_slice()).unwrap());

/// The pool of all of them.
pub fn pool() -> &'static DescriptorPool {
    &POOL
}

/// The repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Adds the files below `folder` with that extension, in a stable order.
pub fn find(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            find(&path, extension, files);
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
}

/// The request and reply messages of `package.Service/Method`.
pub fn method(name: &str) -> Option<(MessageDescriptor, MessageDescriptor)> {
    let (service, method) = name.split_once('/')?;
    let service = POOL.get_service_by_name(service)?;
    let method = service.methods().find(|found| found.name() == method)?;
    Some((method.input(), method.output()))
}

/// A message from its JSON.
pub fn parse(descriptor: MessageDescriptor, json: &Value) -> DynamicMessage {
    let name = descriptor.full_name().to_owned();
    DynamicMessage::deserialize(descriptor, json)
        .unwrap_or_else(|error| panic!("{json} is no {name}: {error}"))
}

/// A message as JSON.
pub fn print(message: &DynamicMessage) -> String {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut text);
    message.serialize_with_options(&mut serializer, &SerializeOptions::new()).unwrap();
    String::from_utf8(text).unwrap()
}
