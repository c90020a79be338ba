//! WS-Addressing 1.0 and its submission of August 2004: what a request says of itself, and what its
//! answer says back.

use crate::codec::DecodeError;
use crate::codec::xml::{Event, Reader, Start, escape_content};

const V1: &str = "http://www.w3.org/2005/08/addressing";
const SUBMISSION: &str = "http://schemas.xmlsoap.org/ws/2004/08/addressing";

/// What a request says.
#[derive(Debug, Clone, Default)]
pub(super) struct Addressing {
    /// The namespace it uses; `None` where it says nothing.
    namespace: Option<&'static str>,
    /// `wsa:Action`.
    pub action: Option<String>,
    /// `wsa:MessageID`.
    message_id: Option<String>,
    /// Whether answers are wanted elsewhere, which is not done.
    pub elsewhere: bool,
}

impl Addressing {
    /// Whether a header block is one of these.
    pub fn owns(start: &Start<'_>) -> bool {
        start.namespace == V1 || start.namespace == SUBMISSION
    }

    /// Reads one header block, its end tag too.
    pub fn read(&mut self, start: &Start<'_>, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        self.namespace = Some(if start.namespace == V1 { V1 } else { SUBMISSION });
        match start.local {
            "Action" => self.action = Some(reader.text()?.trim().to_owned()),
            "MessageID" => self.message_id = Some(reader.text()?.trim().to_owned()),
            "ReplyTo" | "FaultTo" => self.elsewhere |= !is_here(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    }

    /// Appends the header blocks of an answer with that action; nothing where the request had none.
    pub fn write(&self, action: &str, out: &mut Vec<u8>) {
        let Some(namespace) = self.namespace else { return };
        let mut block = |name: &str, text: &str| {
            out.extend_from_slice(format!("<wsa:{name} xmlns:wsa=\"{namespace}\">").as_bytes());
            // What the client wrote could be written, so it can be again.
            escape_content(text, out);
            out.extend_from_slice(format!("</wsa:{name}>").as_bytes());
        };
        block("Action", action);
        if let Some(id) = &self.message_id {
            block("RelatesTo", id);
        }
    }

    /// The action of faults that are nobody's own.
    pub fn fault_action(&self) -> String {
        format!("{}/fault", self.namespace.unwrap_or(V1))
    }
}

/// Whether an endpoint reference is the connection that the request came by, or nobody.
fn is_here(reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    let mut here = true;
    loop {
        match reader.step()? {
            Event::Start(start) if start.local == "Address" && Addressing::owns(&start) => {
                let address = reader.text()?;
                let address = address.trim();
                let role = address.strip_prefix(V1).or(address.strip_prefix(SUBMISSION));
                here = matches!(role, Some("/anonymous" | "/none" | "/role/anonymous"));
            }
            Event::Start(_) => reader.skip()?,
            Event::End | Event::Eof => return Ok(here),
            Event::Text(_) => {}
        }
    }
}
