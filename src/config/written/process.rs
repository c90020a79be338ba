//! `process:` and `admin:` as written.

use std::net::{Ipv4Addr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Address, At, Duration};

/// The listener for operators.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Whether there is one.
    pub enabled: At<bool>,
    /// Where it listens.
    pub address: At<Address>,
    /// Allow an address that other machines reach. Whoever reaches it reads metrics and config.
    pub allow_remote: At<bool>,
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            enabled: true.into(),
            address: Address(SocketAddr::from((Ipv4Addr::LOCALHOST, 9000))).into(),
            allow_remote: false.into(),
        }
    }
}

/// What holds for the whole process.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Process {
    /// Runtimes, one thread each. By default as many as there are cores.
    pub threads: Option<At<usize>>,
    /// How long calls in flight may take to finish after SIGTERM.
    pub drain: At<Duration>,
    /// The log.
    pub log: At<Log>,
}

impl Default for Process {
    fn default() -> Self {
        Self { threads: None, drain: Duration::seconds(30).into(), log: At::from(Log::default()) }
    }
}

/// How the log is written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// What is logged: a level, or directives such as `info,dragoman=debug`.
    pub filter: At<String>,
    /// The form of a line.
    pub format: At<LogFormat>,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".to_owned().into(), format: LogFormat::Auto.into() }
    }
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum LogFormat {
    /// For people on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// Always for people.
    Human,
    /// Always one JSON object a line.
    Json,
}
