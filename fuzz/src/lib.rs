//! What the fuzz targets share: the contract they run on, and how an input says what it is for.

pub mod codec;
pub mod graphql;
pub mod grpc;
pub mod requests;
pub mod rest;
pub mod soap;
pub mod xml;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use dragoman::contract::{Contract, load};

/// The folder of the gateway's own crate.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The messages of the codec's test tables and the service of the end-to-end cases.
pub static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let tables = root().join("src/codec/json/tests");
    let cases = root().join("tests/proto");
    let sources = [
        tables.join("kinds.proto"),
        tables.join("legacy.proto"),
        cases.join("cases/v1/cases.proto"),
    ];
    let (loaded, problems) = load::proto(&sources, &[tables, cases]);
    assert!(problems.is_empty(), "{problems:?}");
    let (contract, problems) = Contract::build(&[loaded]);
    assert!(problems.is_empty(), "{problems:?}");
    contract
});
