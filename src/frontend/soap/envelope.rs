//! Reads an envelope: its header blocks, and the one element of its body straight into a message.

use std::borrow::Cow;

use super::addressing::Addressing;
use super::fault::{Fault, NotUnderstood};
use super::version::Version;
use super::{Frontend, Port, security};
use crate::call::{CallError, Code, Name};
use crate::codec::DecodeError;
use crate::codec::xml::{Attachments, DecodeOptions, Event, Reader, Start};
use crate::contract::xml::{Name as XmlName, decode_text};

/// What a request asks for.
#[derive(Debug)]
pub(super) struct Asked {
    /// The operation's place in its service.
    pub operation: usize,
    /// Its message.
    pub message: Vec<u8>,
}

/// What was heard of a request so far: the answer, be it a fault, follows it.
#[derive(Debug)]
pub(super) struct Heard {
    /// The version of the answer.
    pub version: Version,
    /// WS-Addressing.
    pub addressing: Addressing,
    /// Who calls, as `authorization` has it.
    pub credentials: Option<String>,
    /// What header blocks of the service's own say.
    pub metadata: Vec<(Name, String)>,
    /// The operation, once its element was seen.
    pub operation: Option<usize>,
}

impl Heard {
    pub fn new(version: Version) -> Self {
        Self {
            version,
            addressing: Addressing::default(),
            credentials: None,
            metadata: Vec::new(),
            operation: None,
        }
    }
}

/// The text of a document.
pub(super) fn text<'b>(bytes: &'b [u8], charset: Option<&str>) -> Result<Cow<'b, str>, Fault> {
    decode_text(bytes, charset).map_err(|error| Fault::client(error.to_string()))
}

/// Reads the envelope in a text. `action` is what the transport says of the operation.
pub(super) fn read(
    frontend: &Frontend,
    port: &Port,
    text: &str,
    action: Option<&str>,
    attachments: &mut dyn Attachments,
    heard: &mut Heard,
) -> Result<Asked, Fault> {
    let mut reader = Reader::new(text, frontend.limits);
    let envelope = match reader.step().map_err(unreadable)? {
        Event::Start(start) => start,
        _ => return Err(Fault::client("the request has no envelope")),
    };
    match Version::of(envelope.namespace) {
        Some(version) if envelope.local == "Envelope" => heard.version = version,
        _ if envelope.local == "Envelope" => return Err(Fault::VersionMismatch),
        _ => {
            let message = format!("expected an Envelope, got <{}>", envelope.local);
            return Err(Fault::client(message));
        }
    }
    let mut foreign = Vec::new();
    loop {
        let start = next_child(&mut reader)?;
        let Some(start) = start else { return Err(Fault::client("the envelope has no body")) };
        if start.is(heard.version.namespace(), "Header") {
            header(frontend, port, &mut reader, heard, &mut foreign)?;
        } else if start.is(heard.version.namespace(), "Body") {
            break;
        } else {
            let message = format!("<{}> is no part of an envelope", start.local);
            return Err(Fault::client(message));
        }
    }
    if !foreign.is_empty() {
        return Err(Fault::MustUnderstand(foreign));
    }
    if heard.addressing.elsewhere {
        return Err(Fault::OnlyAnonymous);
    }
    frontend.security.require(heard)?;
    let asked = body(frontend, port, &mut reader, action, attachments, heard)?;
    if next_child(&mut reader)?.is_some() {
        return Err(Fault::client("the body holds more than one element"));
    }
    if next_child(&mut reader)?.is_some() {
        return Err(Fault::client("something follows the body"));
    }
    match reader.step().map_err(unreadable)? {
        Event::Eof => Ok(asked),
        _ => Err(Fault::client("something follows the envelope")),
    }
}

/// Header blocks. Those that must be understood and are not are added to `foreign`.
fn header(
    frontend: &Frontend,
    port: &Port,
    reader: &mut Reader<'_>,
    heard: &mut Heard,
    foreign: &mut Vec<NotUnderstood>,
) -> Result<(), Fault> {
    while let Some(block) = next_child(reader)? {
        let namespace = heard.version.namespace();
        let role = match heard.version {
            Version::V11 => block.attribute(namespace, "actor"),
            Version::V12 => block.attribute(namespace, "role"),
        };
        let for_us = heard.version.is_for_us(role.unwrap_or_default().trim());
        if for_us && Addressing::owns(&block) {
            heard.addressing.read(&block, reader).map_err(unreadable)?;
        } else if for_us && security::owns(&block) {
            heard.credentials = frontend.security.read(reader)?;
        } else if for_us && let Some(known) = port.header(&block) {
            own(known, reader, heard)?;
        } else {
            let must = block.attribute(namespace, "mustUnderstand").unwrap_or_default();
            if for_us && matches!(must.trim(), "1" | "true") {
                foreign.push(NotUnderstood {
                    namespace: block.namespace.to_owned(),
                    local: block.local.to_owned(),
                });
            }
            reader.skip().map_err(unreadable)?;
        }
    }
    Ok(())
}

/// A header block of the service's own: its elements become metadata.
fn own(parts: &[(XmlName, Name)], reader: &mut Reader<'_>, heard: &mut Heard) -> Result<(), Fault> {
    while let Some(start) = next_child(reader)? {
        let part = parts.iter().find(|(name, _)| *name.local == *start.local);
        match part {
            Some((name, metadata)) => {
                let text = reader.text().map_err(unreadable)?;
                let text = text.trim();
                // What metadata can carry.
                if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
                    let message = format!("<{}> of a header is not printable ASCII", name.local);
                    return Err(Fault::client(message));
                }
                heard.metadata.push((metadata.clone(), text.to_owned()));
            }
            None => reader.skip().map_err(unreadable)?,
        }
    }
    Ok(())
}

/// The element of the body, and the operation that it is the request of.
fn body(
    frontend: &Frontend,
    port: &Port,
    reader: &mut Reader<'_>,
    action: Option<&str>,
    attachments: &mut dyn Attachments,
    heard: &mut Heard,
) -> Result<Asked, Fault> {
    let Some(start) = next_child(reader)? else {
        return Err(Fault::client("the body is empty, and every operation has an element there"));
    };
    let key = (start.namespace.into(), start.local.into());
    let Some(operation) = port.by_element.get(&key).copied() else {
        return Err(unknown(port, &start));
    };
    heard.operation = Some(operation);
    let Some((soap, endpoint)) = port.operation(operation) else {
        return Err(Fault::call(CallError::gateway(Code::Internal, "an operation without an end")));
    };
    // Toolkits send actions of their own making; one that names another operation is a mistake.
    if let Some(action) = action
        && port.by_action.get(action).is_some_and(|other| *other != operation)
    {
        let message =
            format!("the action is {action:?}, but the body is a request of {}", soap.name);
        return Err(Fault::client(message));
    }
    if let Some(action) = &heard.addressing.action
        && *action != *soap.input.action
        && *action != *soap.action
    {
        return Err(Fault::ActionNotSupported(action.clone()));
    }
    let mut message = Vec::new();
    let lenient_namespaces = port.service.lenient_namespaces;
    let options = DecodeOptions { lenient_namespaces, ..frontend.decode };
    let decoded =
        port.codec.decode(soap.input.body, &start, reader, &options, attachments, &mut message);
    let decoded = decoded.map_err(|error| {
        Fault::call(CallError::client(Code::InvalidArgument, format!("{}: {error}", soap.name)))
    })?;
    endpoint.recorder.ignored(decoded.ignored);
    Ok(Asked { operation, message })
}

/// The next start tag within the element that is open; `None` at its end.
fn next_child<'a>(reader: &mut Reader<'a>) -> Result<Option<Start<'a>>, Fault> {
    loop {
        match reader.step().map_err(unreadable)? {
            Event::Start(start) => return Ok(Some(start)),
            Event::End | Event::Eof => return Ok(None),
            Event::Text(text) if text.trim().is_empty() => {}
            Event::Text(_) => return Err(Fault::client("text where the envelope has elements")),
        }
    }
}

pub(super) fn unreadable(error: DecodeError) -> Fault {
    Fault::client(error.to_string())
}

#[cold]
fn unknown(port: &Port, start: &Start<'_>) -> Fault {
    let shown: String = start.local.chars().take(100).collect();
    let service = &port.service.path;
    let names = port.service.operations.iter().map(|one| &*one.input.element.local);
    let hint = match crate::config::suggest::nearest(&shown, names) {
        Some(same) if same == shown => ", but one of another namespace".to_owned(),
        Some(nearest) => format!(", did you mean <{nearest}>?"),
        None => String::new(),
    };
    let message = format!("no operation of {service} has the request <{shown}>{hint}");
    Fault::call(CallError::client(Code::Unimplemented, message))
}
