use super::*;
use crate::contract::change::changes;
use crate::contract::http_rule::HttpRule;
use crate::contract::{Idempotency, Severity, Streaming};

const SHOP: &str = r#"
syntax = "proto3";
package shop.v1;
import "google/api/annotations.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/struct.proto";

message Book {
  string name = 1;
  Book sequel = 2;
  repeated string tags = 3;
  map<string, string> marks = 4;
  google.protobuf.Timestamp printed = 5;
  google.protobuf.Struct extra = 6;
  Kind kind = 7;
  enum Kind { KIND_UNSPECIFIED = 0; NOVEL = 1; }
}
message Request { Book book = 1; int64 id = 2; }

service Books {
  rpc Unary(Request) returns (Book);
  rpc Client(stream Request) returns (Book);
  rpc Server(Request) returns (stream Book);
  rpc Both(stream Request) returns (stream Book);
  rpc Pure(Request) returns (Book) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc Twice(Request) returns (Book) { option idempotency_level = IDEMPOTENT; option deprecated = true; }
  rpc Bound(Request) returns (Book) {
    option (google.api.http) = {
      get: "/v1/{book.name=shelves/*/books/*}"
      additional_bindings { patch: "/v1/{book.name}" body: "book" }
      additional_bindings { custom { kind: "HEAD" path: "/v1/{id}" } response_body: "sequel" }
      additional_bindings { post: "/v1/{book.printed}/{book.kind}:print" body: "*" }
      additional_bindings { delete: "/v1/all" body: "*" }
    };
  }
  rpc Bad(Request) returns (Book) {
    option (google.api.http) = {
      get: "/v1/{nmae}"
      additional_bindings { get: "/v1/{book.tags}" }
      additional_bindings { get: "/v1/{book.marks}" }
      additional_bindings { get: "/v1/{book}" }
      additional_bindings { get: "/v1/{book.extra}" }
      additional_bindings { get: "/v1/{id.x}" }
      additional_bindings { get: "/v1/{book.sequel.sequel.nane}" }
      additional_bindings { get: "/v1/{id" }
      additional_bindings { put: "/v1" body: "nothing" }
      additional_bindings { put: "/v1" body: "book.name" }
      additional_bindings { get: "/v1" response_body: "id" }
      additional_bindings { put: "/v1/{id}" body: "id" }
      additional_bindings { body: "*" }
      additional_bindings { get: "/v1/ok" additional_bindings { get: "/v1/deep" } }
      additional_bindings { get: "/v1/good" }
    };
  }
}
service Old { option deprecated = true; rpc Unary(Request) returns (Book); }
"#;

#[test]
fn operations_are_compiled() {
    let (contract, problems) = Contract::build(&[reflected("books", &[("b.proto", SHOP)])]);
    let operation = |name: &str| contract.operation(name).expect(name);
    for (name, streaming) in [
        ("Unary", Streaming::Unary),
        ("Client", Streaming::Client),
        ("Server", Streaming::Server),
        ("Both", Streaming::Both),
    ] {
        let operation = operation(&format!("shop.v1.Books/{name}"));
        assert_eq!(operation.streaming, streaming);
        assert_eq!(operation.path.as_str(), format!("/shop.v1.Books/{name}"));
        assert_eq!(Some(operation.input), contract.shapes().id("shop.v1.Request"));
        assert_eq!(Some(operation.output), contract.shapes().id("shop.v1.Book"));
        assert_eq!(operation.idempotency, Idempotency::Unknown);
        assert!(!operation.deprecated);
    }
    assert_eq!(operation("shop.v1.Books/Pure").idempotency, Idempotency::NoSideEffects);
    assert_eq!(operation("shop.v1.Books/Twice").idempotency, Idempotency::Idempotent);
    assert!(operation("shop.v1.Books/Twice").deprecated);
    assert!(operation("shop.v1.Old/Unary").deprecated);
    assert_eq!(contract.backends_of("shop.v1.Books").map(|b| &**b).collect::<Vec<_>>(), ["books"]);

    let rules = |name| -> Vec<String> {
        let rules = operation(name).http.iter();
        rules.map(|rule| format!("{} {} {:?}", rule.method, rule.template, rule.body)).collect()
    };
    assert_eq!(
        rules("shop.v1.Books/Bound"),
        [
            "GET /v1/{book.name=shelves/*/books/*} None",
            "PATCH /v1/{book.name} Field(\"book\")",
            "HEAD /v1/{id} None",
            "POST /v1/{book.printed}/{book.kind}:print Whole",
            "DELETE /v1/all Whole",
        ]
    );
    assert_eq!(rules("shop.v1.Books/Bad"), ["GET /v1/good None"]);

    let (notes, bad): (Vec<_>, Vec<_>) =
        problems.iter().partition(|problem| problem.severity == Severity::Warning);
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].message.contains("`DELETE /v1/all` has a body"), "{notes:?}");
    let prefix = "reflection of backend books: b.proto: shop.v1.Books/Bad: HTTP rule ";
    let bad: Vec<String> = bad
        .iter()
        .map(|problem| problem.to_string().strip_prefix(prefix).unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        bad,
        [
            "`GET /v1/{nmae}`: no field named nmae in shop.v1.Request",
            "`GET /v1/{book.tags}`: variable book.tags: field tags is repeated",
            "`GET /v1/{book.marks}`: variable book.marks: field marks is repeated",
            "`GET /v1/{book}`: variable book: a shop.v1.Book has no text form",
            "`GET /v1/{book.extra}`: variable book.extra: a google.protobuf.Struct has no text form",
            "`GET /v1/{id.x}`: variable id.x: id is a scalar and has no field x",
            "`GET /v1/{book.sequel.sequel.nane}`: no field named nane in shop.v1.Book, did you mean name?",
            "`GET /v1/{id`: at byte 7 of the path: expected `}`",
            "`PUT /v1`: body: no field named nothing in shop.v1.Request",
            "`PUT /v1`: body book.name: only a field of the message itself can be the body",
            "`GET /v1`: response_body: no field named id in shop.v1.Book",
            "`PUT /v1/{id}`: field id is both the body and in the path",
            "``: it names neither method nor path",
            "`GET /v1/ok`: an additional binding has additional bindings of its own",
        ]
    );
}

#[test]
fn rules_work_without_the_annotations_file() {
    let mut loaded = reflected("books", &[("b.proto", SHOP)]);
    loaded.files.retain(|file| {
        let file = crate::contract::raw::File::decode(file.bytes.clone()).expect("decodes");
        file.name() == "b.proto"
    });
    assert_eq!(loaded.files.len(), 1);
    let (contract, _) = Contract::build(&[loaded]);
    assert_eq!(contract.operation("shop.v1.Books/Bound").expect("there").http.len(), 5);
}

#[test]
fn changes_are_found_and_weighed() {
    let old = "syntax = \"proto3\"; package p;
        message In { string a = 1; int32 b = 2; repeated string c = 3; string d = 4; In self = 5;
                     E e = 6; map<string, int32> m = 7; Inner inner = 8; }
        message Inner { bool x = 1; }
        message Unused { string gone = 1; }
        enum E { ZERO = 0; ONE = 1; TWO = 2; }
        service S { rpc Same(In) returns (In); rpc Lost(In) returns (In); rpc Stream(In) returns (In);
                    rpc Other(In) returns (In); }";
    let new = "syntax = \"proto3\"; package p;
        message In { string a = 1; int64 b = 2; string c = 3; string dd = 4; In self = 5;
                     E e = 6; map<string, int64> m = 7; Inner inner = 8; string added = 9; }
        message Inner { }
        message Unused { }
        enum E { ZERO = 0; ONE = 2; THREE = 3; }
        service S { rpc Same(In) returns (In); rpc Gained(In) returns (In);
                    rpc Stream(In) returns (stream In); rpc Other(In) returns (Inner); }";
    let old = built(&[reflected("x", &[("p.proto", old)])]);
    let new = built(&[reflected("x", &[("p.proto", new)])]);
    let found = changes(&old, &new);
    let (breaking, harmless): (Vec<_>, Vec<_>) =
        found.iter().partition(|change| change.is_breaking());
    let text = |changes: Vec<&crate::contract::change::Change>| -> Vec<String> {
        changes.iter().map(ToString::to_string).collect()
    };
    assert_eq!(text(harmless), ["operation p.S/Gained is new", "field p.In.added is new"]);
    assert_eq!(
        text(breaking),
        [
            "operation p.S/Lost is gone",
            "operation p.S/Stream was unary and is server stream",
            "operation p.S/Other returned p.In and returns p.Inner",
            "field p.Inner.x is gone",
            "field p.In.d is named dd",
            "field p.In.b was int32 and is int64",
            "field p.In.c was repeated string and is string",
            "field p.In.m was map of string to int32 and is map of string to int64",
            "enum value p.E.TWO is gone",
            "enum value p.E.ONE was 1 and is 2",
        ]
    );
    assert_eq!(changes(&old, &old), []);
}

#[test]
fn fingerprints_follow_the_files() {
    let one = reflected("x", &[("b.proto", SHOP)]);
    let mut turned = one.clone();
    turned.files.reverse();
    assert_eq!(one.fingerprint(), turned.fingerprint());
    turned.files.pop();
    assert_ne!(one.fingerprint(), turned.fingerprint());
}

#[test]
fn a_rule_from_elsewhere_is_held_to_the_operation() {
    let (contract, _) = Contract::build(&[reflected("books", &[("b.proto", SHOP)])]);
    let rule = |path| HttpRule::parse("GET", path, "", "").expect("legal");
    let operation = contract.operation("shop.v1.Books/Bound").expect("there");
    assert_eq!(contract.check_rule(operation, &rule("/x/{id}")), Ok(()));
    let wrong = contract.check_rule(operation, &rule("/x/{di}")).expect_err("no such field");
    assert_eq!(wrong.message, "no field named di in shop.v1.Request");
}
