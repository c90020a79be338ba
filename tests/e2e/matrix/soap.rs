//! SOAP 1.1 and 1.2, written out; answers are read by another parser than the gateway's.

use std::net::SocketAddr;

use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor};
use roxmltree::{Document, Node};
use serde_json::{Map, Value, json};

use super::{Ask, Failed, MESSAGE, Protocol, Seen, normal, scenarios, wire};
use crate::pool;

const NAMESPACE: &str = "urn:cases.v1";
const V11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const V12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// Messages that are a text of JSON in XML.
const JSON: [&str; 2] = ["google.protobuf.Struct", "google.protobuf.Any"];

pub async fn unary(protocol: Protocol, address: SocketAddr, ask: &Ask<'_>) -> Seen {
    let (status, text) = post(protocol, "Plain", address, ask).await;
    let document = Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let body = body(protocol, &document);
    if status != 200 {
        return Seen::failed(failed(protocol, status, body));
    }
    assert!(body.has_tag_name((NAMESPACE, "PlainResponse")), "{text}");
    Seen::reply(&read(body, &descriptor()))
}

pub async fn stream(protocol: Protocol, address: SocketAddr, ask: &Ask<'_>) -> Seen {
    let (status, text) = post(protocol, "Follow", address, ask).await;
    let document = Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let body = body(protocol, &document);
    if status != 200 {
        return Seen::failed(failed(protocol, status, body));
    }
    assert!(body.has_tag_name((NAMESPACE, "FollowResponse")), "{text}");
    let items = body.children().filter(Node::is_element);
    let items = items.map(|item| normal(&read(item, &descriptor()))).collect();
    Seen { replies: items, failed: None }
}

fn descriptor() -> MessageDescriptor {
    pool::pool().get_message_by_name(MESSAGE).unwrap()
}

async fn post(
    protocol: Protocol,
    method: &str,
    address: SocketAddr,
    ask: &Ask<'_>,
) -> (u16, String) {
    let (namespace, content_type) = match protocol {
        Protocol::Soap12 => (V12, "application/soap+xml; charset=utf-8"),
        _ => (V11, "text/xml; charset=utf-8"),
    };
    let mut content = String::new();
    write(ask.message, &descriptor(), &mut content);
    if ask.unknown_field {
        content.push_str("<m:nonsense>1</m:nonsense>");
    }
    let envelope = format!(
        "<?xml version='1.0'?><e:Envelope xmlns:e='{namespace}' xmlns:m='{NAMESPACE}'><e:Body>\
         <m:{method}>{content}</m:{method}></e:Body></e:Envelope>"
    );
    let timeout = ask.patience.map(|patience| format!("{}m", patience.as_millis()));
    let action = format!("\"{NAMESPACE}:EchoService:{method}\"");
    let mut headers = vec![("content-type", content_type), ("soapaction", &*action)];
    if let Some(timeout) = &timeout {
        headers.push(("grpc-timeout", timeout));
    }
    let path = "/soap/cases.v1.EchoService";
    let answer = wire::post(address, false, path, &headers, envelope).await;
    assert_eq!(wire::text(&answer.headers, "content-type"), content_type, "{answer:?}");
    (answer.status, String::from_utf8(answer.body).unwrap())
}

fn body<'d>(protocol: Protocol, document: &'d Document<'_>) -> Node<'d, 'd> {
    let namespace = if protocol == Protocol::Soap12 { V12 } else { V11 };
    let envelope = document.root_element();
    assert!(envelope.has_tag_name((namespace, "Envelope")));
    let body = envelope.children().find(|node| node.has_tag_name((namespace, "Body"))).unwrap();
    body.first_element_child().unwrap()
}

/// ProtoJSON as elements. They are written backwards: their order must not matter.
fn write(message: &Value, of: &MessageDescriptor, out: &mut String) {
    for (name, value) in message.as_object().unwrap().iter().rev() {
        let field = of.get_field_by_json_name(name).unwrap();
        let mut one = |value: &Value| {
            out.push_str(&format!("<m:{name}>"));
            write_value(value, &field, out);
            out.push_str(&format!("</m:{name}>"));
        };
        match value {
            Value::Object(entries) if field.is_map() => {
                for (key, value) in entries {
                    one(&json!({ "key": key, "value": value }));
                }
            }
            Value::Array(items) if field.cardinality() == Cardinality::Repeated => {
                items.iter().for_each(one);
            }
            value => one(value),
        }
    }
}

fn write_value(value: &Value, field: &FieldDescriptor, out: &mut String) {
    let message = match field.kind() {
        Kind::Message(message) => message,
        _ => return out.push_str(&escaped(value)),
    };
    match message.full_name() {
        name if JSON.contains(&name) => out.push_str(&escaped(&value.to_string().into())),
        "google.protobuf.Duration" => {
            let text = value.as_str().unwrap().trim_end_matches('s');
            let (sign, text) = text.strip_prefix('-').map_or(("", text), |text| ("-", text));
            out.push_str(&format!("{sign}PT{text}S"));
        }
        name if name.starts_with("google.protobuf.") => out.push_str(&escaped(value)),
        _ => write(value, &message, out),
    }
}

fn escaped(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.replace('&', "&amp;").replace('<', "&lt;").replace("]]>", "]]&gt;").replace('\r', "&#xd;")
}

/// Elements as ProtoJSON.
fn read(element: Node<'_, '_>, of: &MessageDescriptor) -> Value {
    let mut message = Map::new();
    for child in element.children().filter(Node::is_element) {
        assert_eq!(child.tag_name().namespace(), Some(NAMESPACE));
        let name = child.tag_name().name();
        let field = of.get_field_by_json_name(name).unwrap_or_else(|| panic!("a field {name}"));
        let value = read_value(child, &field);
        if field.is_map() {
            let map = message.entry(name).or_insert(json!({}));
            let key = value.get("key").map_or("", |key| key.as_str().unwrap());
            map[key] = value.get("value").cloned().unwrap_or(json!(0));
        } else if field.cardinality() == Cardinality::Repeated {
            message.entry(name).or_insert(json!([])).as_array_mut().unwrap().push(value);
        } else {
            assert!(message.insert(name.to_owned(), value).is_none(), "{name} twice");
        }
    }
    Value::Object(message)
}

fn read_value(element: Node<'_, '_>, field: &FieldDescriptor) -> Value {
    let text: String = element.children().filter_map(|node| node.text()).collect();
    let Kind::Message(message) = field.kind() else {
        return match field.kind() {
            Kind::Bool => (text == "true").into(),
            _ => text.into(),
        };
    };
    match message.full_name() {
        name if JSON.contains(&name) => serde_json::from_str(&text).unwrap(),
        "google.protobuf.Duration" => {
            format!("{}s", text.replace("PT", "").trim_end_matches('S')).into()
        }
        name if name.starts_with("google.protobuf.") => text.into(),
        _ => read(element, &message),
    }
}

/// A fault, its detail as the WSDL says it is.
fn failed(protocol: Protocol, status: u16, fault: Node<'_, '_>) -> Failed {
    let child = |name: &str| fault.children().find(|node| node.tag_name().name() == name).unwrap();
    let (side, reason, detail) = match protocol {
        Protocol::Soap12 => {
            let code = child("Code").first_element_child().unwrap();
            (code.text().unwrap(), child("Reason").first_element_child().unwrap(), child("Detail"))
        }
        _ => (child("faultcode").text().unwrap(), child("faultstring"), child("detail")),
    };
    let expected = if side.ends_with(":Sender") { 400 } else { 500 };
    assert_eq!(status, expected, "{side}");
    let error = detail.first_element_child().unwrap();
    assert!(error.has_tag_name((NAMESPACE, "Error")));
    let mut parts = error.children().filter(Node::is_element);
    let mut text = || parts.next().unwrap().text().unwrap_or_default().to_owned();
    let (code, message) = (text(), text());
    assert_eq!(message, reason.text().unwrap_or_default());
    assert!(scenarios::CODES.contains(&code.as_str()), "{code}");
    let details = parts.map(|detail| {
        let name = detail.tag_name().name();
        let name = format!("google.rpc.{}{}", name[..1].to_uppercase(), &name[1..]);
        let of = pool::pool().get_message_by_name(&name).unwrap();
        let mut json = read_detail(detail, &of);
        json["@type"] = format!("type.googleapis.com/{name}").into();
        json
    });
    Failed { code, message, details: details.collect() }
}

/// The same as [`read`], in the namespace of details.
fn read_detail(element: Node<'_, '_>, of: &MessageDescriptor) -> Value {
    let mut message = Map::new();
    for child in element.children().filter(Node::is_element) {
        assert_eq!(child.tag_name().namespace(), Some("urn:google.rpc"));
        let name = child.tag_name().name();
        let field = of.get_field_by_json_name(name).unwrap();
        let value = match field.kind() {
            Kind::Message(message) => read_detail(child, &message),
            _ => child.text().unwrap_or_default().into(),
        };
        if field.is_map() {
            let map = message.entry(name).or_insert(json!({}));
            map[value["key"].as_str().unwrap()] = value["value"].clone();
        } else if field.cardinality() == Cardinality::Repeated {
            message.entry(name).or_insert(json!([])).as_array_mut().unwrap().push(value);
        } else {
            message.insert(name.to_owned(), value);
        }
    }
    Value::Object(message)
}
