//! `127.0.0.1:8000`.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// An address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(pub SocketAddr);

impl Default for Address {
    fn default() -> Self {
        Self(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| {
            let port = text.rsplit(':').next().unwrap_or_default().parse::<u16>();
            let port = port.map_or("8000".to_owned(), |port| port.to_string());
            format!(
                "expected an IP address and a port\n\
                 write `127.0.0.1:{port}` for this machine only, `0.0.0.0:{port}` or `[::]:{port}` for all"
            )
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

super::notation!(
    Address,
    "Address",
    "^([0-9.]+|\\[[0-9A-Fa-f:.%]+\\]):[0-9]{1,5}$",
    "An IP address and a port, for example `127.0.0.1:8000` or `[::]:8000`; port 0 lets the system choose."
);
