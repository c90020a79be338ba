//! Generates the Rust types that the benchmarks compare with.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    bench_types(&out)
}

/// The types of `benches/codec.rs` with serde by pbjson, and their descriptors.
fn bench_types(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=benches/codec/product.proto");
    let mut compiler = protox::Compiler::new(["benches/codec"])?;
    compiler.include_imports(true).open_files(["product.proto"])?;
    let descriptors = compiler.encode_file_descriptor_set();
    prost_build::Config::new()
        .out_dir(out)
        .enable_type_names()
        .compile_well_known_types()
        .extern_path(".google.protobuf", "::pbjson_types")
        .compile_fds(compiler.file_descriptor_set())?;
    pbjson_build::Builder::new()
        .register_descriptors(&descriptors)?
        .out_dir(out)
        .build(&[".bench.v1"])?;
    fs::write(out.join("bench.binpb"), descriptors)?;
    Ok(())
}
