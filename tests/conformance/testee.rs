//! What Google's protobuf conformance suite talks to: the gateway's codec behind the suite's
//! protocol. `scripts/conformance` runs the two.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use dragoman::codec::canonical;
use dragoman::codec::json::{self, DecodeOptions, EncodeOptions, UnknownFields};
use dragoman::contract::load;
use dragoman::contract::view::{JsonNames, View};
use dragoman::contract::{Contract, Severity};
use prost::Message as _;

/// `conformance.WireFormat`.
const PROTOBUF: i32 = 1;
const JSON: i32 = 2;
/// `conformance.TestCategory`.
const JSON_IGNORE_UNKNOWN_PARSING_TEST: i32 = 3;
/// The gateway's default.
const MAX_DEPTH: u32 = 100;

/// `conformance.ConformanceRequest`. Its text formats are left out: those tests are skipped.
#[derive(Clone, PartialEq, prost::Message)]
struct Request {
    #[prost(bytes = "vec", optional, tag = "1")]
    protobuf_payload: Option<Vec<u8>>,
    #[prost(string, optional, tag = "2")]
    json_payload: Option<String>,
    #[prost(int32, tag = "3")]
    requested_output_format: i32,
    #[prost(string, tag = "4")]
    message_type: String,
    #[prost(int32, tag = "5")]
    test_category: i32,
}

/// `conformance.ConformanceResponse`.
#[derive(Clone, PartialEq, prost::Message)]
struct Response {
    #[prost(oneof = "Outcome", tags = "1, 2, 3, 4, 5, 6")]
    result: Option<Outcome>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Outcome {
    #[prost(string, tag = "1")]
    ParseError(String),
    #[prost(string, tag = "2")]
    RuntimeError(String),
    #[prost(bytes = "vec", tag = "3")]
    Protobuf(Vec<u8>),
    #[prost(string, tag = "4")]
    Json(String),
    #[prost(string, tag = "5")]
    Skipped(String),
    #[prost(string, tag = "6")]
    SerializeError(String),
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [include, editions] = arguments.as_slice() else {
        return Err("wanted: the folder of the suite's sources, its editions' descriptors".into());
    };
    let view = View::json(load(include, editions)?.shapes().clone(), JsonNames::default());
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    loop {
        let mut length = [0; 4];
        match input.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let mut request = vec![0; usize::try_from(u32::from_le_bytes(length))?];
        input.read_exact(&mut request)?;
        let result = Some(answer(&view, Request::decode(request.as_slice())?));
        let response = Response { result }.encode_to_vec();
        output.write_all(&u32::try_from(response.len())?.to_le_bytes())?;
        output.write_all(&response)?;
        output.flush()?;
    }
}

/// The test messages: proto2 and proto3 from their sources, editions from their descriptors.
fn load(include: &Path, editions: &Path) -> Result<Contract, Box<dyn std::error::Error>> {
    let sources = ["test_messages_proto2.proto", "test_messages_proto3.proto"]
        .map(|name| include.join("google/protobuf").join(name));
    let (sources, mut problems) = load::proto(&sources, &[include.to_owned()]);
    let (contract, more) = Contract::build(&[sources, load::descriptors(editions)?]);
    problems.extend(more);
    match problems.into_iter().find(|problem| problem.severity == Severity::Error) {
        Some(problem) => Err(problem.into()),
        None => Ok(contract),
    }
}

/// What is asked for in protobuf is the decoder's own output where JSON came in; protobuf, which the
/// gateway hands through untouched, is checked and written in its canonical form.
fn answer(view: &View, request: Request) -> Outcome {
    let Some(shape) = view.shapes().id(&request.message_type) else {
        return Outcome::RuntimeError(format!("no message type {}", request.message_type));
    };
    let (wire, is_ours) = match (request.protobuf_payload, request.json_payload) {
        (Some(wire), _) => (wire, false),
        (None, Some(text)) => {
            let ignore = request.test_category == JSON_IGNORE_UNKNOWN_PARSING_TEST;
            let unknown_fields = if ignore { UnknownFields::Ignore } else { UnknownFields::Refuse };
            let options = DecodeOptions { unknown_fields, ..DecodeOptions::default() };
            let mut wire = Vec::new();
            match json::decode(view, shape, text.as_bytes(), &options, &mut wire) {
                Ok(_) => (wire, true),
                Err(error) => return Outcome::ParseError(error.to_string()),
            }
        }
        (None, None) => return Outcome::Skipped("only protobuf and JSON are read".into()),
    };
    let mut out = Vec::new();
    match request.requested_output_format {
        PROTOBUF if is_ours => Outcome::Protobuf(wire),
        PROTOBUF => match canonical::rewrite(view.shapes(), shape, &wire, MAX_DEPTH, &mut out) {
            Ok(()) => Outcome::Protobuf(out),
            Err(error) => Outcome::ParseError(error.to_string()),
        },
        JSON => match json::encode(view, shape, &wire, &EncodeOptions::default(), &mut out) {
            Ok(()) => match String::from_utf8(out) {
                Ok(text) => Outcome::Json(text),
                Err(error) => Outcome::RuntimeError(error.to_string()),
            },
            Err(error) => Outcome::SerializeError(error.to_string()),
        },
        _ => Outcome::Skipped("only protobuf and JSON are written".into()),
    }
}
