//! What is told of a WSDL that does not fit.

use std::path::Path;

use super::super::{Bound, TypeWish, Wishes, bind};
use crate::contract::wsdl::read;
use crate::contract::{Contract, load};

const PROTO: &str = r#"
syntax = "proto3";
package t;
service One { rpc Get(Asked) returns (Found); rpc Watch(Asked) returns (stream Found); }
service Two { rpc Get(Asked) returns (Found); }
message Asked { string id = 1; int32 size = 2; repeated string words = 3; }
message Found { string id = 1; Part part = 2; State state = 3; }
message Part { int64 number = 1; }
enum State { UNKNOWN = 0; ON = 1; OFF = 2; }
"#;

/// A WSDL of one operation, `fields` in its request and `found` in its reply.
fn bound(operation: &str, asked: &str, found: &str, wishes: &Wishes) -> Bound {
    let text = format!(
        r#"<d:definitions xmlns:d="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t">
<d:types><x:schema targetNamespace="urn:t">
<x:element name="In"><x:complexType><x:sequence>{asked}</x:sequence></x:complexType></x:element>
<x:element name="Out"><x:complexType><x:sequence>{found}</x:sequence></x:complexType></x:element>
</x:schema></d:types>
<d:message name="I"><d:part name="p" element="t:In"/></d:message>
<d:message name="O"><d:part name="p" element="t:Out"/></d:message>
<d:portType name="P"><d:operation name="{operation}"><d:input message="t:I"/><d:output message="t:O"/></d:operation></d:portType>
<d:binding name="B" type="t:P"><s:binding transport="http://schemas.xmlsoap.org/soap/http"/>
<d:operation name="{operation}"><s:operation soapAction="o"/><d:input><s:body use="literal"/></d:input><d:output><s:body use="literal"/></d:output></d:operation></d:binding>
<d:service name="OneService"><d:port name="B" binding="t:B"><s:address location="http://old/"/></d:port></d:service>
</d:definitions>"#
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.proto");
    std::fs::write(&path, PROTO).unwrap();
    let (loaded, problems) = load::proto(&[path], &[folder.path().to_owned()]);
    assert!(problems.is_empty(), "{problems:?}");
    let (contract, _) = Contract::build(&[loaded]);
    let wsdl = read::read(Path::new("w"), &mut |_| Ok(text.clone().into_bytes())).unwrap();
    let operations: Vec<_> = contract.operations().values().cloned().collect();
    bind(&wsdl, None, &contract, &operations, wishes)
}

const ID: &str = r#"<x:element name="ID" type="x:string"/>"#;

fn problems(operation: &str, asked: &str, found: &str, wishes: &Wishes) -> Vec<String> {
    bound(operation, asked, found, wishes).problems
}

#[test]
fn a_required_element_without_a_source_keeps_it_from_starting() {
    let none = Wishes::default();
    assert_eq!(bound("get", ID, ID, &none).problems, [""; 0]);
    let extra = r#"<x:element name="ID" type="x:string"/><x:element name="Extra" type="x:int"/>"#;
    let expected = |element: &str, line| {
        [format!(
            "w:{line}: Extra of {element} is required and has no field: `types: {{ \"{element}\": {{ fields: {{ \
             \"Extra\": ... }} }} }}` says which, or `constants` or `ignore` that it needs none"
        )]
    };
    assert_eq!(problems("get", ID, extra, &none), expected("Out", 4));
    assert_eq!(problems("get", extra, ID, &none), expected("In", 3));
    let relaxed = bound("get", extra, extra, &Wishes { relaxed: true, ..Wishes::default() });
    assert_eq!(relaxed.problems, [""; 0]);
    assert!(relaxed.notes.contains(&expected("Out", 4)[0]), "{:?}", relaxed.notes);

    // Optional ones are told, and nothing is lost in silence.
    let optional = extra.replace("type=\"x:int\"", "type=\"x:int\" minOccurs=\"0\"");
    let bound = bound("get", &optional, &optional, &none);
    assert_eq!(bound.problems, [""; 0]);
    assert_eq!(
        bound.notes,
        [
            "w:3: Extra of In has no field: requests that have it are refused",
            "w:3: t.Asked.size has no element in In: its clients cannot set it",
            "w:3: t.Asked.words has no element in In: its clients cannot set it",
            "w:4: Extra of Out has no field, and is in no reply",
            "w:4: t.Found.part has no element in Out: its clients do not see it",
            "w:4: t.Found.state has no element in Out: its clients do not see it",
        ]
    );
}

#[test]
fn what_cannot_hold_a_field_is_told() {
    let none = Wishes::default();
    let of = |element: &str| problems("get", &format!("{ID}{element}"), ID, &none);
    let refused = |why: &str| [format!("w:3: {why}")];
    assert_eq!(
        of(r#"<x:element name="size" type="x:double"/>"#),
        refused("size of In: xs:double is no int32")
    );
    assert_eq!(
        of(r#"<x:element name="words" type="x:string"/>"#),
        refused("words of In: the field is a list, and there is one element")
    );
    assert_eq!(
        of(r#"<x:element name="size" type="x:int" maxOccurs="2"/>"#),
        refused("size of In: there may be many elements, and the field is no list")
    );
    assert_eq!(
        of(r#"<x:element name="size"><x:complexType><x:sequence/></x:complexType></x:element>"#),
        refused("size of In: it has elements, and the field is a single value")
    );
    assert_eq!(
        of(r#"<x:element name="size"/>"#),
        refused("size of In: it may be anything (xs:anyType), and the field is no text")
    );
    let reply = |element: &str| problems("get", ID, &format!("{ID}{element}"), &none);
    assert_eq!(
        reply(r#"<x:element name="state" type="x:int"/>"#),
        ["w:4: state of Out: xs:int is no name of an enum"]
    );
    assert_eq!(
        reply(r#"<x:element name="part" type="x:string"/>"#),
        ["w:4: part of Out: xs:string is no t.Part"]
    );
}

#[test]
fn operations_are_found_or_told() {
    let none = Wishes::default();
    // `One` and `Two` have it, and the WSDL's service is named for the first.
    assert_eq!(bound("GET", ID, ID, &none).services[0].operations[0].operation.name(), "t.One/Get");
    let unknown = bound("Put", ID, ID, &none);
    assert_eq!(unknown.notes, ["w:10: Put is no operation of the contract, and not served"]);
    assert_eq!(unknown.problems, ["w: no operation of it is one of the contract"]);
    let stream = bound("watch", ID, ID, &none);
    assert_eq!(stream.notes, ["w:10: watch is not served: t.One/Watch is a stream"]);
    let wish = |operation: &str| Wishes {
        operations: [("Put".to_owned(), operation.to_owned())].into(),
        ..Wishes::default()
    };
    assert_eq!(
        bound("Put", ID, ID, &wish("t.Two/Get")).services[0].operations[0].operation.name(),
        "t.Two/Get"
    );
    assert_eq!(
        problems("Put", ID, ID, &wish("t.Two/Gett"))[0],
        "w:10: Put: no operation t.Two/Gett is exposed, did you mean t.Two/Get?"
    );
}

#[test]
fn wishes_that_name_nothing_are_told() {
    let field = |name: &str, path: &str| TypeWish {
        fields: [(name.to_owned(), path.to_owned())].into(),
        ..TypeWish::default()
    };
    let wish = |label: &str, wish: TypeWish| Wishes {
        types: [(label.to_owned(), wish)].into(),
        ..Wishes::default()
    };
    let of = |wishes: &Wishes| problems("get", ID, ID, wishes);
    assert_eq!(
        of(&wish("Outt", TypeWish::default())),
        ["w: `types: { Outt: ... }` is of nothing that is served, did you mean Out?"]
    );
    assert_eq!(of(&wish("Out", field("IDs", "id"))), ["w:4: Out has no IDs"]);
    assert_eq!(
        of(&wish("Out", field("ID", "part.numbr"))),
        ["w:4: Out: t.Part has no field numbr, did you mean number?"]
    );
    assert_eq!(of(&wish("Out", field("ID", "id.x"))), ["w:4: Out: id of t.Found is no message"]);
    assert_eq!(of(&wish("Out", field("ID", "part.number"))), [""; 0]);
}
