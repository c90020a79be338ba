//! The WSDL around the schemas.

use super::writer::Writer;
use super::{ADDRESS, Document, Documents, Reached, schema};
use crate::contract::soap::{ErrorElement, Message, Service, SoapOperation, Style};
use crate::contract::xml::{Content, NamespaceId};

const HTTP: &str = "http://schemas.xmlsoap.org/soap/http";

/// The WSDL of a service, and its schemas if they are to stand on their own: then each is at the
/// service's address with `?xsd=N`, N its place in the list from 0.
pub(super) fn wsdl(service: &Service, error: &ErrorElement, linked: bool) -> Documents {
    let reached = Reached::of(service, error);
    let namespaces = reached.namespaces(error.name.namespace);
    let location = |id: NamespaceId| {
        let index = namespaces.iter().position(|known| *known == id)?;
        linked.then(|| format!("{ADDRESS}?xsd={index}"))
    };
    let mut schemas = Vec::new();
    if linked {
        for namespace in &namespaces {
            let mut out = Writer::new();
            schema::write(service, error, &reached, *namespace, &location, &mut out);
            schemas.push(Document::new(&out.finish()));
        }
    }
    let mut out = Writer::new();
    let own = error.name.namespace;
    let prefix = format!("xmlns:n{}", own.0);
    let mut attributes = vec![
        ("name", &*service.name),
        ("targetNamespace", &*service.namespace),
        ("xmlns:wsdl", "http://schemas.xmlsoap.org/wsdl/"),
        ("xmlns:soap", "http://schemas.xmlsoap.org/wsdl/soap/"),
        ("xmlns:soap12", "http://schemas.xmlsoap.org/wsdl/soap12/"),
        ("xmlns:wsam", "http://www.w3.org/2007/05/addressing/metadata"),
        ("xmlns:xs", "http://www.w3.org/2001/XMLSchema"),
        ("xmlns:tns", &*service.namespace),
        (&*prefix, service.view.uri(own)),
    ];
    let parts: Vec<_> = rpc_namespaces(service).into_iter().filter(|id| *id != own).collect();
    let parts: Vec<_> =
        parts.iter().map(|id| (format!("xmlns:n{}", id.0), service.view.uri(*id))).collect();
    attributes.extend(parts.iter().map(|(name, uri)| (name.as_str(), *uri)));
    out.element("wsdl:definitions", &attributes, |out| {
        documentation(service.comment.as_deref(), out);
        out.element("wsdl:types", &[], |out| {
            for namespace in &namespaces {
                match location(*namespace) {
                    None => schema::write(service, error, &reached, *namespace, &location, out),
                    Some(location) => out.element("xs:schema", &[], |out| {
                        let uri = service.view.uri(*namespace);
                        out.empty(
                            "xs:import",
                            &[("namespace", uri), ("schemaLocation", &location)],
                        );
                    }),
                }
            }
        });
        for operation in &service.operations {
            for (_, one) in messages(operation) {
                message(service, operation, one, out);
            }
        }
        out.element("wsdl:message", &[("name", "Error")], |out| {
            let element = schema::qualified(&error.name);
            out.empty("wsdl:part", &[("name", "error"), ("element", &element)]);
        });
        port_type(service, out);
        for (binding, soap) in BINDINGS {
            self::binding(service, binding, soap, out);
        }
        out.element("wsdl:service", &[("name", &*service.name)], |out| {
            for (binding, soap) in BINDINGS {
                let name = format!("{}{binding}", service.name);
                let attributes = [("name", &*name), ("binding", &*format!("tns:{name}"))];
                out.element("wsdl:port", &attributes, |out| {
                    out.empty(&format!("{soap}:address"), &[("location", ADDRESS)]);
                });
            }
        });
    });
    Documents { wsdl: Document::new(&out.finish()), others: schemas }
}

/// What bindings and ports are named, and the prefix of their extensions.
const BINDINGS: [(&str, &str); 2] = [("Soap11", "soap"), ("Soap12", "soap12")];

/// The messages of an operation, and what each is called in it.
fn messages(operation: &SoapOperation) -> impl Iterator<Item = (&'static str, &Message)> {
    let output = operation.output.iter().map(|output| ("wsdl:output", output));
    std::iter::once(("wsdl:input", &operation.input)).chain(output)
}

fn message(service: &Service, operation: &SoapOperation, message: &Message, out: &mut Writer) {
    out.element("wsdl:message", &[("name", &*message.name)], |out| match operation.style {
        Style::Document => {
            let element = schema::qualified(&message.element);
            out.empty("wsdl:part", &[("name", "parameters"), ("element", &element)]);
        }
        Style::Rpc | Style::Encoded => {
            let Content::Elements(parts) = &service.view.get(message.body).content else { return };
            for part in parts {
                if let crate::contract::xml::Holds::Inner(id) = &part.holds
                    && let Some(name) = &service.view.get(*id).name
                {
                    let of = schema::qualified(name);
                    out.empty("wsdl:part", &[("name", &*part.name.local), ("type", &of)]);
                }
            }
        }
    });
}

/// The namespaces that parts of rpc messages name.
fn rpc_namespaces(service: &Service) -> Vec<NamespaceId> {
    let rpc = service.operations.iter().filter(|operation| operation.style != Style::Document);
    let bodies = rpc.flat_map(SoapOperation::bodies);
    let parts = bodies.flat_map(|id| match &service.view.get(id).content {
        Content::Elements(parts) => parts.as_slice(),
        Content::Text(..) => &[],
    });
    let mut namespaces: Vec<_> = parts
        .filter_map(|part| match &part.holds {
            crate::contract::xml::Holds::Inner(id) => service.view.get(*id).name.as_ref(),
            _ => None,
        })
        .map(|name| name.namespace)
        .collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    namespaces
}

fn port_type(service: &Service, out: &mut Writer) {
    let name = format!("{}PortType", service.name);
    out.element("wsdl:portType", &[("name", &name)], |out| {
        for operation in &service.operations {
            out.element("wsdl:operation", &[("name", &*operation.name)], |out| {
                documentation(operation.comment.as_deref(), out);
                for (kind, one) in messages(operation) {
                    let message = format!("tns:{}", one.name);
                    out.empty(kind, &[("message", &*message), ("wsam:Action", &*one.action)]);
                }
                out.empty("wsdl:fault", &[("name", "Error"), ("message", "tns:Error")]);
            });
        }
    });
}

fn binding(service: &Service, binding: &str, soap: &str, out: &mut Writer) {
    let name = format!("{}{binding}", service.name);
    let of = format!("tns:{}PortType", service.name);
    out.element("wsdl:binding", &[("name", &*name), ("type", &*of)], |out| {
        let style = match service.operations.first().map(|operation| operation.style) {
            Some(Style::Rpc) => "rpc",
            _ => "document",
        };
        out.empty(&format!("{soap}:binding"), &[("style", style), ("transport", HTTP)]);
        for operation in &service.operations {
            out.element("wsdl:operation", &[("name", &*operation.name)], |out| {
                let action = [("soapAction", &*operation.action), ("style", style)];
                out.empty(&format!("{soap}:operation"), &action);
                for (kind, one) in messages(operation) {
                    out.element(kind, &[], |out| {
                        let uri = service.view.uri(one.element.namespace);
                        let mut attributes = vec![("use", "literal")];
                        if operation.style != Style::Document {
                            attributes.push(("namespace", uri));
                        }
                        out.empty(&format!("{soap}:body"), &attributes);
                    });
                }
                out.element("wsdl:fault", &[("name", "Error")], |out| {
                    out.empty(&format!("{soap}:fault"), &[("name", "Error"), ("use", "literal")]);
                });
            });
        }
    });
}

fn documentation(comment: Option<&str>, out: &mut Writer) {
    if let Some(comment) = comment {
        out.text("wsdl:documentation", comment.trim());
    }
}
