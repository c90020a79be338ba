//! Services, their bindings and the operations of those.

use roxmltree::Node;

use super::library::{At, Kind, Library};
use super::model::{
    Binding, Complex, Content, Element, Message, Operation, Part, QName, Service, TypeRef,
};
use super::{SOAP, SOAP12, WSDL};
use crate::contract::xml::Occurs;

const HTTP: [&str; 2] =
    ["http://schemas.xmlsoap.org/soap/http", "http://www.w3.org/2003/05/soap/bindings/HTTP/"];

/// All services, with what can be served of them.
pub(super) fn services<'d>(library: &mut Library<'d>) -> Vec<Service> {
    let found = library.services();
    if found.is_empty()
        && let Some(root) = library.root()
    {
        library.problem(root, "there is no wsdl:service");
    }
    found.into_iter().map(|at| service(library, at)).collect()
}

fn service<'d>(library: &mut Library<'d>, at: At<'d>) -> Service {
    let name = at.node.attribute("name").unwrap_or_default();
    let mut operations: Vec<Operation> = Vec::new();
    for port in at.node.children().filter(|one| one.has_tag_name((WSDL, "port"))) {
        let port = At { node: port, ..at };
        let Some(binding) = referred(library, port, "binding", "binding") else { continue };
        let Some((soap, extension)) = extension(binding, "binding") else {
            let port = port.node.attribute("name").unwrap_or_default();
            library.note(binding, format!("the port {port} is no SOAP, and not served"));
            continue;
        };
        let transport = extension.attribute("transport").unwrap_or_default();
        if !HTTP.contains(&transport) {
            library.note(binding, format!("the transport {transport:?} is not served"));
            continue;
        }
        let style = extension.attribute("style").unwrap_or("document");
        let Some(port_type) = referred(library, binding, "type", "portType") else { continue };
        for node in binding.node.children().filter(|one| one.has_tag_name((WSDL, "operation"))) {
            let bound = At { node, ..binding };
            let Some(made) = operation(library, bound, port_type, soap, style) else { continue };
            let known = operations.iter().any(|known| {
                known.name == made.name && known.input.body.element == made.input.body.element
            });
            // Bindings of both versions say the same twice.
            if !known {
                operations.push(made);
            }
        }
    }
    let namespace = library.schemas.get(at.schema).map(|schema| schema.target.clone());
    Service {
        name: name.into(),
        namespace: namespace.unwrap_or_default(),
        operations,
        place: library.place(at),
    }
}

/// The definition that an attribute names. One that is nowhere is a problem.
fn referred<'d>(
    library: &mut Library<'d>,
    at: At<'d>,
    attribute: &str,
    kind: &'d str,
) -> Option<At<'d>> {
    let name = library.name(at, at.node.attribute(attribute)?)?;
    let found = library.definition(kind, &name);
    if found.is_none() {
        library.problem(at, format!("there is no wsdl:{kind} {}", name.local));
    }
    found
}

/// SOAP's own element within a part of a binding, and the namespace of its version.
fn extension<'d>(at: At<'d>, local: &str) -> Option<(&'static str, Node<'d, 'd>)> {
    let of = |namespace: &'static str| {
        let found = at.node.children().find(|one| one.has_tag_name((namespace, local)));
        found.map(|node| (namespace, node))
    };
    of(SOAP).or_else(|| of(SOAP12))
}

fn operation<'d>(
    library: &mut Library<'d>,
    bound: At<'d>,
    port_type: At<'d>,
    soap: &'static str,
    style: &str,
) -> Option<Operation> {
    let name = bound.node.attribute("name")?;
    let is = |node: &Node<'_, '_>| {
        node.has_tag_name((WSDL, "operation")) && node.attribute("name") == Some(name)
    };
    // Overloaded ones differ in the names of their messages.
    let input_name = child(bound.node, "input").and_then(|input| input.attribute("name"));
    let mut candidates: Vec<_> = port_type.node.children().filter(is).collect();
    if candidates.len() > 1 {
        candidates.retain(|one| {
            child(*one, "input").and_then(|input| input.attribute("name")) == input_name
        });
    }
    let Some(node) = candidates.first().copied() else {
        library.problem(bound, format!("the port type has no operation {name}"));
        return None;
    };
    let declared = At { node, ..port_type };
    let own = bound.node.children().find(|one| one.has_tag_name((soap, "operation")));
    let own_attribute = |attribute| own.and_then(|node| node.attribute(attribute));
    let style = own_attribute("style").unwrap_or(style).to_owned();
    let binding = binding(bound, soap, &style);
    let mut messages = |kind: &'static str| {
        let node = child(declared.node, kind)?;
        let message = referred(library, At { node, ..declared }, "message", "message")?;
        let action = wsa_action(library, port_type, declared, node, name, kind);
        let bound_part = child(bound.node, kind).map(|node| At { node, ..bound });
        let element = if kind == "input" { name.to_owned() } else { format!("{name}Response") };
        let body = body(library, message, bound_part, soap, binding, &element)?;
        let headers = headers(library, bound_part, soap);
        Some(Message { body, headers, action })
    };
    let input = messages("input");
    let has_output = child(declared.node, "output").is_some();
    let output = if has_output { messages("output") } else { None };
    let (Some(input), true) = (input, output.is_some() || !has_output) else {
        library.note(bound, format!("the operation {name} is not served"));
        return None;
    };
    let faults = faults(library, declared);
    Some(Operation {
        name: name.into(),
        action: own_attribute("soapAction").unwrap_or_default().into(),
        binding,
        input,
        output,
        faults,
        place: library.place(bound),
    })
}

fn child<'d>(node: Node<'d, 'd>, local: &str) -> Option<Node<'d, 'd>> {
    node.children().find(|one| one.has_tag_name((WSDL, local)))
}

fn binding(bound: At<'_>, soap: &str, style: &str) -> Binding {
    let body = child(bound.node, "input").and_then(|input| soap_body(input, soap));
    let encoded = body.and_then(|body| body.attribute("use")) == Some("encoded");
    match (style, encoded) {
        (_, true) => Binding::Encoded,
        ("rpc", false) => Binding::Rpc,
        _ => Binding::Document,
    }
}

/// `soap:body`, in MIME's `multipart/related` too.
fn soap_body<'d>(node: Node<'d, 'd>, soap: &str) -> Option<Node<'d, 'd>> {
    node.descendants().find(|one| one.has_tag_name((soap, "body")))
}

/// `wsa:Action`: as it is said, else as WS-Addressing's metadata has it (section 4.4.4).
fn wsa_action<'d>(
    library: &Library<'d>,
    port_type: At<'d>,
    declared: At<'d>,
    node: Node<'d, 'd>,
    operation: &str,
    kind: &str,
) -> Box<str> {
    let said = node.attributes().find(|one| {
        one.name() == "Action" && one.namespace().is_some_and(|uri| uri.contains("addressing"))
    });
    if let Some(said) = said {
        return said.value().into();
    }
    let target = library.schemas.get(port_type.schema).map(|schema| schema.target.clone());
    let target = target.unwrap_or_default();
    let separator = if target.starts_with("urn:") { ':' } else { '/' };
    let one_way = child(declared.node, "output").is_none();
    let default = match kind {
        "output" => format!("{operation}Response"),
        _ if one_way => operation.to_owned(),
        _ => format!("{operation}Request"),
    };
    let message = node.attribute("name").map_or(default, str::to_owned);
    let port_type = port_type.node.attribute("name").unwrap_or_default();
    let target = target.trim_end_matches(separator);
    format!("{target}{separator}{port_type}{separator}{message}").into()
}

/// The one element that stands in the body.
fn body<'d>(
    library: &mut Library<'d>,
    message: At<'d>,
    bound: Option<At<'d>>,
    soap: &'static str,
    binding: Binding,
    element: &str,
) -> Option<Part> {
    let body = bound.and_then(|bound| soap_body(bound.node, soap));
    let parts = body.and_then(|body| body.attribute("parts"));
    let in_headers: Vec<_> = bound
        .into_iter()
        .flat_map(|bound| bound.node.descendants().filter(|one| one.has_tag_name((soap, "header"))))
        .filter_map(|header| header.attribute("part"))
        .collect();
    let is_in_body = |name: &str| match parts {
        Some(parts) => parts.split_ascii_whitespace().any(|part| part == name),
        None => !in_headers.contains(&name),
    };
    let parts: Vec<_> = message
        .node
        .children()
        .filter(|one| one.has_tag_name((WSDL, "part")))
        .filter(|one| is_in_body(one.attribute("name").unwrap_or_default()))
        .collect();
    if binding == Binding::Document {
        let [only] = parts.as_slice() else {
            let message = format!("a body of {} elements", parts.len());
            if let Some(bound) = bound {
                library.note(bound, message);
            }
            return None;
        };
        let at = At { node: *only, ..message };
        if !only.has_attribute("element") {
            library.note(at, "a body that is a type and no element");
            return None;
        }
        return part(library, at);
    }
    let namespace = body.and_then(|body| body.attribute("namespace")).unwrap_or_default();
    let mut elements = Vec::with_capacity(parts.len());
    for node in parts {
        let at = At { node, ..message };
        let local = node.attribute("name").unwrap_or_default();
        let mut name = QName { namespace: "".into(), local: local.into() };
        let of = match (node.attribute("type"), node.has_attribute("element")) {
            (Some(text), _) => {
                let type_name = library.name(at, text)?;
                library.type_named(at, type_name)
            }
            (None, true) => {
                let part = part(library, at)?;
                name = part.element;
                part.of
            }
            (None, false) => {
                library.problem(at, format!("the part {local} has no type"));
                return None;
            }
        };
        if binding == Binding::Encoded && !matches!(of, TypeRef::Simple(_)) {
            library
                .note(at, format!("the part {local} is encoded and of a type that is not simple"));
            return None;
        }
        elements.push(Element {
            name,
            // Parts are always there.
            occurs: Occurs::ONE,
            nillable: binding == Binding::Encoded,
            default: None,
            fixed: None,
            choice: None,
            of,
            place: library.place(at),
        });
    }
    let place = library.place(message);
    let of = library.add(Complex {
        name: None,
        label: element.into(),
        is_abstract: false,
        attributes: Vec::new(),
        content: Content::Elements(elements),
        derived: Vec::new(),
        place: place.clone(),
    });
    let element = QName { namespace: namespace.into(), local: element.into() };
    Some(Part { element, of: TypeRef::Complex(of), place })
}

/// An element that a part names.
fn part<'d>(library: &mut Library<'d>, at: At<'d>) -> Option<Part> {
    let (element, found) = library.referred(at, "element", Kind::Element)?;
    let of = library.type_of(found, &element.local);
    Some(Part { element, of, place: library.place(found) })
}

fn headers<'d>(library: &mut Library<'d>, bound: Option<At<'d>>, soap: &'static str) -> Vec<Part> {
    let mut headers = Vec::new();
    let Some(bound) = bound else { return headers };
    for node in bound.node.descendants().filter(|one| one.has_tag_name((soap, "header"))) {
        let at = At { node, ..bound };
        let Some(message) = referred(library, at, "message", "message") else { continue };
        let name = node.attribute("part").unwrap_or_default();
        let found = message.node.children().find(|one| one.attribute("name") == Some(name));
        let Some(node) = found else {
            library.problem(at, format!("the message has no part {name}"));
            continue;
        };
        headers.extend(part(library, At { node, ..message }));
    }
    headers
}

fn faults<'d>(library: &mut Library<'d>, declared: At<'d>) -> Vec<Part> {
    let mut faults = Vec::new();
    for node in declared.node.children().filter(|one| one.has_tag_name((WSDL, "fault"))) {
        let at = At { node, ..declared };
        let Some(message) = referred(library, at, "message", "message") else { continue };
        let parts = message.node.children().filter(|one| one.has_tag_name((WSDL, "part")));
        for node in parts.filter(|one| one.has_attribute("element")) {
            faults.extend(part(library, At { node, ..message }));
        }
    }
    faults
}

impl<'d> Library<'d> {
    /// The root of the WSDL, to tell something of all of it.
    fn root(&self) -> Option<At<'d>> {
        let tree = self.tree(0)?;
        Some(At { node: tree.root_element(), schema: 0 })
    }
}
