//! What goes wrong, and how each version of SOAP says so.

use http::StatusCode;

use super::version::Version;
use crate::call::{CallError, Code, Origin};

/// Why a request is answered with a fault.
#[derive(Debug)]
pub(super) enum Fault {
    /// The call failed, or could not be made of the request.
    Call(Box<CallError>),
    /// The envelope is of no version of SOAP that there is.
    VersionMismatch,
    /// Header blocks that must be understood and are not.
    MustUnderstand(Vec<NotUnderstood>),
    /// WS-Addressing: the answer is wanted elsewhere.
    OnlyAnonymous,
    /// WS-Addressing: an action that is not the operation's.
    ActionNotSupported(String),
    /// WS-Security: its own code, and what is wrong.
    Security(&'static str, CallError),
}

/// A header block that is not understood.
#[derive(Debug)]
pub(super) struct NotUnderstood {
    pub namespace: String,
    pub local: String,
}

/// Whose fault it is, in the words of SOAP 1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Sender,
    Receiver,
}

impl Fault {
    /// The call failed.
    pub fn call(error: CallError) -> Self {
        Self::Call(Box::new(error))
    }

    /// The request is not what it should be.
    pub fn client(message: impl Into<String>) -> Self {
        Self::call(CallError::client(Code::InvalidArgument, message.into()))
    }

    /// The error of the call, where it is one.
    pub fn error(&self) -> Option<&CallError> {
        match self {
            Self::Call(error) => Some(error),
            Self::Security(_, error) => Some(error),
            Self::VersionMismatch
            | Self::MustUnderstand(_)
            | Self::OnlyAnonymous
            | Self::ActionNotSupported(_) => None,
        }
    }

    /// The sentence that people read.
    pub fn reason(&self) -> String {
        match self {
            Self::Call(error) => error.message().to_owned(),
            Self::Security(_, error) => error.message().to_owned(),
            Self::VersionMismatch => {
                "the envelope is neither of SOAP 1.1 nor of SOAP 1.2".to_owned()
            }
            Self::MustUnderstand(blocks) => {
                let names: Vec<_> = blocks.iter().map(|block| block.local.as_str()).collect();
                format!("header blocks that must be understood are not: {}", names.join(", "))
            }
            Self::OnlyAnonymous => {
                "answers go back by the connection of the request alone".to_owned()
            }
            Self::ActionNotSupported(action) => {
                format!("the action {action:?} is not the operation's")
            }
        }
    }

    /// Whose fault it is.
    pub fn side(&self) -> Side {
        match self {
            Self::Call(error) => side(error.code(), error.origin()),
            _ => Side::Sender,
        }
    }

    /// The status of the response: 500 for every fault of SOAP 1.1 (section 6.2 of its note), and 400
    /// for a sender's in SOAP 1.2 (Part 2, section 7.5.2.2).
    pub fn status(&self, version: Version) -> StatusCode {
        match (version, self.side()) {
            _ if matches!(self, Self::VersionMismatch | Self::MustUnderstand(_)) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            (Version::V12, Side::Sender) => StatusCode::BAD_REQUEST,
            (Version::V11, _) | (_, Side::Receiver) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Whether the client could do otherwise.
fn side(code: Code, origin: Origin) -> Side {
    match code {
        Code::Cancelled
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Unauthenticated => Side::Sender,
        Code::ResourceExhausted if origin == Origin::Client => Side::Sender,
        Code::Unknown
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => Side::Receiver,
    }
}
