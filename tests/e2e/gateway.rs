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
    /// How many lines the log has.
    lines: watch::Receiver<usize>,
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

    /// Runs the binary with these arguments; `folder` is kept as long as it runs.
    pub fn run(arguments: &[&str], folder: TempDir) -> Self {
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
        let (counted, lines) = watch::channel(0);
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
                drop(kept);
                counted.send_modify(|lines| *lines += 1);
            }
            told.send_modify(|listeners| listeners.log_ended = true);
        });
        Self { child, listeners, log, lines, _folder: folder }
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

    /// The names of the listeners that the log has told of so far.
    pub fn listeners(&self) -> Vec<String> {
        self.listeners.borrow().addresses.keys().cloned().collect()
    }

    /// Waits until the admin listener's `/readyz` says yes.
    pub async fn until_ready(&self) {
        let admin = self.address("admin").await;
        self.until(|| async {
            let answer = crate::client::get(admin, "/readyz").await;
            answer.is_ok_and(|answer| answer.status == 200)
        })
        .await;
    }

    /// Waits until it is so, for what the gateway says only when asked.
    pub async fn until<F: Future<Output = bool>>(&self, is_so: impl Fn() -> F) {
        let asked = async {
            let mut asking = tokio::time::interval(Duration::from_millis(10));
            loop {
                asking.tick().await;
                if is_so().await {
                    return;
                }
            }
        };
        if timeout(LIMIT, asked).await.is_err() {
            panic!("it takes too long; the log:\n{}", self.log());
        }
    }

    /// Sends SIGTERM and waits for the end.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal();
        self.child.wait().unwrap()
    }

    /// Sends SIGTERM.
    pub fn signal(&self) {
        let killed = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(killed.success());
    }

    /// Waits for the end while the test's own connections go on.
    pub async fn ended(&mut self) -> ExitStatus {
        let child = &mut self.child;
        let ended = async {
            let mut asking = tokio::time::interval(Duration::from_millis(10));
            loop {
                asking.tick().await;
                if let Some(status) = child.try_wait().unwrap() {
                    return status;
                }
            }
        };
        match timeout(LIMIT, ended).await {
            Ok(status) => status,
            Err(_) => panic!("the gateway does not end; the log:\n{}", self.log()),
        }
    }

    /// The process's number.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Waits until a log line is as `wanted` says, and gives it.
    pub async fn until_logged(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut lines = self.lines.clone();
        let logged = async {
            loop {
                if let Some(line) = self.logged().into_iter().find(&wanted) {
                    return line;
                }
                lines.changed().await.unwrap_or_else(|_| panic!("the log ended:\n{}", self.log()));
            }
        };
        match timeout(LIMIT, logged).await {
            Ok(line) => line,
            Err(_) => panic!("no such line in the log:\n{}", self.log()),
        }
    }

    /// All log lines so far that are JSON.
    pub fn logged(&self) -> Vec<Value> {
        self.log().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The lines of calls so far.
    pub fn calls(&self) -> Vec<Value> {
        self.logged().into_iter().filter(|line| line["message"] == "call").collect()
    }

    /// What the admin listener's `/metrics` says.
    pub async fn metrics(&self) -> String {
        let answer = crate::client::get(self.address("admin").await, "/metrics").await.unwrap();
        assert_eq!(answer.status, 200);
        String::from_utf8(answer.body).unwrap()
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
