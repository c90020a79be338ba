//! Writes envelopes: replies, lists, faults.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

use super::envelope::Heard;
use super::fault::{Fault, NotUnderstood, Side};
use super::version::Version;
use super::{Frontend, Port, mtom, security};
use crate::call::{CallError, Code, Detail, Messages, Metadata};
use crate::codec::xml::{Attached, EncodeOptions, Root, escape_attribute, escape_content};
use crate::contract::soap::{ErrorElement, ErrorPart, FaultContent};
use crate::contract::xml::{Name, NamespaceId};
use crate::frontend::details::details_json;
use crate::frontend::{Body, Response};

/// The answer to a call with a reply of one message.
pub(super) fn reply(
    frontend: &Frontend,
    port: &Port,
    operation: usize,
    message: Bytes,
    metadata: &Metadata,
    heard: &Heard,
    mut attached: Option<Attached>,
) -> Result<Response, CallError> {
    let (Some((soap, _)), Some(root)) = (port.operation(operation), port.replies.get(operation))
    else {
        return Err(CallError::gateway(Code::Internal, "an operation without an end"));
    };
    let (Some(root), Some(output)) = (root, &soap.output) else {
        // One-way: nothing is said but that it was done.
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::ACCEPTED;
        return Ok(response);
    };
    let mut out = Vec::with_capacity(message.len() * 4 + 1024);
    open(heard, &output.action, &headers(port, metadata), &mut out);
    port.codec
        .encode(root, &message, &frontend.encode, attached.as_mut(), &mut out)
        .map_err(unfit)?;
    close(&mut out);
    Ok(match attached.filter(|attached| !attached.parts.is_empty()) {
        Some(attached) => mtom::pack(heard.version, out, &attached, &message),
        None => envelope(StatusCode::OK, heard.version, out),
    })
}

/// The answer to a call with a stream of replies: a list, once all of them are there.
pub(super) async fn list(
    frontend: &Frontend,
    port: &Port,
    operation: usize,
    mut messages: Messages,
    heard: &Heard,
) -> Result<Response, CallError> {
    let found = (port.operation(operation), port.replies.get(operation), port.lists.get(operation));
    let (Some((soap, _)), Some(Some(item)), Some(start)) = found else {
        return Err(CallError::gateway(Code::Internal, "an operation without an end"));
    };
    let (Some(limit), Some(output)) = (&soap.stream, &soap.output) else {
        return Err(CallError::gateway(Code::Internal, "a stream where one message was asked for"));
    };
    let mut out = Vec::new();
    open(heard, &output.action, b"", &mut out);
    let name = qualified(&output.element);
    out.extend_from_slice(start.as_bytes());
    let mut count = 0;
    while let Some(message) = messages.next().await.transpose()? {
        count += 1;
        let mut reject = |error: CallError| {
            messages.reject(&error);
            error
        };
        if count > limit.messages || out.len() > frontend.max_message {
            let message = format!(
                "the stream is longer than a list may be: {} messages or {} bytes",
                limit.messages, frontend.max_message
            );
            return Err(reject(CallError::gateway(Code::ResourceExhausted, message)));
        }
        port.codec
            .encode(item, &message, &frontend.encode, None, &mut out)
            .map_err(|error| reject(unfit(error)))?;
    }
    out.extend_from_slice(format!("</{name}>").as_bytes());
    close(&mut out);
    Ok(envelope(StatusCode::OK, heard.version, out))
}

/// The answer that is a fault.
pub(super) fn fault(port: &Port, fault: &Fault, heard: &Heard, encode: &EncodeOptions) -> Response {
    let mut out = Vec::with_capacity(1024);
    start(heard.version, &mut out);
    let mut blocks = Vec::new();
    heard.addressing.write(&heard.addressing.fault_action(), &mut blocks);
    match (fault, heard.version) {
        (Fault::MustUnderstand(foreign), Version::V12) => {
            foreign.iter().for_each(|block| not_understood(block, &mut blocks));
        }
        (Fault::VersionMismatch, Version::V12) => upgrade(&mut blocks),
        _ => {}
    }
    if !blocks.is_empty() {
        out.extend_from_slice(b"<soap:Header>");
        out.extend_from_slice(&blocks);
        out.extend_from_slice(b"</soap:Header>");
    }
    out.extend_from_slice(b"<soap:Body><soap:Fault>");
    let reason = fault.reason();
    let own = port.service.error();
    let (code, sub) = codes(own, fault, heard.version);
    match heard.version {
        Version::V11 => {
            // 1.1 has one code; a protocol's own is more than Client.
            let code = sub.filter(|_| !matches!(fault, Fault::Call(_))).unwrap_or(code);
            element("faultcode", &code, &mut out);
            element("faultstring", &reason, &mut out);
        }
        Version::V12 => {
            out.extend_from_slice(format!("<soap:Code><soap:Value>{code}</soap:Value>").as_bytes());
            if let Some(sub) = sub {
                out.extend_from_slice(b"<soap:Subcode><soap:Value");
                if let Some(own) = own {
                    let namespace = own.name.namespace;
                    out.extend_from_slice(format!(" xmlns:{}=\"", prefix(namespace)).as_bytes());
                    escape_attribute(port.codec.view().uri(namespace), &mut out);
                    out.push(b'"');
                }
                out.extend_from_slice(format!(">{sub}</soap:Value></soap:Subcode>").as_bytes());
            }
            out.extend_from_slice(b"</soap:Code><soap:Reason><soap:Text xml:lang=\"en\">");
            text(&reason, &mut out);
            out.extend_from_slice(b"</soap:Text></soap:Reason>");
        }
    }
    // 1.1 has a detail only where it was the body that could not be processed (section 4.4 of its note).
    let of_header = heard.version == Version::V11 && matches!(fault, Fault::Security(..));
    if let Some(error) = fault.error().filter(|_| !of_header) {
        let mut inside = Vec::new();
        match own {
            Some(own) => detail(port, own, error, encode, &mut inside),
            None => given_detail(port, heard.operation, error, encode, &mut inside),
        }
        if !inside.is_empty() {
            let name = if heard.version == Version::V11 { "detail" } else { "soap:Detail" };
            out.extend_from_slice(format!("<{name}>").as_bytes());
            out.extend_from_slice(&inside);
            out.extend_from_slice(format!("</{name}>").as_bytes());
        }
    }
    out.extend_from_slice(b"</soap:Fault>");
    close(&mut out);
    envelope(fault.status(heard.version), heard.version, out)
}

/// The code, and the more exact one below it.
fn codes(own: Option<&ErrorElement>, fault: &Fault, version: Version) -> (String, Option<String>) {
    let code = match (fault, version, fault.side()) {
        (Fault::VersionMismatch, ..) => "soap:VersionMismatch",
        (Fault::MustUnderstand(_), ..) => "soap:MustUnderstand",
        (_, Version::V11, Side::Sender) => "soap:Client",
        (_, Version::V11, Side::Receiver) => "soap:Server",
        (_, Version::V12, Side::Sender) => "soap:Sender",
        (_, Version::V12, Side::Receiver) => "soap:Receiver",
    };
    let sub = match fault {
        Fault::Call(error) => {
            own.map(|own| format!("{}:{}", prefix(own.name.namespace), error.code().name()))
        }
        Fault::Security(code, _) => Some(format!("wsse:{code}")),
        Fault::OnlyAnonymous => Some("wsa:OnlyAnonymousAddressSupported".to_owned()),
        Fault::ActionNotSupported(_) => Some("wsa:ActionNotSupported".to_owned()),
        Fault::VersionMismatch | Fault::MustUnderstand(_) => None,
    };
    (code.to_owned(), sub)
}

/// The element that the WSDL says faults have: the code, the message, and typed details.
fn detail(
    port: &Port,
    element: &ErrorElement,
    error: &CallError,
    encode: &EncodeOptions,
    out: &mut Vec<u8>,
) {
    let name = qualified(&element.name);
    let Some((start, details)) = &port.error else { return };
    out.extend_from_slice(start.as_bytes());
    let [code, message] = &element.parts;
    self::element(&qualified(code), error.code().name(), out);
    self::element(&qualified(message), error.message(), out);
    for detail in error.details() {
        if typed(port, element, details, detail, encode, out).is_none() {
            let mut json = Vec::new();
            details_json(std::slice::from_ref(detail), &port.json, &mut json);
            let json = String::from_utf8_lossy(&json);
            let json = json.strip_prefix('[').and_then(|json| json.strip_suffix(']'));
            let other = Name { local: "detail".into(), ..element.name.clone() };
            self::element(&qualified(&other), json.unwrap_or_default(), out);
        }
    }
    out.extend_from_slice(format!("</{name}>").as_bytes());
}

/// A detail that has an element of its own; `None` where it has none, or its bytes are not of its type.
fn typed(
    port: &Port,
    element: &ErrorElement,
    details: &[Root],
    detail: &Detail,
    encode: &EncodeOptions,
    out: &mut Vec<u8>,
) -> Option<()> {
    let name = detail.type_url.rsplit('/').next()?;
    let known = element.details.iter().position(|known| *known.message == *name)?;
    port.codec.encode(details.get(known)?, &detail.value, encode, None, out).ok()
}

/// The elements that an older WSDL has for the error: for each of its details that has one, else the
/// one for its code, else the one for any. Nothing before the operation is known.
fn given_detail(
    port: &Port,
    operation: Option<usize>,
    error: &CallError,
    encode: &EncodeOptions,
    out: &mut Vec<u8>,
) {
    let found =
        operation.and_then(|index| Some((port.operation(index)?.0, port.faults.get(index)?)));
    let Some((soap, roots)) = found else { return };
    for (fault, root) in soap.faults.iter().zip(roots) {
        let (FaultContent::Detail(name, _), Some(root)) = (&fault.holds, root) else { continue };
        let is_it = |detail: &&Detail| detail.type_url.rsplit('/').next() == Some(name);
        for detail in error.details().iter().filter(is_it) {
            // One whose bytes are not of its type is left out.
            let _ = port.codec.encode(root, &detail.value, encode, None, out);
        }
    }
    if !out.is_empty() {
        return;
    }
    let of = |wanted: Option<u8>| {
        soap.faults.iter().find_map(|fault| match &fault.holds {
            FaultContent::Error(code, parts) if *code == wanted => Some((&fault.element, parts)),
            _ => None,
        })
    };
    let Some((name, parts)) = of(Some(error.code().number())).or_else(|| of(None)) else { return };
    let names: Vec<&Name> =
        std::iter::once(name).chain(parts.iter().map(|(name, _)| name)).collect();
    let declarations = port.codec.declarations(&names, &[]);
    let name = qualified(name);
    out.extend_from_slice(format!("<{name}{declarations}>").as_bytes());
    for (part, holds) in parts {
        let number;
        let content = match holds {
            ErrorPart::Code => error.code().name(),
            ErrorPart::Number => {
                number = error.code().number().to_string();
                &number
            }
            ErrorPart::Message => error.message(),
            ErrorPart::Text(text) => text,
        };
        self::element(&qualified(part), content, out);
    }
    out.extend_from_slice(format!("</{name}>").as_bytes());
}

/// The service's own header blocks of a reply.
fn headers(port: &Port, metadata: &Metadata) -> Vec<u8> {
    let mut out = Vec::new();
    let headers = port.service.headers.iter().zip(&port.headers);
    for (header, parts) in headers.filter(|(header, _)| header.in_replies) {
        let known = parts.iter().filter_map(|(name, metadata_name)| {
            Some((name, std::str::from_utf8(metadata.get(metadata_name.as_str())?).ok()?))
        });
        let known: Vec<_> = known.collect();
        if known.is_empty() {
            continue;
        }
        let names: Vec<&Name> =
            std::iter::once(&header.element).chain(known.iter().map(|(name, _)| *name)).collect();
        let declarations = port.codec.declarations(&names, &[]);
        let name = qualified(&header.element);
        out.extend_from_slice(format!("<{name}{declarations}>").as_bytes());
        for (name, value) in known {
            element(&qualified(name), value, &mut out);
        }
        out.extend_from_slice(format!("</{name}>").as_bytes());
    }
    out
}

fn not_understood(block: &NotUnderstood, out: &mut Vec<u8>) {
    out.extend_from_slice(b"<soap:NotUnderstood xmlns:m=\"");
    escape_attribute(&block.namespace, out);
    out.extend_from_slice(b"\" qname=\"m:");
    escape_attribute(&block.local, out);
    out.extend_from_slice(b"\"></soap:NotUnderstood>");
}

/// Which envelopes are taken (SOAP 1.2 Part 1, section 5.4.7).
fn upgrade(out: &mut Vec<u8>) {
    out.extend_from_slice(b"<soap:Upgrade>");
    for version in [Version::V12, Version::V11] {
        let namespace = version.namespace();
        let supported = format!(
            "<soap:SupportedEnvelope xmlns:s=\"{namespace}\" qname=\"s:Envelope\"></soap:SupportedEnvelope>"
        );
        out.extend_from_slice(supported.as_bytes());
    }
    out.extend_from_slice(b"</soap:Upgrade>");
}

fn start(version: Version, out: &mut Vec<u8>) {
    out.extend_from_slice(
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope xmlns:soap=\"",
    );
    out.extend_from_slice(version.namespace().as_bytes());
    out.extend_from_slice(b"\" xmlns:wsse=\"");
    out.extend_from_slice(security::NAMESPACE.as_bytes());
    out.extend_from_slice(b"\" xmlns:wsa=\"http://www.w3.org/2005/08/addressing\">");
}

/// The start of the envelope of a reply, up to its body's content.
fn open(heard: &Heard, action: &str, headers: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope xmlns:soap=\"",
    );
    out.extend_from_slice(heard.version.namespace().as_bytes());
    out.extend_from_slice(b"\">");
    let begun = out.len();
    out.extend_from_slice(b"<soap:Header>");
    let empty = out.len();
    heard.addressing.write(action, out);
    out.extend_from_slice(headers);
    match out.len() == empty {
        true => out.truncate(begun),
        false => out.extend_from_slice(b"</soap:Header>"),
    }
    out.extend_from_slice(b"<soap:Body>");
}

fn close(out: &mut Vec<u8>) {
    out.extend_from_slice(b"</soap:Body></soap:Envelope>\n");
}

fn envelope(status: StatusCode, version: Version, text: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let content_type = match version {
        Version::V11 => "text/xml; charset=utf-8",
        Version::V12 => "application/soap+xml; charset=utf-8",
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn element(name: &str, content: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("<{name}>").as_bytes());
    text(content, out);
    out.extend_from_slice(format!("</{name}>").as_bytes());
}

/// A text for people; what XML cannot hold of it is shown as a question mark.
fn text(content: &str, out: &mut Vec<u8>) {
    if !escape_content(content, out) {
        escape_content(&content.replace(|c: char| !matches!(c, ' '..='\u{fffd}'), "?"), out);
    }
}

fn qualified(name: &Name) -> String {
    match name.namespace {
        NamespaceId::NONE => name.local.to_string(),
        namespace => format!("{}:{}", prefix(namespace), name.local),
    }
}

fn prefix(namespace: NamespaceId) -> String {
    format!("n{}", namespace.0)
}

fn unfit(error: crate::codec::EncodeError) -> CallError {
    CallError::backend(Code::Internal, "the reply does not fit its contract").because(error)
}
