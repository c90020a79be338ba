//! What clients cost that are many, slow, or ill-meaning: memory stays bounded, every limit holds,
//! and the others are served meanwhile.
//!
//! Sizes are small here. `scripts/load` runs the same in full and prints what it measures.

mod http1;
mod http2;
mod slow;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::gateway::{Gateway, LIMIT};

/// How many clients there are, in the tests and in full.
fn size(small: usize, full: usize) -> usize {
    if std::env::var_os("DRAGOMAN_LOAD").is_some() { full } else { small }
}

/// How long many connections may take.
const LONG: Duration = Duration::from_secs(120);

/// A connection that does only what it is told, in bytes.
struct Client(TcpStream);

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// One that takes little from the kernel's hands before it is read.
    async fn narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4 << 10).unwrap();
        Self(socket.connect(address).await.unwrap())
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Reads at least so much.
    async fn read(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length * 2);
        while bytes.len() < length {
            let read = timeout(LONG, self.0.read_buf(&mut bytes)).await.expect("it hangs").unwrap();
            assert_ne!(read, 0, "it was closed after {:?}", String::from_utf8_lossy(&bytes));
        }
        bytes
    }

    /// Reads to the end, however the connection ends.
    async fn end(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = timeout(LONG, self.0.read_to_end(&mut bytes)).await.expect("no end");
        bytes
    }

    /// Asks for what no operation is at, and reads the answer.
    async fn ask(&mut self) {
        self.send(b"GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n").await;
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            let mut more = [0; 1024];
            let length = timeout(LIMIT, self.0.read(&mut more)).await.expect("it hangs").unwrap();
            assert_ne!(length, 0, "it was closed after {:?}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&more[..length]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 404"), "{}", String::from_utf8_lossy(&answer));
    }
}

/// What a gateway's process takes, as a scenario goes on.
struct Memory {
    scenario: String,
    process: u32,
    before: u64,
    report: String,
}

impl Memory {
    fn of(gateway: &Gateway, scenario: impl Into<String>) -> Self {
        let (process, scenario) = (gateway.process(), scenario.into());
        let before = resident(process, "VmRSS");
        Self { scenario, process, before, report: format!("before {} MiB", before >> 10) }
    }

    /// Notes what is taken now; KiB more than before.
    fn note(&mut self, when: &str) -> u64 {
        let now = resident(self.process, "VmRSS");
        self.report.push_str(&format!(", {when} {} MiB", now >> 10));
        now.saturating_sub(self.before)
    }

    /// The most that ever was; KiB more than before.
    fn peak(&mut self) -> u64 {
        let peak = resident(self.process, "VmHWM");
        self.report.push_str(&format!(", peak {} MiB", peak >> 10));
        peak.saturating_sub(self.before)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        eprintln!("load: {}: {}", self.scenario, self.report);
    }
}

fn resident(process: u32, which: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(which)).unwrap();
    line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().unwrap()
}

/// Asks for a product as another client would, so many times; the longest that one took.
async fn served(address: SocketAddr, times: usize) -> Duration {
    let mut longest = Duration::ZERO;
    for _ in 0..times {
        let begun = Instant::now();
        let answer = timeout(LIMIT, crate::client::get(address, "/v1/products/p-1001"));
        let answer = answer.await.expect("another client hangs").unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        longest = longest.max(begun.elapsed());
    }
    longest
}

/// The value of a metric, or of all of its name together.
async fn metric(gateway: &Gateway, name: &str) -> f64 {
    let metrics = gateway.metrics().await;
    let values = metrics.lines().filter(|line| line.starts_with(name));
    values.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}
