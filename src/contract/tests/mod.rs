//! Whole contracts, from source to operations.

mod editions;
mod fence;
mod loading;
mod merging;
mod operations;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;

use super::source::LoadedFile;
use super::{Contract, Loaded, Problem, Source, load, standard};

/// A directory with these files, and a way to load them.
struct Files {
    dir: tempfile::TempDir,
    names: Vec<String>,
}

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            std::fs::write(path, text).expect("a file");
        }
        Self { dir, names: files.iter().map(|(name, _)| (*name).to_owned()).collect() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn load(&self) -> (Loaded, Vec<Problem>) {
        let files: Vec<PathBuf> = self.names.iter().map(|name| self.path(name)).collect();
        load::proto(&files, &[self.dir.path().to_owned()])
    }

    /// Problems as text, without the directory.
    fn text(&self, problems: &[Problem]) -> Vec<String> {
        let dir = format!("{}/", self.dir.path().display());
        problems.iter().map(|problem| problem.to_string().replace(&dir, "")).collect()
    }
}

/// Compiles files in memory, as the reflection of `backend` would give them.
fn reflected(backend: &str, files: &[(&str, &str)]) -> Loaded {
    struct Resolver(Vec<(String, String)>, standard::Resolver);
    impl protox::file::FileResolver for Resolver {
        fn open_file(&self, name: &str) -> Result<protox::file::File, protox::Error> {
            match self.0.iter().find(|(file, _)| file == name) {
                Some((name, text)) => protox::file::File::from_source(name, text),
                None => self.1.open_file(name),
            }
        }
    }
    let texts = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let resolver = Resolver(texts.collect(), standard::Resolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    for (name, _) in files {
        compiler.open_file(name).map_err(|error| format!("{error:?}")).expect(name);
    }
    let pool = compiler.descriptor_pool();
    let bytes = pool.files().map(|file| Bytes::from(file.encode_to_vec())).collect();
    load::reflection(&Arc::from(backend), bytes)
}

/// A source of hand-made descriptors.
fn descriptors(files: &[prost_types::FileDescriptorProto]) -> Loaded {
    let files = files
        .iter()
        .map(|file| LoadedFile { bytes: Bytes::from(file.encode_to_vec()), path: None });
    Loaded { source: Source::Descriptors("set.binpb".into()), files: files.collect() }
}

/// The contract of sources that have no problems.
fn built(sources: &[Loaded]) -> Contract {
    let (contract, problems) = Contract::build(sources);
    assert_eq!(text(&problems), [""; 0]);
    contract
}

fn text(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}
