//! Writes what each target starts from, made of the test corpus: `seeds FOLDER` fills
//! `FOLDER/TARGET` with inputs and writes `FOLDER/TARGET.dict`.

mod graphql;
mod literals;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dragoman_fuzz::codec::{Input, MESSAGES};
use dragoman_fuzz::{CONTRACT, grpc, requests, root, soap, xml};
// All that is linked here is built to be fuzzed, and calls into this.
use libfuzzer_sys as _;
use serde_json::Value;

pub type Seeds = BTreeMap<&'static str, BTreeSet<Vec<u8>>>;

/// Words of WSDL and XML Schema.
const WSDL_WORDS: [&str; 24] = [
    "complexType",
    "simpleType",
    "sequence",
    "choice",
    "all",
    "element",
    "attribute",
    "extension",
    "restriction",
    "complexContent",
    "simpleContent",
    "group",
    "union",
    "list",
    "enumeration",
    "any",
    "maxOccurs=",
    "minOccurs=",
    "unbounded",
    "abstract=",
    "ref=",
    "type=",
    "base=",
    "nillable=",
];

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("wanted: a folder to write to")?.into();
    let mut seeds = Seeds::new();
    let cases = cases()?;
    codec(&cases, &mut seeds)?;
    frontend(&cases, &mut seeds)?;
    graphql::seeds(&cases, &mut seeds);
    envelopes(&cases, &mut seeds)?;
    grpc(&mut seeds);
    wsdl(&mut seeds)?;
    config(&cases, &mut seeds)?;
    descriptors(&mut seeds)?;
    // What these are made of is no text; any bytes are a beginning.
    seeds.entry("grpc_answers").or_default().insert((0..=255).collect());
    for (target, seeds) in &seeds {
        fs::create_dir_all(folder.join(target))?;
        for (index, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(target).join(format!("seed-{index:04}")), seed)?;
        }
        println!("{target}: {} seeds", seeds.len());
        // A source that is not found any more must not go unnoticed.
        let least = if *target == "grpc_answers" { 1 } else { 10 };
        if seeds.len() < least {
            return Err(format!("only {} seeds for {target}", seeds.len()).into());
        }
    }
    fs::write(folder.join("graphql.dict"), graphql::dictionary())?;
    let dictionary = dictionary();
    fs::write(folder.join("wsdl.dict"), WSDL_WORDS.map(|word| format!("\"{word}\"\n")).concat())?;
    for target in ["json_to_wire", "requests", "xml", "envelopes"] {
        fs::write(folder.join(format!("{target}.dict")), &dictionary)?;
    }
    Ok(())
}

/// The case files of the end-to-end tests.
fn cases() -> Result<Vec<Value>, Box<dyn Error>> {
    let mut cases = Vec::new();
    for path in files(&root().join("tests/cases"), "yaml")? {
        cases.push(serde_saphyr::from_str(&fs::read_to_string(path)?)?);
    }
    Ok(cases)
}

/// JSON out of the test tables and the cases, as every message that it is JSON of, and its wire
/// bytes; the first message takes what none does.
fn codec(cases: &[Value], seeds: &mut Seeds) -> Result<(), Box<dyn Error>> {
    let mut texts = BTreeSet::new();
    for path in files(&root().join("src/codec"), "rs")? {
        let literals = literals::strings(&fs::read_to_string(path)?)?;
        texts.extend(literals.into_iter().filter(|text| text.trim_start().starts_with(['{', '['])));
    }
    for case in cases {
        strings(case, &mut |text| {
            if text.trim_start().starts_with('{') {
                texts.insert(text.to_owned());
            }
        });
    }
    for text in texts {
        let mut taken = false;
        for message in 0..MESSAGES.len() as u8 {
            // Refusing what is unknown, with all options of writing.
            for options in [0, 0b1100] {
                let seed = [&[message, options], text.as_bytes()].concat();
                let Some(wire) = Input::parse(&seed).and_then(|it| it.decode(it.data).ok()) else {
                    continue;
                };
                taken = true;
                seeds.entry("json_to_wire").or_default().insert(seed);
                let seed = [&[message, options], &wire[..]].concat();
                seeds.entry("wire_to_json").or_default().insert(seed);
                xml(message, &wire, seeds);
            }
        }
        if !taken {
            seeds.entry("json_to_wire").or_default().insert([&[0, 2], text.as_bytes()].concat());
        }
    }
    Ok(())
}

/// Wire bytes for the target of XML, and the XML that they are.
fn xml(message: u8, wire: &[u8], seeds: &mut Seeds) {
    let seeds = seeds.entry("xml").or_default();
    let seed = [&[message, 0], wire].concat();
    if let Some(input) = xml::Input::parse(&seed)
        && let Ok(text) = input.encode(wire)
    {
        seeds.insert([&[message, 1], text.as_bytes()].concat());
    }
    seeds.insert(seed);
}

/// The envelopes of the cases, and the hostile documents of the codec's tests in an envelope's place.
fn envelopes(cases: &[Value], seeds: &mut Seeds) -> Result<(), Box<dyn Error>> {
    let envelopes = seeds.entry("envelopes").or_default();
    let mut add = |content_type: &str, body: &str| {
        for (is_rpc, answers_body) in [(false, false), (true, false), (false, true)] {
            let (content_type, body) = (content_type.as_bytes(), body.as_bytes());
            let input = soap::Input { is_rpc, answers_body, content_type, body };
            envelopes.insert(input.print());
        }
    };
    for request in cases.iter().filter_map(|file| file["cases"].as_array()).flatten() {
        let request = &request["request"];
        let content_type = request["headers"]["content-type"].as_str().unwrap_or_default();
        if let Some(body) = request["body"].as_str()
            && ["xml", "multipart"].iter().any(|kind| content_type.contains(kind))
        {
            add(content_type, body);
        }
    }
    for text in
        literals::strings(&fs::read_to_string(root().join("src/codec/xml/tests/hostile.rs"))?)?
    {
        if text.trim_start().starts_with('<') {
            add("text/xml", &text);
        }
    }
    Ok(())
}

/// The WSDLs of the tests, by themselves and with each schema beside them.
fn wsdl(seeds: &mut Seeds) -> Result<(), Box<dyn Error>> {
    let seeds = seeds.entry("wsdl").or_default();
    for folder in [root().join("tests/wsdl"), root().join("wsdl")] {
        for path in files(&folder, "wsdl")? {
            let wsdl = fs::read(&path)?;
            for schema in files(path.parent().unwrap_or(&folder), "xsd")? {
                seeds.insert([&wsdl[..], b"\0", &fs::read(schema)?].concat());
            }
            seeds.insert(wsdl);
        }
    }
    Ok(())
}

/// A message in each form that a protocol of gRPC's has.
fn grpc(seeds: &mut Seeds) {
    let seeds = seeds.entry("grpc_requests").or_default();
    let wire = b"\x0a\x01a\x10\x05";
    let json = br#"{"name":"a","number":5}"#;
    for (content_type, name) in (0..).zip(grpc::CONTENT_TYPES) {
        for operation in 0..grpc::OPERATIONS.len() as u8 {
            let message: &[u8] = if name.contains("json") { json } else { wire };
            let frame = [&[0, 0, 0, 0, message.len() as u8], message].concat();
            let body = match name {
                "application/proto" | "application/json" => message.to_vec(),
                "application/grpc-web-text" => BASE64_STANDARD.encode(&frame).into_bytes(),
                _ => [&frame[..], &frame].concat(),
            };
            for options in [0, 0b10010, 0b100] {
                seeds.insert([&[content_type, operation, options], &body[..]].concat());
            }
        }
    }
    for query in [
        "connect=v1&encoding=json&message=%7B%22name%22%3A%22a%22%7D",
        "connect=v1&encoding=proto&base64=1&message=CgFhEAU",
        "connect=v1&encoding=proto&base64=1&compression=gzip&message=H4sIAAAAAAAAA-NiTBQAAHk",
    ] {
        seeds.insert([&[3, 0, 1], query.as_bytes()].concat());
    }
}

/// The requests of the cases, and the path templates of contract and tests.
fn frontend(cases: &[Value], seeds: &mut Seeds) -> Result<(), Box<dyn Error>> {
    let of = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    for request in cases.iter().filter_map(|file| file["cases"].as_array()).flatten() {
        let request = &request["request"];
        let (target, body) = (of(request, "path"), of(request, "body"));
        if target.is_empty() {
            continue;
        }
        let method = request["method"].as_str().unwrap_or(match body.is_empty() {
            true => "GET",
            false => "POST",
        });
        let mut headers = BTreeMap::new();
        for (name, value) in request["headers"].as_object().into_iter().flatten() {
            headers.insert(name.to_ascii_lowercase(), value.as_str().unwrap_or_default());
        }
        let header = |name: &str| headers.get(name).copied().unwrap_or_default().as_bytes();
        for is_lax in [false, true] {
            let input = requests::Input {
                is_lax,
                in_pieces: is_lax,
                answers_body: false,
                method,
                target: &target,
                content_type: header("content-type"),
                accept: header("accept"),
                timeout: header("grpc-timeout"),
                metadata: b"",
                body: body.as_bytes(),
            };
            seeds.entry("requests").or_default().insert(input.print());
        }
    }
    let mut templates = BTreeSet::new();
    for operation in CONTRACT.operations().values() {
        templates.extend(operation.http.iter().map(|rule| rule.template.text.clone()));
    }
    for path in files(&root().join("src/contract/http_rule"), "rs")? {
        let literals = literals::strings(&fs::read_to_string(path)?)?;
        templates.extend(literals.into_iter().filter(|text| text.starts_with('/')));
    }
    let routes = seeds.entry("routes").or_default();
    routes.extend(templates.into_iter().map(String::into_bytes));
    // Of other than a `/` in front, routes are made; any bytes will do.
    routes
        .extend((1..=8).map(|step: u8| (0..200).map(|at: u8| at.wrapping_mul(step * 7)).collect()));
    Ok(())
}

/// The configs of cases and tests.
fn config(cases: &[Value], seeds: &mut Seeds) -> Result<(), Box<dyn Error>> {
    let configs = seeds.entry("config").or_default();
    for case in cases {
        configs.extend(case["config"].as_str().map(|text| text.as_bytes().to_vec()));
    }
    for path in files(&root().join("src/config"), "rs")? {
        let literals = literals::strings(&fs::read_to_string(path)?)?;
        let literals = literals.into_iter().filter(|text| text.len() > 10 && text.contains(": "));
        configs.extend(literals.map(String::into_bytes));
    }
    Ok(())
}

/// The sources in the contract's tests, compiled; each as the edition that its syntax is, too.
fn descriptors(seeds: &mut Seeds) -> Result<(), Box<dyn Error>> {
    let mut sources = BTreeSet::new();
    for path in files(&root().join("src"), "rs")? {
        let literals = literals::strings(&fs::read_to_string(path)?)?;
        sources.extend(literals.into_iter().filter(|text| text.contains("syntax = \"proto")));
    }
    for path in files(&root().join("src"), "proto")? {
        sources.insert(fs::read_to_string(path)?);
    }
    for source in sources {
        // Some are broken on purpose, and some import what stands beside them.
        let Ok(file) = protox::file::File::from_source("seed.proto", &source) else { continue };
        let mut resolver = protox::file::ChainFileResolver::new();
        resolver.add(One(file));
        resolver.add(protox::file::GoogleFileResolver::new());
        let mut compiler = protox::Compiler::with_file_resolver(resolver);
        if compiler.open_file("seed.proto").is_err() {
            continue;
        }
        let set = compiler.encode_file_descriptor_set();
        let mut seed = vec![4, 0, 0x0A, 1, b'a', 0x10];
        seed.extend_from_slice(&set);
        seeds.entry("descriptors").or_default().insert(seed);
        if let Some(edition) = edition(&set) {
            let seed = [&[0, 0][..], &edition].concat();
            seeds.entry("descriptors").or_default().insert(seed);
        }
    }
    Ok(())
}

/// A set of one file, `file = 1`, with `syntax = 12` and `edition = 14` written once more.
fn edition(set: &[u8]) -> Option<Vec<u8>> {
    let mut reader = dragoman::codec::wire::Reader::new(set, 0, set.len());
    reader.head().ok()?;
    let (start, end) = reader.range().ok()?;
    let mut file = set.get(start..end)?.to_vec();
    dragoman::codec::wire::write_bytes(12, b"editions", &mut file);
    file.extend_from_slice(&[14 << 3, 0xE8, 0x07]);
    let mut out = Vec::new();
    dragoman::codec::wire::write_bytes(1, &file, &mut out);
    Some(out)
}

struct One(protox::file::File);

impl protox::file::FileResolver for One {
    fn open_file(&self, name: &str) -> Result<protox::file::File, protox::Error> {
        match name {
            "seed.proto" => Ok(self.0.clone()),
            _ => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// Names of fields and types, and words with a meaning of their own.
fn dictionary() -> String {
    let mut words: BTreeSet<String> =
        ["@type", "NaN", "-Infinity", "true", "null", "value", "1e5"].map(str::to_owned).into();
    let shapes = CONTRACT.shapes();
    for name in MESSAGES {
        words.insert(format!("type.googleapis.com/{name}"));
        let Some(id) = shapes.id(name) else { continue };
        for field in &shapes.get(id).fields {
            words.extend([field.json_name.to_string(), field.name.to_string()]);
        }
    }
    let quoted = |word: &String| {
        let bytes = word.bytes().map(|byte| match byte {
            b'"' | b'\\' | ..0x20 | 0x7f.. => format!("\\x{byte:02X}"),
            byte => char::from(byte).to_string(),
        });
        format!("\"{}\"\n", bytes.collect::<String>())
    };
    words.iter().map(quoted).collect()
}

pub fn strings(value: &Value, see: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => see(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, see)),
        Value::Object(map) => {
            if map.contains_key("method") || map.contains_key("path") {
                for key in ["request", "reply"] {
                    if let Some(message) = map.get(key).filter(|message| message.is_object()) {
                        see(&message.to_string());
                    }
                }
            }
            map.values().for_each(|item| strings(item, see));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
