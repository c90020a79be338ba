//! The real binary as a child process.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long anything may take before the test fails.
pub const LIMIT: Duration = Duration::from_secs(20);

/// A gateway that runs until it is dropped.
pub struct Gateway {
    child: Child,
    listeners: watch::Receiver<Listeners>,
    log: Arc<Mutex<String>>,
    _folder: TempDir,
}

/// Addresses by the listeners' names, as the log told them.
#[derive(Clone, Default)]
struct Listeners {
    addresses: BTreeMap<String, SocketAddr>,
    log_ended: bool,
}

impl Gateway {
    /// Runs `dragoman serve` with that config, and waits until it is ready.
    pub async fn serve(config: &str) -> Self {
        let gateway = Self::serve_anyway(config);
        gateway.until_ready().await;
        gateway
    }

    /// Runs `dragoman serve` with that config.
    pub fn serve_anyway(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("case.yaml");
        std::fs::write(&file, config).unwrap();
        Self::run(&["serve", file.to_str().unwrap()], folder)
    }

    /// Runs `dragoman demo` on ports of the system's choice, and waits until it is ready.
    pub async fn demo() -> Self {
        let arguments = ["demo", "--address", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
        let gateway = Self::run(&arguments, tempfile::tempdir().unwrap());
        gateway.until_ready().await;
        gateway
    }

    fn run(arguments: &[&str], folder: TempDir) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dragoman"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (told, listeners) = watch::channel(Listeners::default());
        let log = Arc::new(Mutex::new(String::new()));
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if let Some((name, address)) = listening(&line) {
                    told.send_modify(|listeners| {
                        listeners.addresses.insert(name, address);
                    });
                }
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push_str(&line);
                kept.push('\n');
            }
            told.send_modify(|listeners| listeners.log_ended = true);
        });
        Self { child, listeners, log, _folder: folder }
    }

    /// Where the listener of that name listens.
    pub async fn address(&self, listener: &str) -> SocketAddr {
        let mut listeners = self.listeners.clone();
        let known = |told: &Listeners| told.log_ended || told.addresses.contains_key(listener);
        let told = timeout(LIMIT, listeners.wait_for(known)).await;
        let address =
            told.ok().and_then(Result::ok).and_then(|told| told.addresses.get(listener).copied());
        address.unwrap_or_else(|| panic!("no listener {listener}; the log:\n{}", self.log()))
    }

    /// Waits until the admin listener's `/readyz` says yes.
    pub async fn until_ready(&self) {
        let admin = self.address("admin").await;
        let ready = async {
            // It says so only when asked.
            let mut asking = tokio::time::interval(Duration::from_millis(10));
            loop {
                asking.tick().await;
                if crate::client::get(admin, "/readyz")
                    .await
                    .is_ok_and(|answer| answer.status == 200)
                {
                    return;
                }
            }
        };
        if timeout(LIMIT, ready).await.is_err() {
            panic!("the gateway does not get ready; the log:\n{}", self.log());
        }
    }

    /// Sends SIGTERM and waits for the end.
    pub fn terminate(&mut self) -> ExitStatus {
        let killed = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(killed.success());
        self.child.wait().unwrap()
    }

    /// All log lines so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nobody listens on, kept from others.
pub struct Nobody {
    pub address: SocketAddr,
    _socket: socket2::Socket,
}

impl Nobody {
    /// Takes a port without listening on it.
    pub fn bind() -> Self {
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        let any = SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0));
        socket.bind(&any.into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        Self { address, _socket: socket }
    }
}

/// The listener and its address, where the line tells them.
fn listening(line: &str) -> Option<(String, SocketAddr)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields").unwrap_or(&line);
    if fields.get("message")?.as_str()? != "listening" {
        return None;
    }
    let name = fields.get("listener")?.as_str()?.to_owned();
    let address = fields.get("address")?.as_str()?;
    let address = address.rsplit('/').next()?.parse().ok()?;
    Some((name, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_is_found_in_the_log() {
        let flat =
            r#"{"level":"INFO","message":"listening","listener":"admin","address":"127.0.0.1:9"}"#;
        let nested =
            r#"{"fields":{"message":"listening","listener":"admin","address":"127.0.0.1:9"}}"#;
        for line in [flat, nested] {
            let (name, address) = listening(line).unwrap();
            assert_eq!((name.as_str(), address.port()), ("admin", 9));
        }
        assert!(listening(r#"{"message":"serving"}"#).is_none());
        assert!(listening("listening").is_none());
    }
}
