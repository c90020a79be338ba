//! `contracts:` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Duration, FromShort, Short};

/// One source of operations.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Contract {
    /// `.proto` files, compiled when the gateway starts.
    Proto(Proto),
    /// A binary `google.protobuf.FileDescriptorSet`: the file's path, relative to the config file.
    Descriptors(Descriptors),
    /// A backend's gRPC server reflection: the backend's name, or a mapping.
    Reflection(Short<Reflection>),
}

/// `.proto` files.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proto {
    /// Paths or globs (`proto/**/*.proto`), relative to the config file.
    pub files: At<Vec<At<String>>>,
    /// Folders in which imports are looked up, relative to the config file. Each of `files` lies
    /// in one of them. By default the folder of the config file.
    #[serde(default)]
    pub include: At<Vec<At<String>>>,
}

/// The path of a descriptor set.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Descriptors(pub At<String>);

/// A backend's gRPC server reflection.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reflection {
    /// The backend to ask: a name under `backends`.
    pub backend: At<String>,
    /// How often it is asked again, to notice a changed contract; `0s`: never again.
    #[serde(default = "interval")]
    pub interval: At<Duration>,
}

impl FromShort for Reflection {
    fn from_short(backend: At<String>) -> Self {
        Self { backend, interval: interval() }
    }
}

fn interval() -> At<Duration> {
    Duration::seconds(30).into()
}
