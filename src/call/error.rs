//! What went wrong, and whose fault it is.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use bytes::Bytes;

use super::Metadata;

/// The codes of gRPC, without OK
/// (<https://grpc.github.io/grpc/core/md_doc_statuscodes.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the gRPC specification's")]
pub enum Code {
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

impl Code {
    /// All codes, by number.
    pub const ALL: [Self; 16] = [
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// The code of that number; `None` for 0 (OK) and for numbers that gRPC does not define.
    pub fn from_number(number: i32) -> Option<Self> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        Self::ALL.get(index).copied()
    }

    /// The number that `grpc-status` carries.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The name as the specification prints it, for example `INVALID_ARGUMENT`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "CANCELLED",
            Self::Unknown => "UNKNOWN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::DataLoss => "DATA_LOSS",
            Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }
}

/// Whose fault an error is. It chooses the log level, whether a breaker counts it, whether a
/// retry makes sense, and 502 against 500.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The client asked for something wrong, as the gateway or the service sees it, or left.
    Client,
    /// The gateway refused or failed on its own account.
    Gateway,
    /// The service behind failed, answered nonsense, or did not answer.
    Backend,
}

impl Origin {
    /// The word used in logs and metric labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Gateway => "gateway",
            Self::Backend => "backend",
        }
    }
}

/// One typed detail of an error, as `google.protobuf.Any` carries it. Types the gateway does not
/// know are kept as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// For example `type.googleapis.com/google.rpc.BadRequest`.
    pub type_url: String,
    /// The detail as protobuf wire bytes.
    pub value: Bytes,
}

/// Why a call failed. The client sees `message` and `details`; the cause is for the log alone.
pub struct CallError(Box<Inner>);

struct Inner {
    code: Code,
    origin: Origin,
    message: Cow<'static, str>,
    details: Vec<Detail>,
    metadata: Metadata,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl CallError {
    /// An error for whose `message` is shown to the client: lower case, no full stop, what is
    /// wrong and with what.
    pub fn new(code: Code, origin: Origin, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            code,
            origin,
            message: message.into(),
            details: Vec::new(),
            metadata: Metadata::default(),
            cause: None,
        }))
    }

    /// The client asked for something wrong.
    pub fn client(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code, Origin::Client, message)
    }

    /// The gateway refused or failed.
    pub fn gateway(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code, Origin::Gateway, message)
    }

    /// The service behind failed.
    pub fn backend(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code, Origin::Backend, message)
    }

    /// The same error as somebody else's fault.
    #[must_use]
    pub fn blamed_on(mut self, origin: Origin) -> Self {
        self.0.origin = origin;
        self
    }

    /// Keeps what led here, for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Adds typed details.
    #[must_use]
    pub fn with_details(mut self, details: Vec<Detail>) -> Self {
        self.0.details = details;
        self
    }

    /// Adds what came along with the error (trailers, or headers of an error without a body).
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.0.metadata = metadata;
        self
    }

    /// What went wrong.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Whose fault it is.
    pub fn origin(&self) -> Origin {
        self.0.origin
    }

    /// What the client is told.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the client is told in types.
    pub fn details(&self) -> &[Detail] {
        &self.0.details
    }

    /// What came along with the error.
    pub fn metadata(&self) -> &Metadata {
        &self.0.metadata
    }

    /// What led here; never shown to the client.
    pub fn cause(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.0.cause.as_deref()
    }
}

impl fmt::Debug for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallError")
            .field("code", &self.0.code)
            .field("origin", &self.0.origin)
            .field("message", &self.0.message)
            .field("details", &self.0.details)
            .field("cause", &self.0.cause)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.name(), self.0.message)
    }
}

impl Error for CallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_numbers_agree() {
        for code in Code::ALL {
            assert_eq!(Code::from_number(i32::from(code.number())), Some(code));
        }
        for number in [-1, 0, 17, i32::MAX] {
            assert_eq!(Code::from_number(number), None);
        }
    }
}
