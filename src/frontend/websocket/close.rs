//! How a WebSocket ends (RFC 6455, section 7.4).

use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::call::CallError;

/// A close frame holds 125 bytes, two of them the code.
const LONGEST_REASON: usize = 123;

/// Close codes from here on are an application's own.
const FIRST_OF_OURS: u16 = 4000;

/// What is said to the client at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    code: u16,
    reason: String,
}

impl Close {
    /// All is well: 1000.
    pub fn normal() -> Self {
        Self { code: 1000, reason: String::new() }
    }

    /// The gateway ends, the client should come back: 1001.
    pub fn going_away() -> Self {
        Self { code: 1001, reason: "the gateway is going away".to_owned() }
    }

    /// The client broke the protocol: 1002.
    pub fn protocol(reason: &str) -> Self {
        Self::new(1002, reason)
    }

    /// A frame of a type that is not taken: 1003.
    pub fn unsupported(reason: &str) -> Self {
        Self::new(1003, reason)
    }

    /// Text that is not UTF-8: 1007.
    pub fn not_utf8() -> Self {
        Self::new(1007, "a text message is not UTF-8")
    }

    /// A message larger than `limit` bytes: 1009.
    pub fn too_large(limit: usize) -> Self {
        Self { code: 1009, reason: format!("a message is larger than {limit} bytes") }
    }

    /// A call failed: 4000 and the gRPC code, with as much of `NAME: message` as fits.
    pub fn failed(error: &CallError) -> Self {
        let code = FIRST_OF_OURS + u16::from(error.code().number());
        Self::new(code, &error.to_string())
    }

    /// What the protocol spoken over the WebSocket says in a close code of its own (RFC 6455,
    /// section 7.4.2: 4000 to 4999), with as much of `reason` as fits.
    pub fn of_protocol(code: u16, reason: &str) -> Self {
        Self::new(code, reason)
    }

    /// The close code.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// Whether a frame of a type that is not taken is the reason.
    pub fn is_unsupported(&self) -> bool {
        self.code == 1003
    }

    /// What is to blame the client for, in the words of the frame.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    fn new(code: u16, reason: &str) -> Self {
        let mut end = reason.len().min(LONGEST_REASON);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        Self { code, reason: reason[..end].to_owned() }
    }

    pub(super) fn frame(self) -> CloseFrame {
        CloseFrame { code: CloseCode::from(self.code), reason: self.reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Code, Origin};

    #[test]
    fn every_code_has_a_close_code_of_its_own() {
        let close = |code| Close::failed(&CallError::new(code, Origin::Backend, "why")).code;
        let codes: Vec<_> = Code::ALL.into_iter().map(close).collect();
        assert_eq!(codes, (4001..=4016).collect::<Vec<_>>());
    }

    #[test]
    fn reasons_fit_into_a_frame_and_end_with_a_whole_character() {
        let long = CallError::client(Code::NotFound, "é".repeat(100));
        let close = Close::failed(&long);
        assert_eq!(close.reason.len(), 123);
        assert!(close.reason.starts_with("NOT_FOUND: é"));
        let odd = CallError::client(Code::Aborted, "é".repeat(100));
        assert_eq!(Close::failed(&odd).reason, format!("ABORTED: {}", "é".repeat(57)));
        let short = CallError::client(Code::NotFound, "no such thing");
        assert_eq!(Close::failed(&short).reason, "NOT_FOUND: no such thing");
    }
}
