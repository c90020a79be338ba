//! What the command line says in place of the file.

use std::net::SocketAddr;

use super::checked::{Config, LogFormat};
use super::problem::Problem;

/// Options that win over the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Where the only listener listens.
    pub address: Option<SocketAddr>,
    /// Where the admin listener listens.
    pub admin: Option<SocketAddr>,
    /// What is logged.
    pub log: Option<String>,
    /// The form of log lines.
    pub log_format: Option<LogFormat>,
}

impl Overrides {
    /// Puts them in place.
    pub fn apply(self, config: &mut Config) -> Result<(), Problem> {
        if let Some(address) = self.address {
            match config.listeners.as_mut_slice() {
                [only] => only.address = address,
                many => {
                    let message = format!("--address: the config has {} listeners", many.len());
                    return Err(Problem::new(message)
                        .with_hint("it changes a lone listener; change the config instead"));
                }
            }
        }
        if let Some(admin) = self.admin {
            config.admin = Some(admin);
        }
        if let Some(filter) = self.log {
            config.process.log.filter = filter;
        }
        if let Some(format) = self.log_format {
            config.process.log.format = format;
        }
        Ok(())
    }
}
