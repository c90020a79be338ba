//! Builds the frontend of a listener: settings once, then one service after another.

use std::collections::HashMap;
use std::sync::Arc;

use super::address::Address;
use super::security::Security;
use super::{Frontend, Port, mtom};
use crate::call::Name;
use crate::codec::json::UnknownFields;
use crate::codec::xml::{Codec, DecodeOptions, EncodeOptions, Limits};
use crate::config::checked;
use crate::contract::soap::{Fault, FaultContent, Service};
use crate::contract::view::View;
use crate::contract::wsdl;
use crate::contract::xml::{Name as XmlName, TypeId};
use crate::frontend::Endpoint;
use crate::telemetry::metrics::ListenerMetrics;

/// What a [`Frontend`] is built from.
#[derive(Debug)]
pub struct Builder {
    frontend: Frontend,
    json: Arc<View>,
    linked: bool,
}

impl Builder {
    /// Starts a frontend; `json` says how messages look that XML has as a text of JSON.
    pub fn new(
        settings: &checked::Soap,
        listener: &checked::Listener,
        json: Arc<View>,
        metrics: Arc<ListenerMetrics>,
    ) -> Self {
        let unknown_fields = match settings.unknown_fields {
            checked::UnknownFields::Refuse => UnknownFields::Refuse,
            checked::UnknownFields::Ignore => UnknownFields::Ignore,
        };
        let security = &settings.security;
        let users = security.users.iter();
        let users: HashMap<Box<str>, Box<str>> = users
            .map(|(name, password)| (name.as_str().into(), password.as_str().into()))
            .collect();
        let frontend = Frontend {
            prefix: format!("{}/", settings.path.trim_end_matches('/')),
            services: HashMap::new(),
            decode: DecodeOptions { unknown_fields, lenient_namespaces: false },
            encode: EncodeOptions {
                emit_defaults: settings.emit_defaults,
                max_depth: listener.limits.depth,
            },
            // An envelope and its body stand around the message.
            limits: Limits { depth: listener.limits.depth + 3, attributes: settings.attributes },
            max_message: listener.limits.body,
            forward: settings.forward_headers.iter().filter_map(|name| Name::parse(name)).collect(),
            mtom: mtom::Settings { threshold: settings.mtom_threshold },
            security: Security {
                users: (!users.is_empty()).then_some(users),
                max_skew: security.max_skew,
                required: security.required,
                nonces: Arc::default(),
            },
            address: Address { base: settings.address.clone(), tls: listener.tls.is_some() },
            incomplete: None,
            metrics,
        };
        Self { frontend, json, linked: settings.linked_schemas }
    }

    /// Makes unknown services a 503 with this message: part of the contract is still missing, and the
    /// service may be in there.
    pub fn incomplete(&mut self, message: String) {
        self.frontend.incomplete = Some(message);
    }

    /// Adds services that share a view; `endpoint` finds what answers an operation.
    pub fn add(
        &mut self,
        services: Vec<Service>,
        endpoint: impl Fn(&crate::contract::Operation) -> Option<Endpoint>,
    ) {
        let Some(view) = services.first().map(|service| service.view.clone()) else { return };
        let codec = Arc::new(Codec::new(view, self.json.clone()));
        for mut service in services {
            let endpoints: Vec<_> =
                service.operations.iter().map(|one| endpoint(&one.operation)).collect();
            // Operations come from the same config, so each has its end.
            let mut has_end = endpoints.iter().map(Option::is_some);
            service.operations.retain(|_| has_end.next() == Some(true));
            let endpoints: Vec<_> = endpoints.into_iter().flatten().collect();
            let documents = wsdl::Documents::of(&service, self.linked);
            let (mut by_element, mut by_action) = (HashMap::new(), HashMap::new());
            for (index, operation) in service.operations.iter().enumerate() {
                let element = &operation.input.element;
                let namespace = codec.view().uri(element.namespace);
                by_element.insert((namespace.into(), element.local.clone()), index);
                by_action.insert(operation.action.clone(), index);
            }
            let replies = service.operations.iter().map(|one| {
                let output = one.output.as_ref()?;
                Some(match &one.stream {
                    None => codec.root(&output.element, output.body, true),
                    Some(stream) => codec.root(&stream.item, output.body, false),
                })
            });
            let replies = replies.collect();
            let around = |name: &XmlName, names: &[&XmlName], types: &[TypeId]| {
                let declarations = codec.declarations(&[&[name], names].concat(), types);
                format!("<n{}:{}{declarations}>", name.namespace.0, name.local)
            };
            let lists = service.operations.iter().map(|one| {
                let list = one.stream.as_ref().zip(one.output.as_ref());
                let list = list.map(|(stream, output)| {
                    around(&output.element, &[&stream.item], &[output.body])
                });
                list.unwrap_or_default()
            });
            let lists = lists.collect();
            let error = service.error().map(|error| {
                let types: Vec<_> = error.details.iter().map(|detail| detail.body).collect();
                let details = error.details.iter();
                (
                    around(&error.name, &[], &types),
                    details.map(|one| codec.root(&one.element, one.body, false)).collect(),
                )
            });
            let faults = service.operations.iter().map(|one| {
                let root = |fault: &Fault| match &fault.holds {
                    FaultContent::Detail(_, of) => Some(codec.root(&fault.element, *of, true)),
                    FaultContent::Error(..) => None,
                };
                one.faults.iter().map(root).collect()
            });
            let faults = faults.collect();
            let headers = service.headers.iter().map(|header| {
                // Names that config was asked about.
                let parts = header.parts.iter();
                parts.filter_map(|(name, of)| Some((name.clone(), Name::parse(of)?))).collect()
            });
            let headers = headers.collect();
            let path = service.path.clone();
            let port = Port {
                service,
                codec: codec.clone(),
                json: self.json.clone(),
                endpoints,
                replies,
                lists,
                error,
                faults,
                headers,
                by_element,
                by_action,
                documents,
            };
            self.frontend.services.insert(path, Arc::new(port));
        }
    }

    /// The frontend.
    pub fn build(self) -> Frontend {
        self.frontend
    }
}
