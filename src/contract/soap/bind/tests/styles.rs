//! WSDLs in the styles of those that are out there (tests/wsdl): each loads, is bound, and its messages
//! are those of its contract, both ways.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::super::{Bound, bind};
use crate::codec::json;
use crate::codec::xml::{
    Codec, DecodeOptions, EncodeOptions, Event, Limits, NoAttachments, Reader,
};
use crate::config;
use crate::contract::shape::ShapeId;
use crate::contract::soap::{Service, SoapOperation, Style};
use crate::contract::view::{JsonNames, View};
use crate::contract::{Contract, load};

/// One message each way.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    operation: String,
    /// The element in the body.
    #[serde(default)]
    request: String,
    /// What the backend is sent.
    #[serde(default)]
    calls: Value,
    /// Or why the request is refused.
    #[serde(default)]
    refused: Option<String>,
    /// What the backend answers.
    #[serde(default)]
    reply: Value,
    /// The element in the answer's body.
    #[serde(default)]
    answers: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wsdl")
}

struct Fixture {
    json: Arc<View>,
    bound: Bound,
}

impl Fixture {
    fn load(folder: &Path) -> Self {
        let (loaded, problems) =
            load::proto(&[folder.join("contract.proto")], &[folder.to_owned()]);
        assert!(problems.is_empty(), "{problems:?}");
        let (contract, problems) = Contract::build(&[loaded]);
        assert!(problems.is_empty(), "{problems:?}");
        let text = fs::read_to_string(folder.join("binding.yaml")).unwrap();
        let checked = config::wsdl("binding.yaml", text, &mut |path| fs::read(folder.join(path)))
            .unwrap_or_else(|problems| panic!("{problems}"));
        let operations: Vec<_> = contract.operations().values().cloned().collect();
        let bound =
            bind(&checked.wsdl, checked.path.as_deref(), &contract, &operations, &checked.wishes);
        let json = Arc::new(View::json(contract.shapes().clone(), JsonNames::default()));
        Self { json, bound }
    }

    fn json(&self, shape: ShapeId, wire: &[u8]) -> Value {
        let mut out = Vec::new();
        json::encode(&self.json, shape, wire, &json::EncodeOptions::default(), &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    fn wire(&self, shape: ShapeId, value: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        let text = value.to_string();
        json::decode(&self.json, shape, text.as_bytes(), &json::DecodeOptions::default(), &mut out)
            .unwrap_or_else(|error| panic!("{error}: {text}"));
        out
    }
}

/// The message that an element is.
fn read(
    codec: &Codec,
    message: &crate::contract::soap::Message,
    xml: &str,
) -> Result<Vec<u8>, String> {
    let mut reader = Reader::new(xml, Limits::default());
    let Event::Start(start) = reader.step().unwrap() else { panic!("no element: {xml}") };
    let uri = codec.view().uri(message.element.namespace);
    assert!(start.is(uri, &message.element.local), "{start:?} is not {:?}", message.element);
    let mut wire = Vec::new();
    let options = DecodeOptions::default();
    codec
        .decode(message.body, &start, &mut reader, &options, &mut NoAttachments, &mut wire)
        .map_err(|error| error.to_string())?;
    Ok(wire)
}

fn is_updating() -> bool {
    std::env::var_os("UPDATE_EXPECT").is_some()
}

fn check(name: &str) {
    let folder = folder().join(name);
    let fixture = Fixture::load(&folder);
    assert_eq!(fixture.bound.problems, [""; 0], "{name}");
    let mut told = String::new();
    for note in &fixture.bound.notes {
        writeln!(told, "{note}").unwrap();
    }
    let notes = folder.join("notes.txt");
    if is_updating() {
        fs::write(&notes, &told).unwrap();
    }
    assert_eq!(told, fs::read_to_string(&notes).unwrap_or_default(), "{name}: notes.txt");

    let path = folder.join("cases.yaml");
    let mut text = fs::read_to_string(&path).unwrap();
    let cases: Vec<Case> = serde_saphyr::from_str(&text).unwrap();
    let view = fixture.bound.services[0].view.clone();
    let codec = Codec::new(view, fixture.json.clone());
    for case in &cases {
        let of = |service: &Service| {
            service.operations.iter().find(|one| *one.name == *case.operation).cloned()
        };
        let found = fixture.bound.services.iter().find_map(of);
        let operation = found.unwrap_or_else(|| panic!("{name}: {} is not served", case.operation));
        let answered = case_holds(&fixture, &codec, &operation, case, name);
        let quoted = |text: &str| format!("answers: '{}'", text.replace('\'', "''"));
        text = text.replacen(&quoted(&case.answers), &quoted(&answered), 1);
    }
    if is_updating() {
        fs::write(&path, text).unwrap();
    }
}

fn case_holds(
    fixture: &Fixture,
    codec: &Codec,
    operation: &SoapOperation,
    case: &Case,
    name: &str,
) -> String {
    let called = &operation.operation;
    if !case.request.is_empty() {
        match (read(codec, &operation.input, &case.request), &case.refused) {
            (Ok(wire), None) => assert_eq!(fixture.json(called.input, &wire), case.calls, "{name}"),
            (Err(error), Some(expected)) => assert_eq!(error, *expected, "{name}"),
            (read, expected) => panic!("{name}: {read:?}, expected {expected:?}"),
        }
    }
    let Some(output) = &operation.output else {
        assert!(case.answers.is_empty(), "{name}: one-way");
        return String::new();
    };
    if case.answers.is_empty() {
        return String::new();
    }
    let wire = fixture.wire(called.output, &case.reply);
    let root = codec.root(&output.element, output.body, true);
    let mut xml = Vec::new();
    codec.encode(&root, &wire, &EncodeOptions::default(), None, &mut xml).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    if !is_updating() {
        assert_eq!(xml, case.answers, "{name}: {}", operation.name);
    }
    if operation.style != Style::Encoded {
        let read = read(codec, output, &xml).unwrap();
        assert_eq!(fixture.json(called.output, &read), case.reply, "{name}: {xml}");
    }
    xml
}

macro_rules! styles {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })*

        #[test]
        fn every_folder_is_checked() {
            let mut folders: Vec<_> = fs::read_dir(folder()).unwrap()
                .filter_map(|entry| {
                    let entry = entry.unwrap();
                    entry.path().is_dir().then(|| entry.file_name().into_string().unwrap())
                })
                .collect();
            folders.sort();
            assert_eq!(folders, [$(stringify!($name)),*]);
        }
    };
}

styles! { axis bank bare camera dotnet inheritance rpc sap split travel }
