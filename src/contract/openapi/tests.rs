use std::sync::Arc;

use serde_json::{Value, json};

use super::{Binding, Document, ErrorForm, Options};
use crate::contract::http_rule::HttpRule;
use crate::contract::view::{JsonNames, View};
use crate::contract::{Contract, load};

const LIBRARY: &str = r#"
syntax = "proto3";
package library.v1;
import "google/api/annotations.proto";
import "google/api/field_behavior.proto";
import "google/api/httpbody.proto";
import "google/protobuf/empty.proto";

// Books. And their shelves.
//
// All of them.
service Library {
  // One book. It may be lent.
  rpc GetBook(GetBookRequest) returns (Book) {
    option (google.api.http) = {
      get: "/v1/{name=shelves/*/books/*}"
      additional_bindings { get: "/v1/files/{name=**}:stat" }
      additional_bindings { get: "/v1/titles/{name}" }
      additional_bindings { custom { kind: "REPORT" path: "/v1/titles/{name}" } }
      additional_bindings { get: "/v1/titles/{name=**}" }
    };
  }
  rpc PutBook(PutBookRequest) returns (Book) {
    option deprecated = true;
    option (google.api.http) = {
      put: "/v1/titles/{book.name}" body: "book" response_body: "sequel"
      additional_bindings { post: "/v1/shelves/{shelf}/books" body: "*" }
      additional_bindings { custom { kind: "*" path: "/v1/shelves/{shelf}/books" } body: "*" }
    };
  }
  rpc Follow(GetBookRequest) returns (stream Book) { option (google.api.http) = { get: "/v1/follow" }; }
  rpc Gather(stream PutBookRequest) returns (google.protobuf.Empty) {
    option (google.api.http) = { post: "/v1/gather" body: "*" };
  }
  rpc Scan(google.api.HttpBody) returns (google.api.HttpBody) {
    option (google.api.http) = { post: "/v1/scan" body: "*" };
  }
}

message GetBookRequest {
  // Which.
  string name = 1;
  Filter filter = 2;
  message Filter {
    repeated Book.Kind kinds = 1;
    int64 after = 2 [deprecated = true];
    Filter other = 3;
    map<string, string> labels = 4;
    string made = 5 [(google.api.field_behavior) = OUTPUT_ONLY];
  }
}
message PutBookRequest {
  Book book = 1;
  string shelf = 2 [(google.api.field_behavior) = REQUIRED];
  bool force = 3;
}
// A thing to read.
message Book {
  string name = 1 [(google.api.field_behavior) = REQUIRED];
  int64 pages = 2;
  // The kind.
  Kind kind = 3 [deprecated = true];
  Book sequel = 4;
  string made = 5 [(google.api.field_behavior) = OUTPUT_ONLY];
  string secret = 6 [(google.api.field_behavior) = INPUT_ONLY];
  oneof place { string shelf = 7; string lent_to = 8; }
  Label label = 9;
  enum Kind {
    KIND_UNSPECIFIED = 0;
    // Made up.
    NOVEL = 1;
  }
}
message Label { option deprecated = true; string text = 1; }
"#;

const OPTIONS: Options = Options {
    title: String::new(),
    version: String::new(),
    description: String::new(),
    servers: Vec::new(),
    errors: ErrorForm::Status,
    emit_defaults: false,
    enum_as_number: false,
    refuse_unknown: false,
    forward_headers: Vec::new(),
    etag: false,
    minimal: false,
    incomplete: false,
};

fn contract() -> Contract {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("library.proto");
    std::fs::write(&file, LIBRARY).unwrap();
    let (loaded, problems) = load::proto(&[file], &[dir.path().to_owned()]);
    assert!(problems.is_empty(), "{problems:?}");
    let (contract, problems) = Contract::build(&[loaded]);
    assert!(problems.is_empty(), "{problems:?}");
    contract
}

/// The document of all operations at all of their rules.
fn document(options: &Options) -> Value {
    let contract = contract();
    let view = View::json(contract.shapes().clone(), JsonNames::default());
    let bindings = contract.operations().values().flat_map(|operation| {
        operation.http.iter().enumerate().map(|(index, rule): (usize, &HttpRule)| Binding {
            operation: Arc::clone(operation),
            rule: rule.clone(),
            index,
        })
    });
    let bindings: Vec<Binding> = bindings.collect();
    serde_json::to_value(Document::build(&contract, &view, options, &bindings)).unwrap()
}

fn operation<'d>(document: &'d Value, method: &str, path: &str) -> &'d Value {
    let found = document["paths"].get(path).and_then(|item| item.get(method));
    found.unwrap_or_else(|| panic!("no {method} {path} in {:#}", document["paths"]))
}

/// Places and names of the parameters, a `!` behind those that are required.
fn parameters(operation: &Value) -> Vec<String> {
    let parameters = operation["parameters"].as_array();
    let print = |parameter: &Value| {
        if let Some(reference) = parameter["$ref"].as_str() {
            return reference.to_owned();
        }
        let mark = if parameter["required"] == true { "!" } else { "" };
        format!("{} {}{mark}", parameter["in"], parameter["name"]).replace('"', "")
    };
    parameters.into_iter().flatten().map(print).collect()
}

fn schema<'d>(document: &'d Value, name: &str) -> &'d Value {
    let schemas = &document["components"]["schemas"];
    schemas.get(name).unwrap_or_else(|| {
        panic!("no {name} in {:?}", schemas.as_object().map(|schemas| schemas.keys()))
    })
}

#[test]
fn templates_become_paths() {
    let document = document(&OPTIONS);
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(
        paths,
        [
            "/v1/files/{name}:stat",
            "/v1/follow",
            "/v1/gather",
            "/v1/scan",
            "/v1/shelves/{name-1}/books/{name-2}",
            "/v1/shelves/{shelf}/books",
            "/v1/titles/{name}",
        ]
    );
    let of = |method, path| parameters(operation(&document, method, path));
    let query = ["query filter.kinds", "query filter.after"];
    let with = |first: &[&'static str]| [first, &query].concat();
    assert_eq!(
        of("get", "/v1/shelves/{name-1}/books/{name-2}"),
        with(&["path name-1!", "path name-2!"])
    );
    assert_eq!(of("get", "/v1/files/{name}:stat"), with(&["path name!"]));
    assert_eq!(of("put", "/v1/titles/{name}"), ["path name!", "query shelf!", "query force"]);
    assert_eq!(of("post", "/v1/shelves/{shelf}/books"), ["path shelf!"]);
    let part = &operation(&document, "get", "/v1/shelves/{name-1}/books/{name-2}");
    assert_eq!(part["x-path-template"], "/v1/{name=shelves/*/books/*}");
    let about = "Which.\n\nA part of `name`, which is `shelves/*/books/*`.";
    assert_eq!(part["parameters"][0]["description"], about);
    assert_eq!(part["x-more-query-parameters"], true);
}

#[test]
fn what_openapi_has_no_place_for_is_told_beside_it() {
    let document = document(&OPTIONS);
    let more = document["paths"]["/v1/titles/{name}"]["x-additional-operations"].clone();
    let print = |one: &Value| (one["method"].clone(), one["operation"]["operationId"].clone());
    let more: Vec<_> = more.as_array().unwrap().iter().map(print).collect();
    assert_eq!(
        more,
        [
            (json!("REPORT"), json!("library.v1.Library.GetBook-4")),
            (json!("GET"), json!("library.v1.Library.GetBook-5")),
        ]
    );
}

#[test]
fn rule_for_any_method_fills_what_others_leave() {
    let document = document(&OPTIONS);
    let item = document["paths"]["/v1/shelves/{shelf}/books"].as_object().unwrap();
    let identifiers: Vec<_> = item
        .iter()
        .map(|(method, operation)| (method.as_str(), &operation["operationId"]))
        .collect();
    let prefix = "library.v1.Library.PutBook";
    let of = |suffix: &str| json!(format!("{prefix}{suffix}"));
    assert_eq!(
        identifiers,
        [
            ("delete", &of("-3-delete")),
            ("get", &of("-3-get")),
            ("patch", &of("-3-patch")),
            ("post", &of("-2")),
            ("put", &of("-3-put")),
        ]
    );
}

#[test]
fn comments_and_marks_are_kept() {
    let document = document(&OPTIONS);
    let get = operation(&document, "get", "/v1/shelves/{name-1}/books/{name-2}");
    assert_eq!(get["operationId"], "library.v1.Library.GetBook");
    assert_eq!(get["summary"], "One book");
    assert_eq!(get["description"], "One book. It may be lent.");
    assert_eq!(get["deprecated"], Value::Null);
    let put = operation(&document, "put", "/v1/titles/{name}");
    assert_eq!((&put["summary"], &put["deprecated"]), (&json!("PutBook"), &json!(true)));
    assert_eq!(document["tags"][0]["name"], "library.v1.Library");
    assert_eq!(document["tags"][0]["description"], "Books. And their shelves.\n\nAll of them.");
    let after = &get["parameters"][3];
    assert_eq!((&after["name"], &after["deprecated"]), (&json!("filter.after"), &json!(true)));

    let book = schema(&document, "library.v1.Book");
    assert_eq!(book["description"], "A thing to read.");
    assert_eq!(book["properties"]["made"]["readOnly"], true);
    assert_eq!(book["properties"]["secret"]["writeOnly"], true);
    let kind = json!({
        "$ref": "#/components/schemas/library.v1.Book.Kind",
        "description": "The kind.",
        "deprecated": true,
    });
    assert_eq!(book["properties"]["kind"], kind);
    assert_eq!(schema(&document, "library.v1.Label")["deprecated"], true);
    let kinds = schema(&document, "library.v1.Book.Kind");
    assert_eq!(kinds["description"], "- `KIND_UNSPECIFIED`\n- `NOVEL`: Made up.");
}

#[test]
fn requests_and_replies_share_a_schema_unless_they_differ() {
    let document = document(&OPTIONS);
    let names: Vec<_> =
        document["components"]["schemas"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        names,
        [
            "error-problem",
            "error-status",
            "library.v1.Book",
            "library.v1.Book-line",
            "library.v1.Book.Input",
            "library.v1.Book.Kind",
            "library.v1.Label",
            "library.v1.PutBookRequest",
        ]
    );
    let (reply, request) =
        (schema(&document, "library.v1.Book"), schema(&document, "library.v1.Book.Input"));
    assert_eq!(reply["required"], Value::Null);
    assert_eq!(request["required"], json!(["name"]));
    assert_eq!(reply["properties"]["pages"]["type"], "string");
    assert_eq!(request["properties"]["pages"]["type"], json!(["string", "integer"]));
    assert_eq!(request["additionalProperties"], Value::Null);
    let exclusive = json!({ "shelf": { "propertyNames": { "not": { "enum": ["lentTo"] } } } });
    assert_eq!(reply["dependentSchemas"], exclusive);
}

#[test]
fn options_of_the_listener_show() {
    let options = Options {
        emit_defaults: true,
        enum_as_number: true,
        refuse_unknown: true,
        errors: ErrorForm::Problem,
        forward_headers: vec!["authorization".into(), "x-tenant".into()],
        servers: vec!["https://api.example.com".into()],
        incomplete: true,
        ..OPTIONS
    };
    let document = document(&options);
    let book = schema(&document, "library.v1.Book");
    assert_eq!(book["required"], json!(["name", "pages", "kind", "made", "secret"]));
    assert_eq!(book["additionalProperties"], Value::Null);
    assert_eq!(schema(&document, "library.v1.Book.Input")["additionalProperties"], false);
    assert_eq!(schema(&document, "library.v1.Book.Kind")["type"], "integer");
    assert!(schema(&document, "library.v1.Book.Kind.Input")["anyOf"].is_array());
    assert_eq!(document["security"], json!([{}, { "bearer": [] }]));
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    let get = parameters(operation(&document, "get", "/v1/follow"));
    assert_eq!(get.last().unwrap(), "#/components/parameters/header-x-tenant");
    assert!(document["components"]["parameters"]["header-x-tenant"].is_object());
    assert_eq!(document["servers"], json!([{ "url": "https://api.example.com" }]));
    assert_eq!(document["info"]["x-incomplete"], true);
    let error = &document["components"]["responses"]["Error"]["description"];
    assert!(error.as_str().unwrap().contains("told as problem details"), "{error}");
}

#[test]
fn bodies_are_of_the_form_that_is_read_and_written() {
    let document = document(&OPTIONS);
    let request =
        |method, path| operation(&document, method, path)["requestBody"]["content"].clone();
    let reply =
        |method, path| operation(&document, method, path)["responses"]["200"]["content"].clone();
    let input = json!({ "$ref": "#/components/schemas/library.v1.Book.Input" });
    // The path sets the name, so nobody has to repeat it.
    let put = request("put", "/v1/titles/{name}");
    let put = &put["application/json"]["schema"];
    assert_eq!(put["required"], Value::Null);
    assert!(put["properties"]["name"].is_object(), "{put}");
    let output = json!({ "$ref": "#/components/schemas/library.v1.Book" });
    let put = reply("put", "/v1/titles/{name}");
    assert_eq!(put["application/json"]["schema"], json!({ "anyOf": [output, { "type": "null" }] }));

    let post = request("post", "/v1/shelves/{shelf}/books");
    let post = &post["application/json"];
    assert_eq!(post["schema"]["required"], Value::Null);
    assert_eq!(post["schema"]["properties"]["book"], input);
    assert!(post["schema"]["properties"]["shelf"].is_object());
    // An example that said something else than the path would be refused.
    assert_eq!(post["example"]["shelf"], Value::Null);
    assert_eq!(post["example"]["force"], true);

    let gather = request("post", "/v1/gather");
    let message = json!({ "$ref": "#/components/schemas/library.v1.PutBookRequest" });
    assert_eq!(gather["application/x-ndjson"]["schema"], message);
    assert_eq!(request("post", "/v1/scan"), json!({ "*/*": {} }));
    assert_eq!(reply("post", "/v1/scan"), json!({ "*/*": {} }));

    let follow = reply("get", "/v1/follow");
    let line = json!({ "$ref": "#/components/schemas/library.v1.Book-line" });
    assert_eq!(follow["application/x-ndjson"]["schema"], line);
    assert_eq!(follow["text/event-stream"]["schema"]["type"], "string");
    assert_eq!(follow["application/json"]["schema"]["type"], "array");
    let statuses = operation(&document, "get", "/v1/follow")["responses"].as_object().unwrap();
    let statuses: Vec<_> = statuses.keys().collect();
    assert_eq!(statuses, ["200", "400", "404", "406", "502", "503", "504", "default"]);
}

#[test]
fn statuses_that_clients_bring_about_are_told() {
    let document = document(&Options { etag: true, minimal: true, ..OPTIONS });
    let has = |method, path, status: &str| {
        operation(&document, method, path)["responses"].get(status).is_some()
    };
    assert!(has("get", "/v1/titles/{name}", "304") && !has("get", "/v1/titles/{name}", "204"));
    assert!(has("put", "/v1/titles/{name}", "204") && !has("put", "/v1/titles/{name}", "304"));
    assert!(!has("get", "/v1/follow", "304"));
    assert!(has("post", "/v1/gather", "406") && !has("post", "/v1/scan", "406"));
    assert!(has("post", "/v1/scan", "413") && !has("get", "/v1/follow", "413"));
}

#[test]
fn errors_are_told_in_the_listeners_form() {
    let document = document(&Options { errors: ErrorForm::Google, ..OPTIONS });
    let error = &document["components"]["responses"]["Error"]["content"];
    let reference = json!({ "$ref": "#/components/schemas/error-google" });
    assert_eq!(error["application/json"]["schema"]["properties"]["error"], reference);
    let line = schema(&document, "library.v1.Book-line");
    assert_eq!(line["oneOf"][1]["properties"]["error"], reference);
    assert!(document["components"]["schemas"].get("error-status").is_none());
}

#[test]
fn examples_leave_out_what_does_not_go_their_way() {
    let document = document(&OPTIONS);
    let gather = operation(&document, "post", "/v1/gather");
    let request = &gather["requestBody"]["content"]["application/x-ndjson"]["example"]["book"];
    assert_eq!(
        request,
        &json!({
            "name": "text", "pages": "1", "secret": "text", "shelf": "text",
            "label": { "text": "text" },
        })
    );
    let get = operation(&document, "get", "/v1/files/{name}:stat");
    let reply = &get["responses"]["200"]["content"]["application/json"]["example"];
    assert_eq!((&reply["made"], &reply["secret"]), (&json!("text"), &Value::Null));
}
