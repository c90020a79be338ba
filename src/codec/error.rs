//! What was wrong with a message, and where.

use std::fmt::{self, Write as _};

use super::wire::Malformed;

/// What a client wrote is not the message it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError(Box<Fault>);

/// What a backend sent, or what a call holds, cannot be written for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError(Box<Fault>);

macro_rules! public_error {
    ($name:ident) => {
        impl $name {
            /// The field it is about, like `items[3].price`; empty for the message as a whole.
            pub fn path(&self) -> String {
                self.0.path()
            }

            /// The byte of the input where it was noticed.
            pub fn offset(&self) -> usize {
                self.0.offset
            }

            /// What is wrong, without the place.
            pub fn message(&self) -> &str {
                &self.0.message
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::error::Error for $name {}

        impl From<Box<Fault>> for $name {
            fn from(fault: Box<Fault>) -> Self {
                Self(fault)
            }
        }
    };
}

public_error!(DecodeError);
public_error!(EncodeError);

/// An error on its way out of the recursion, which adds the path step by step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    message: String,
    offset: usize,
    /// Innermost first.
    path: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(Box<str>),
    Index(usize),
    Key(Box<str>),
}

impl Fault {
    #[cold]
    pub(super) fn new(offset: usize, message: impl Into<String>) -> Box<Self> {
        Box::new(Self { message: message.into(), offset, path: Vec::new() })
    }

    #[cold]
    pub(super) fn in_field(mut self: Box<Self>, name: &str) -> Box<Self> {
        self.path.push(Step::Field(name.into()));
        self
    }

    #[cold]
    pub(super) fn at_index(mut self: Box<Self>, index: usize) -> Box<Self> {
        self.path.push(Step::Index(index));
        self
    }

    #[cold]
    pub(super) fn at_key(mut self: Box<Self>, key: &str) -> Box<Self> {
        // A key is the client's own text: enough of it to find it again.
        self.path.push(Step::Key(shortened(key).into()));
        self
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for step in self.path.iter().rev() {
            // Writing to a String does not fail.
            let _ = match step {
                Step::Field(name) if path.is_empty() => write!(path, "{name}"),
                Step::Field(name) => write!(path, ".{name}"),
                Step::Index(index) => write!(path, "[{index}]"),
                Step::Key(key) => write!(path, "[{key:?}]"),
            };
        }
        path
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path())?;
        }
        f.write_str(&self.message)
    }
}

impl From<Malformed> for Box<Fault> {
    #[cold]
    fn from(malformed: Malformed) -> Self {
        Fault::new(malformed.offset, format!("{} at byte {}", malformed.what, malformed.offset))
    }
}

/// At most some 40 characters of a client's text.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
