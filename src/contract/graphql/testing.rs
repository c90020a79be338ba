//! What tests make schemas from.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::sync::Arc;

use super::{Exposed, Model, Options, Wishes, build};
use crate::contract::{Contract, Operation, load};

/// The contract of some files, each a name and a text.
pub fn contract(files: &[(&str, &str)]) -> Contract {
    let dir = tempfile::tempdir().unwrap();
    let write = |(name, text): &(&str, &str)| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let paths: Vec<PathBuf> = files.iter().map(write).collect();
    load_all(&paths, dir.path().to_owned())
}

fn load_all(paths: &[PathBuf], include: PathBuf) -> Contract {
    let (loaded, problems) = load::proto(paths, &[include]);
    assert!(problems.is_empty(), "{problems:?}");
    let (contract, problems) = Contract::build(&[loaded]);
    assert!(problems.is_empty(), "{problems:?}");
    contract
}

/// All operations, as the contract has them.
pub fn exposed(contract: &Contract) -> Vec<Exposed> {
    let has_get = |operation: &Operation| operation.http.iter().any(|rule| rule.method == "GET");
    let expose = |operation: &Arc<Operation>| Exposed {
        operation: operation.clone(),
        has_get: has_get(operation),
        wishes: Wishes::default(),
    };
    contract.operations().values().map(expose).collect()
}

/// The sample shop's contract.
pub fn shop() -> Contract {
    let proto = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("proto");
    let files = std::fs::read_dir(proto.join("shop/v1")).unwrap();
    let mut files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    load_all(&files, proto)
}

/// The sample shop's schema.
pub fn shop_model() -> Model {
    let contract = shop();
    build(&contract, &exposed(&contract), &Options::default()).0
}
