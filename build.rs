//! Compiles the sample shop's contract into Rust types and services, and into the descriptor set
//! that its reflection serves; packs the files of the pages for browsers; and makes the types that
//! the benchmarks compare with.

use std::error::Error;
use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=proto");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    shop(&out)?;
    docs(&out)?;
    graphql_page(&out)?;
    bench_types(&out)
}

/// The shop: `shop.binpb` (with options and comments) and `shop_api.rs`.
fn shop(out: &Path) -> Result<(), Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir("proto/shop/v1")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    files.sort();

    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    // Encoded by the compiler itself: prost's own types would drop the `google.api.http` options.
    fs::write(out.join("shop.binpb"), compiler.encode_file_descriptor_set())?;

    let mut config = prost_build::Config::new();
    // The indented examples in the comments there are no Rust.
    config.include_file("shop_api.rs").enable_type_names().disable_comments([".google"]);
    tonic_prost_build::configure()
        .out_dir(out)
        .bytes(".")
        // Ordered, so that the same message is the same bytes each time.
        .btree_map(".")
        .compile_fds_with_config(compiler.file_descriptor_set(), config)?;
    Ok(())
}

/// What the documentation page needs of Swagger UI, and our own part of it, each file compressed as
/// it is sent.
fn docs(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src/frontend/described/start.js");
    let folder = out.join("docs");
    fs::create_dir_all(&folder)?;
    let pack = |name: &str, bytes: &[u8]| pack(&folder, name, bytes);
    pack("start.js", &fs::read("src/frontend/described/start.js")?)?;

    let archive = Cursor::new(utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED);
    let mut archive = zip::ZipArchive::new(archive)?;
    let wanted = ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"];
    let mut packed = 0;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        // Everything is below one folder that has the version in its name.
        let path = entry.name()?.split_once('/').map_or("", |(_, path)| path).to_owned();
        let name = match path.strip_prefix("dist/") {
            Some(name) if wanted.contains(&name) => name,
            None if path == "LICENSE" => "LICENSE",
            _ => continue,
        };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        pack(name, &bytes)?;
        packed += 1;
    }
    if packed != wanted.len() + 1 {
        return Err(format!("Swagger UI has only {packed} of {wanted:?} and its license").into());
    }
    Ok(())
}

/// The files of the GraphQL page, each compressed as it is sent.
fn graphql_page(out: &Path) -> Result<(), Box<dyn Error>> {
    let from = Path::new("src/frontend/graphql/page");
    println!("cargo::rerun-if-changed={}", from.display());
    let folder = out.join("graphql");
    fs::create_dir_all(&folder)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if [".js", ".css", ".svg"].iter().any(|ending| name.ends_with(ending)) {
            pack(&folder, name, &fs::read(&path)?)?;
        }
    }
    Ok(())
}

fn pack(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let file = fs::File::create(folder.join(format!("{name}.gz")))?;
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::best());
    packed.write_all(bytes)?;
    packed.finish()?;
    Ok(())
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
