//! Where contracts come from, and what is wrong with them.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::fingerprint::{Fingerprint, fingerprint};

/// Where a part of the contract came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The schemas that are always known.
    Standard,
    /// `.proto` files; the first one's path and how many there are beside it.
    Proto(Arc<str>, usize),
    /// A descriptor set on disk.
    Descriptors(PathBuf),
    /// The reflection of the backend of that name.
    Reflection(Arc<str>),
}

impl Source {
    /// The backend that this was learned from, if it was.
    pub fn backend(&self) -> Option<&Arc<str>> {
        match self {
            Self::Reflection(backend) => Some(backend),
            Self::Standard | Self::Proto(..) | Self::Descriptors(_) => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard => f.write_str("the standard schemas"),
            Self::Proto(first, 0) => f.write_str(first),
            Self::Proto(first, more) => write!(f, "{first} and {more} more"),
            Self::Descriptors(path) => write!(f, "{}", path.display()),
            Self::Reflection(backend) => write!(f, "reflection of backend {backend}"),
        }
    }
}

/// What one source brought, not yet merged with the others.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Where it came from.
    pub source: Source,
    /// The files, in any order.
    pub files: Vec<LoadedFile>,
}

/// One file of a source: a serialized `google.protobuf.FileDescriptorProto`.
#[derive(Debug, Clone)]
pub struct LoadedFile {
    /// The descriptor as it came, or as it was compiled.
    pub bytes: Bytes,
    /// The path of the `.proto` file, where it was compiled from one.
    pub path: Option<Arc<str>>,
}

impl Loaded {
    /// A hash over all files, whatever their order. Equal contracts of one source have equal
    /// fingerprints in every process that runs this version.
    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint(self.files.iter().map(|file| &*file.bytes))
    }
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Everything works; someone should know all the same.
    Warning,
    /// A part of the contract cannot be used and was left out.
    Error,
}

/// Something wrong with a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Whose contract it is.
    pub source: Source,
    /// The file: a path on disk where it is known, else the file's name in the descriptor.
    pub file: Option<Arc<str>>,
    /// Line and column in the file, from 1.
    pub place: Option<(usize, usize)>,
    /// What is wrong and with what.
    pub message: String,
}

impl Problem {
    /// A problem that leaves a part of the contract out.
    pub fn error(source: &Source, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            source: source.clone(),
            file: None,
            place: None,
            message: message.into(),
        }
    }

    /// A problem that leaves everything usable.
    pub fn warning(source: &Source, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(source, message) }
    }

    /// Says which file it is in.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<Arc<str>>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Says where in the file it is.
    #[must_use]
    pub fn at(mut self, place: Option<(usize, usize)>) -> Self {
        self.place = place;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_deref().filter(|file| !file.is_empty());
        match (&self.source, file) {
            (Source::Proto(..), Some(file)) => f.write_str(file)?,
            (source, Some(file)) => write!(f, "{source}: {file}")?,
            (source, None) => write!(f, "{source}")?,
        }
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for Problem {}
