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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{from_grpc, parse};

    fn config() -> Config {
        let address = "127.0.0.1:8000".parse().unwrap();
        let admin = "127.0.0.1:9000".parse().unwrap();
        from_grpc("http://localhost:50051", address, admin).unwrap().0
    }

    #[test]
    fn command_line_wins_over_the_file() {
        let mut config = config();
        let overrides = Overrides {
            address: Some("[::]:80".parse().unwrap()),
            admin: Some("127.0.0.1:1".parse().unwrap()),
            log: Some("debug".into()),
            log_format: Some(LogFormat::Json),
        };
        overrides.apply(&mut config).unwrap();
        assert_eq!(config.listeners[0].address.port(), 80);
        assert_eq!(config.admin.unwrap().port(), 1);
        assert_eq!(config.process.log.filter, "debug");
        assert_eq!(config.process.log.format, LogFormat::Json);
    }

    #[test]
    fn address_is_for_a_lone_listener() {
        let text = "contracts: [{ reflection: a }]\n\
                    backends: { a: { grpc: { endpoints: [\"http://a\"] } } }\n\
                    listeners: { b: { address: \"[::1]:1\" }, c: { address: \"[::1]:2\" } }\n";
        let mut config = parse("f", text.into(), Path::new("."), &|_| None).unwrap();
        let address = Some("[::]:80".parse().unwrap());
        let problem = Overrides { address, ..Overrides::default() }.apply(&mut config).unwrap_err();
        assert_eq!(problem.message, "--address: the config has 2 listeners");
    }
}
