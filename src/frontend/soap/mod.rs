//! SOAP 1.1 and 1.2: an envelope is one call of an operation that the service's WSDL describes.

mod address;
mod addressing;
mod builder;
mod envelope;
mod fault;
mod mtom;
mod outgoing;
mod security;
mod version;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use http::header::{ALLOW, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};

pub use self::builder::Builder;
use self::envelope::{Asked, Heard};
use self::fault::Fault;
use self::version::Form;
use super::{Body, Endpoint, Request, Response, body, metadata, request_id, timeout};
use crate::call::{self, Call, CallError, Code, Payload, Principal, Reply, Source};
use crate::codec::xml::{Codec, DecodeOptions, EncodeOptions, Limits, Root, Start};
use crate::contract::soap::{Service, SoapOperation};
use crate::contract::view::View;
use crate::contract::wsdl::Documents;
use crate::contract::xml::Name;
use crate::telemetry::metrics::ListenerMetrics;
use crate::telemetry::record::Recorder;

/// The frontend's name in logs and metrics.
pub const NAME: &str = "soap";

/// The SOAP frontend of one listener, compiled.
#[derive(Debug)]
pub struct Frontend {
    /// With a slash at its end.
    prefix: String,
    services: HashMap<Box<str>, Arc<Port>>,
    decode: DecodeOptions,
    encode: EncodeOptions,
    limits: Limits,
    /// The largest request, in bytes, and the largest list that a stream is answered as.
    max_message: usize,
    forward: Vec<call::Name>,
    mtom: mtom::Settings,
    security: security::Security,
    address: address::Address,
    /// What an unknown service is answered where the contract is not whole yet.
    incomplete: Option<String>,
    metrics: Arc<ListenerMetrics>,
}

/// One service.
#[derive(Debug)]
struct Port {
    service: Service,
    codec: Arc<Codec>,
    /// How details look that have no element of their own.
    json: Arc<View>,
    /// In the order of the service's operations.
    endpoints: Vec<Endpoint>,
    /// The elements of their replies; of a list, of one of its items. One-way operations have none.
    replies: Vec<Option<Root>>,
    /// The start tags of their lists; empty for those that are none.
    lists: Vec<String>,
    /// The start tag of a fault's detail, and the elements of typed details.
    error: Option<(String, Vec<Root>)>,
    /// The elements of each operation's faults that are details of an error.
    faults: Vec<Vec<Option<Root>>>,
    /// The elements of each of the service's own header blocks, and the metadata that they are.
    headers: Vec<Vec<(Name, call::Name)>>,
    /// Operations by the namespace and the local name of their request's element.
    by_element: HashMap<(Box<str>, Box<str>), usize>,
    /// Operations by what `SOAPAction` or `wsa:Action` says.
    by_action: HashMap<Box<str>, usize>,
    documents: Documents,
}

impl Port {
    fn operation(&self, index: usize) -> Option<(&SoapOperation, &Endpoint)> {
        Some((self.service.operations.get(index)?, self.endpoints.get(index)?))
    }

    /// The service's own header block that a start tag begins: its elements and what they are.
    fn header(&self, start: &Start<'_>) -> Option<&[(Name, call::Name)]> {
        let mut headers = self.service.headers.iter().zip(&self.headers);
        let found = headers.find(|(header, _)| {
            let Name { namespace, local } = &header.element;
            header.in_requests && start.is(self.codec.view().uri(*namespace), local)
        });
        found.map(|(_, parts)| parts.as_slice())
    }
}

impl Frontend {
    /// Whether requests for that path are this frontend's.
    pub fn is_at(&self, path: &str) -> bool {
        path.starts_with(&self.prefix)
    }

    /// Answers one request. This is the path of a SOAP call: route, read, call, write.
    pub async fn handle(&self, request: Request, peer: Option<SocketAddr>) -> Response {
        let (parts, body) = request.into_parts();
        let source = Source {
            frontend: NAME,
            peer,
            request_id: request_id::read(parts.headers.get(request_id::HEADER)),
            arrived: Instant::now(),
        };
        let name = parts.uri.path().strip_prefix(&self.prefix).unwrap_or_default();
        let mut response = match self.services.get(name) {
            None => self.no_service(name),
            Some(port) if parts.method == Method::POST => {
                self.post(port, &parts, body, &source).await
            }
            Some(port) if matches!(parts.method, Method::GET | Method::HEAD) => {
                self.described(port, &parts)
            }
            Some(_) => plain(StatusCode::METHOD_NOT_ALLOWED, "SOAP is spoken by POST here\n"),
        };
        request_id::write(&source.request_id, response.headers_mut());
        if parts.method == Method::HEAD {
            super::without_body(&mut response);
        }
        response
    }

    /// `?wsdl` and `?xsd=N`.
    fn described(&self, port: &Port, parts: &Parts) -> Response {
        let query = parts.uri.query().unwrap_or_default();
        let (name, value) = query.split_once('=').unwrap_or((query, ""));
        let others = &port.documents.others;
        let document = match name.to_ascii_lowercase().as_str() {
            "wsdl" | "singlewsdl" if value.is_empty() => Some(&port.documents.wsdl),
            "wsdl" | "xsd" => value.parse().ok().and_then(|index: usize| others.get(index)),
            _ => {
                return plain(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "SOAP is spoken by POST here, and ?wsdl describes it\n",
                );
            }
        };
        let Some(document) = document else {
            return plain(StatusCode::NOT_FOUND, "there is no such document\n");
        };
        let text = document.at(&self.address.of(parts));
        let mut response = Response::new(Body::from(text));
        let content_type = HeaderValue::from_static("text/xml; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response
    }

    async fn post(&self, port: &Port, parts: &Parts, body: Body, source: &Source) -> Response {
        let Some(form) = Form::of(parts.headers.get(CONTENT_TYPE)) else {
            let expected = "expected text/xml, application/soap+xml or multipart/related\n";
            return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, expected);
        };
        let mut heard = Heard::new(form.version());
        let answered = self.answer(port, &form, parts, body, source, &mut heard).await;
        match answered {
            Ok(response) => response,
            Err(fault) => outgoing::fault(port, &fault, &heard, &self.encode),
        }
    }

    async fn answer(
        &self,
        port: &Port,
        form: &Form,
        parts: &Parts,
        body: Body,
        source: &Source,
        heard: &mut Heard,
    ) -> Result<Response, Fault> {
        let asked = self.read(port, form, parts, body, heard).await;
        let unrouted = |fault: Fault| {
            self.metrics.unrouted();
            let error = fault.error().map_or("no SOAP", CallError::message);
            tracing::debug!(error, request_id = &*source.request_id, "no operation");
            fault
        };
        let Asked { operation, message } = match asked {
            Ok(asked) => asked,
            // Which operation it was is known from its element on.
            Err(fault) => {
                return Err(match heard.operation.and_then(|index| port.endpoints.get(index)) {
                    Some(endpoint) => {
                        if let Some(error) = fault.error() {
                            Recorder::refuse(&endpoint.recorder, source, error);
                        }
                        fault
                    }
                    None => unrouted(fault),
                });
            }
        };
        let Some((_, endpoint)) = port.operation(operation) else {
            return Err(Fault::call(CallError::gateway(
                Code::Internal,
                "an operation without an end",
            )));
        };
        let refused = |error: CallError| {
            Recorder::refuse(&endpoint.recorder, source, &error);
            Fault::call(error)
        };
        let mut read = metadata::read(&parts.headers, &self.forward).map_err(refused)?;
        if let Some(credentials) = heard.credentials.take()
            && self.forward.iter().any(|name| name.as_str() == "authorization")
        {
            read.set(call::Name::from_static("authorization"), credentials);
        }
        for (name, value) in heard.metadata.drain(..) {
            read.set(name, value);
        }
        let deadline = timeout::read(parts.headers.get(timeout::GRPC_TIMEOUT)).map_err(refused)?;
        let call = Call {
            operation: endpoint.operation.clone(),
            metadata: read,
            payload: Payload::Message(message.into()),
            deadline,
            principal: Principal::Anonymous,
            source: source.clone(),
        };
        let reply = endpoint.service.answer(call).await.map_err(Fault::call)?;
        let Reply { payload, outcome, metadata, .. } = reply;
        match payload {
            Payload::Message(message) => {
                let attached = self.mtom.wanted(form, &parts.headers);
                outgoing::reply(self, port, operation, message, &metadata, heard, attached).map_err(
                    |error| {
                        outcome.reject(&error);
                        Fault::call(error)
                    },
                )
            }
            Payload::Stream(messages) => {
                outgoing::list(self, port, operation, messages, heard).await.map_err(Fault::call)
            }
        }
    }

    /// Reads the envelope, and what it says of its operation.
    async fn read(
        &self,
        port: &Port,
        form: &Form,
        parts: &Parts,
        body: Body,
        heard: &mut Heard,
    ) -> Result<Asked, Fault> {
        if let Some(coding) = body::unread_coding(parts.headers.get(http::header::CONTENT_ENCODING))
        {
            let message =
                format!("no content coding {coding:?} is read here, but {}", body::CODINGS_LIST);
            return Err(Fault::call(CallError::client(Code::InvalidArgument, message)));
        }
        let body = body::collect(body, self.max_message).await.map_err(|error| {
            Fault::call(CallError::client(error.code(), error.to_string()).because(error))
        })?;
        let mut packed = mtom::unpack(form, body).await?;
        let text = envelope::text(&packed.root, packed.charset.as_deref())?;
        let action = version::action(form, &parts.headers);
        envelope::read(self, port, &text, action.as_deref(), &mut packed.attachments, heard)
    }

    fn no_service(&self, name: &str) -> Response {
        self.metrics.unrouted();
        match &self.incomplete {
            Some(why) => plain(StatusCode::SERVICE_UNAVAILABLE, &format!("{why}\n")),
            None => {
                let shown: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
                plain(StatusCode::NOT_FOUND, &format!("no SOAP service named {shown}\n"))
            }
        }
    }
}

/// An answer without an envelope, where nobody may have sent one.
fn plain(status: StatusCode, text: &str) -> Response {
    let mut response = Response::new(Body::from(text.to_owned()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("POST, GET, HEAD"));
    }
    response
}
