//! Schemas: one for each namespace.

use super::Reached;
use super::writer::Writer;
use crate::contract::soap::{ErrorElement, Service, SoapOperation, Style};
use crate::contract::xml::{
    Content, Element, Form, Holds, Literal, Name, NamespaceId, Occurs, Simple, Type, TypeId, View,
};

/// Writes the schema of a namespace: the types that are defined in it and, in the service's own, the
/// elements that stand in bodies and details.
pub(super) fn write(
    service: &Service,
    error: &ErrorElement,
    reached: &Reached,
    namespace: NamespaceId,
    location: &dyn Fn(NamespaceId) -> Option<String>,
    out: &mut Writer,
) {
    let view = &*service.view;
    let uri = view.uri(namespace);
    let own = namespace == error.name.namespace;
    let mut imports = reached.uses.get(&namespace).cloned().unwrap_or_default();
    if own {
        let bodies = service.operations.iter().flat_map(SoapOperation::bodies);
        let details = error.details.iter().map(|detail| detail.body);
        let names = bodies.chain(details).filter_map(|id| view.get(id).name.as_ref());
        imports.extend(names.map(|name| name.namespace));
    }
    imports.sort_unstable();
    imports.dedup();
    imports.retain(|id| *id != namespace);
    let prefix = format!("xmlns:n{}", namespace.0);
    let mut declared: Vec<(String, String)> = vec![(prefix, uri.to_owned())];
    declared
        .extend(imports.iter().map(|id| (format!("xmlns:n{}", id.0), view.uri(*id).to_owned())));
    let mut attributes = vec![
        ("xmlns:xs", "http://www.w3.org/2001/XMLSchema"),
        ("targetNamespace", uri),
        ("elementFormDefault", "qualified"),
    ];
    attributes.extend(declared.iter().map(|(name, uri)| (name.as_str(), uri.as_str())));
    let schema = Schema { view, service, error };
    out.element("xs:schema", &attributes, |out| {
        for id in &imports {
            let location = location(*id);
            let mut attributes = vec![("namespace", view.uri(*id))];
            attributes.extend(location.as_deref().map(|location| ("schemaLocation", location)));
            out.empty("xs:import", &attributes);
        }
        if own {
            schema.elements(out);
        }
        for id in reached.types.get(&namespace).into_iter().flatten() {
            schema.complex(view.get(*id), out);
        }
        for index in reached.enumerations.get(&namespace).into_iter().flatten() {
            schema.enumeration(*index, out);
        }
    });
}

struct Schema<'s> {
    view: &'s View,
    service: &'s Service,
    error: &'s ErrorElement,
}

impl Schema<'_> {
    /// Elements of bodies, and of the detail of faults.
    fn elements(&self, out: &mut Writer) {
        for operation in &self.service.operations {
            if operation.style == Style::Document {
                let name = [("name", &*operation.input.element.local)];
                self.global(&name, operation.input.body, out);
                let Some(output) = &operation.output else { continue };
                let name = [("name", &*output.element.local)];
                match &operation.stream {
                    None => self.global(&name, output.body, out),
                    Some(stream) => out.element("xs:element", &name, |out| {
                        out.element("xs:complexType", &[], |out| {
                            out.element("xs:sequence", &[], |out| {
                                let of = self.type_name(output.body);
                                let most = stream.messages.to_string();
                                let attributes = [
                                    ("name", &*stream.item.local),
                                    ("type", of.as_str()),
                                    ("minOccurs", "0"),
                                    ("maxOccurs", most.as_str()),
                                ];
                                out.empty("xs:element", &attributes);
                            });
                        });
                    }),
                }
            }
        }
        let error = self.error;
        out.element("xs:element", &[("name", &*error.name.local)], |out| {
            out.element("xs:complexType", &[], |out| {
                out.element("xs:sequence", &[], |out| {
                    for part in &error.parts {
                        out.empty("xs:element", &[("name", &*part.local), ("type", "xs:string")]);
                    }
                    let any = [("minOccurs", "0"), ("maxOccurs", "unbounded")];
                    out.element("xs:choice", &any, |out| {
                        for detail in &error.details {
                            let of = self.type_name(detail.body);
                            let name = &*detail.element.local;
                            out.empty("xs:element", &[("name", name), ("type", &of)]);
                        }
                        out.empty("xs:element", &[("name", "detail"), ("type", "xs:string")]);
                    });
                });
            });
        });
    }

    fn global(&self, name: &[(&str, &str)], id: TypeId, out: &mut Writer) {
        let of = self.type_name(id);
        let attributes = [name, &[("type", of.as_str())]].concat();
        out.empty("xs:element", &attributes);
    }

    fn complex(&self, of: &Type, out: &mut Writer) {
        let Some(name) = &of.name else { return };
        out.element("xs:complexType", &[("name", &*name.local)], |out| {
            documentation(of.comment.as_deref(), out);
            match &of.content {
                Content::Text(..) => {}
                Content::Elements(elements) if elements.is_empty() => {}
                Content::Elements(elements) => {
                    out.element("xs:sequence", &[], |out| self.particles(elements, out));
                }
            }
        });
    }

    /// Elements; those of a choice stand side by side.
    fn particles(&self, elements: &[Element], out: &mut Writer) {
        let mut rest = elements;
        while let Some((first, more)) = rest.split_first() {
            let Some(choice) = first.choice else {
                self.element(first, first.occurs, out);
                rest = more;
                continue;
            };
            let end = rest.iter().position(|one| one.choice != Some(choice)).unwrap_or(rest.len());
            let (members, behind) = rest.split_at(end);
            out.element("xs:choice", &[("minOccurs", "0")], |out| {
                for member in members {
                    self.element(member, Occurs::ONE, out);
                }
            });
            rest = behind;
        }
    }

    fn element(&self, element: &Element, occurs: Occurs, out: &mut Writer) {
        let of = match &element.holds {
            Holds::Value(_, simple) => self.simple(simple),
            Holds::Message(_, id) | Holds::Inner(id) => self.type_name(*id),
            Holds::Literal(Literal::Text(_)) => "xs:string".to_owned(),
            Holds::Literal(Literal::Nil | Literal::Ignored | Literal::Refused) => return,
        };
        let min = occurs.min.to_string();
        let max = occurs.max.map_or("unbounded".to_owned(), |max| max.to_string());
        let mut attributes = vec![("name", &*element.name.local), ("type", of.as_str())];
        if occurs.min != 1 {
            attributes.push(("minOccurs", &min));
        }
        if occurs.max != Some(1) {
            attributes.push(("maxOccurs", &max));
        }
        if element.nillable {
            attributes.push(("nillable", "true"));
        }
        if is_binary(&element.holds) {
            attributes.push(("xmlns:xmime", "http://www.w3.org/2005/05/xmlmime"));
            attributes.push(("xmime:expectedContentTypes", "application/octet-stream"));
        }
        match &element.comment {
            None => out.empty("xs:element", &attributes),
            Some(comment) => {
                out.element("xs:element", &attributes, |out| documentation(Some(comment), out));
            }
        }
    }

    fn simple(&self, simple: &Simple) -> String {
        if let Form::Enumeration(id, _) = &simple.form {
            let enumeration = self.view.enumerations.get(id.0 as usize);
            if let Some(name) = enumeration.and_then(|one| one.name.as_ref()) {
                return qualified(name);
            }
        }
        format!("xs:{}", simple.builtin.name())
    }

    fn enumeration(&self, index: usize, out: &mut Writer) {
        let Some(enumeration) = self.view.enumerations.get(index) else { return };
        let Some(name) = &enumeration.name else { return };
        out.element("xs:simpleType", &[("name", &*name.local)], |out| {
            documentation(enumeration.comment.as_deref(), out);
            out.element("xs:restriction", &[("base", "xs:string")], |out| {
                for (text, _) in &enumeration.values {
                    out.empty("xs:enumeration", &[("value", text)]);
                }
            });
        });
    }

    fn type_name(&self, id: TypeId) -> String {
        self.view.get(id).name.as_ref().map_or("xs:anyType".to_owned(), qualified)
    }
}

fn is_binary(holds: &Holds) -> bool {
    use crate::contract::shape::Kind;
    matches!(holds, Holds::Value(_, Simple { form: Form::Scalar(Kind::Bytes), .. }))
}

pub(super) fn qualified(name: &Name) -> String {
    format!("n{}:{}", name.namespace.0, name.local)
}

fn documentation(comment: Option<&str>, out: &mut Writer) {
    if let Some(comment) = comment {
        out.element("xs:annotation", &[], |out| out.text("xs:documentation", comment.trim()));
    }
}
