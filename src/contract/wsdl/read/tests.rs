use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::{Note, Wsdl, read};

fn of(files: &[(&str, &str)]) -> Result<Wsdl, Vec<Note>> {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    read(Path::new("a/service.wsdl"), &mut |path| {
        let found = files.get(path.to_str().unwrap());
        found.map(|text| text.as_bytes().to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    })
}

fn problems(files: &[(&str, &str)]) -> Vec<String> {
    of(files).map(|_| ()).unwrap_err().iter().map(ToString::to_string).collect()
}

/// A WSDL with these schemas, whose only operation has the element `A` both ways.
fn wsdl(schemas: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<d:definitions xmlns:d="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t">
<d:types>{schemas}</d:types>
<d:message name="M"><d:part name="p" element="t:A"/></d:message>
<d:portType name="P"><d:operation name="O"><d:input message="t:M"/><d:output message="t:M"/></d:operation></d:portType>
<d:binding name="B" type="t:P"><s:binding transport="http://schemas.xmlsoap.org/soap/http"/>
<d:operation name="O"><s:operation soapAction="o"/><d:input><s:body use="literal"/></d:input><d:output><s:body use="literal"/></d:output></d:operation></d:binding>
<d:service name="S"><d:port name="B" binding="t:B"><s:address location="http://old/"/></d:port></d:service>
</d:definitions>"#
    )
}

fn schema(content: &str) -> String {
    format!(r#"<x:schema targetNamespace="urn:t">{content}</x:schema>"#)
}

#[test]
fn what_is_nowhere_is_told_with_its_place() {
    assert_eq!(problems(&[]), ["a/service.wsdl:1: cannot read a/service.wsdl: entity not found"]);
    let missing = wsdl(&schema(r#"<x:include schemaLocation="../b/c.xsd"/>"#));
    assert_eq!(
        problems(&[("a/service.wsdl", &missing)]),
        ["a/service.wsdl:3: cannot read b/c.xsd: entity not found"]
    );
    let elsewhere = wsdl(&schema(r#"<x:import namespace="u" schemaLocation="http://x/y.xsd"/>"#));
    assert_eq!(
        problems(&[("a/service.wsdl", &elsewhere)]),
        [
            "a/service.wsdl:3: http://x/y.xsd is not fetched: save it beside this file and name it so"
        ]
    );
    let types = wsdl(&schema(
        r#"<x:element name="A"><x:complexType><x:sequence>
<x:element name="b" type="t:Nowhere"/>
<x:element name="c" type="x:nothing"/>
<x:element ref="u:d"/><x:group ref="t:G"/></x:sequence><x:attribute name="e" type="t:F"/></x:complexType></x:element>"#,
    ));
    assert_eq!(
        problems(&[("a/service.wsdl", &types)]),
        [
            "a/service.wsdl:4: there is no type Nowhere in the namespace \"urn:t\"",
            "a/service.wsdl:5: there is no built-in type nothing",
            "a/service.wsdl:6: prefix u is not declared",
            "a/service.wsdl:6: there is no group G in the namespace \"urn:t\"",
            "a/service.wsdl:6: there is no type F in the namespace \"urn:t\"",
        ]
    );
    assert_eq!(
        problems(&[("a/service.wsdl", &wsdl(""))]),
        ["a/service.wsdl:4: there is no element A in the namespace \"urn:t\""]
    );
    assert_eq!(
        problems(&[("a/service.wsdl", "<a/>")]),
        ["a/service.wsdl:1: there is no wsdl:service"]
    );
}

#[test]
fn document_types_are_refused_and_circles_end() {
    let bomb = r#"<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>"#;
    assert_eq!(problems(&[("a/service.wsdl", bomb)]), ["a/service.wsdl:1: XML with DTD detected"]);
    let types = wsdl(&schema(
        r#"<x:element name="A" type="t:B"/>
<x:complexType name="B"><x:complexContent><x:extension base="t:C"/></x:complexContent></x:complexType>
<x:complexType name="C"><x:complexContent><x:extension base="t:B"/></x:complexContent></x:complexType>"#,
    ));
    let told = problems(&[("a/service.wsdl", &types)]);
    assert!(told[0].ends_with("types extend each other in a circle"), "{told:?}");
    let groups = wsdl(&schema(
        r#"<x:element name="A"><x:complexType><x:group ref="t:G"/></x:complexType></x:element>
<x:group name="G"><x:sequence><x:group ref="t:G"/></x:sequence></x:group>"#,
    ));
    let told = problems(&[("a/service.wsdl", &groups)]);
    assert!(told[0].ends_with("groups hold each other in a circle"), "{told:?}");
    let simple = wsdl(&schema(
        r#"<x:element name="A" type="t:B"/>
<x:simpleType name="B"><x:restriction base="t:B"/></x:simpleType>"#,
    ));
    let told = problems(&[("a/service.wsdl", &simple)]);
    assert!(told[0].ends_with("made of each other in a circle"), "{told:?}");
}

#[test]
fn the_files_are_given_back_with_new_addresses() {
    let main =
        wsdl(&schema(r#"<x:include schemaLocation="b.xsd"/><x:element name="A" type="t:B"/>"#));
    let included = r#"<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t">
<x:include schemaLocation="service.wsdl/../b.xsd"/><x:complexType name="B"/></x:schema>"#;
    let read = of(&[("a/service.wsdl", &main), ("a/b.xsd", included)]).unwrap();
    let at = |index: usize| read.files[index].at("https://new/?a&b");
    assert_eq!(
        at(0),
        main.replace("utf-8", "UTF-8")
            .replace("b.xsd", "https://new/?a&amp;b?xsd=1")
            .replace("http://old/", "https://new/?a&amp;b")
    );
    assert_eq!(at(1), included.replace("service.wsdl/../b.xsd", "https://new/?a&amp;b?xsd=1"));
    assert_eq!(read.services[0].operations[0].input.action.as_ref(), "urn:t:P:ORequest");
}
