//! The client: sends what a case says and writes down the answer.

use std::borrow::Cow;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::case::{Protocol, Request};
use crate::coding;
use crate::socket;

/// Headers that an answer always shows, where it has them.
const SHOWN: [&str; 2] = ["allow", "content-type"];

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub trailers: HeaderMap,
    /// The body ended as bodies do.
    pub whole: bool,
    /// The client did not leave before that.
    pub read_all: bool,
}

impl Answer {
    /// The body without its content coding, if it has one.
    fn content(&self) -> Cow<'_, [u8]> {
        match self.headers.get("content-encoding") {
            Some(coding) if !self.body.is_empty() => {
                let (content, ended) = coding::decode(coding.to_str().unwrap(), &self.body);
                assert!(ended || !self.read_all, "the coding of the body does not end");
                content.into()
            }
            _ => (&self.body).into(),
        }
    }

    /// As case files write it.
    pub fn print(&self, show: &[String]) -> String {
        let mut text = format!("{}\n", self.status);
        let mut names: Vec<&str> =
            SHOWN.into_iter().chain(show.iter().map(String::as_str)).collect();
        names.sort_unstable();
        for name in names {
            for value in self.headers.get_all(name) {
                text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
            }
        }
        if !self.body.is_empty() || !self.whole {
            text.push('\n');
        }
        let body = self.content();
        match std::str::from_utf8(&body) {
            Ok(body) => text.push_str(body.trim_end_matches('\n')),
            Err(_) => text.push_str(&format!("<{} bytes>", body.len())),
        }
        if !self.whole {
            text.push_str("\n<broken off>");
        }
        for (name, value) in &self.trailers {
            text.push_str(&format!(
                "\n<trailer> {name}: {}",
                String::from_utf8_lossy(value.as_bytes())
            ));
        }
        text.push('\n');
        text
    }
}

/// A GET over HTTP/1.1.
pub async fn get(address: SocketAddr, path: &str) -> Result<Answer, String> {
    let request = serde_json::from_value(serde_json::json!({ "path": path })).unwrap();
    send(address, &request, |_| ()).await
}

/// Sends what the case says. `saw` is told each piece of the answer's body.
pub async fn send(
    address: SocketAddr,
    request: &Request,
    saw: impl Fn(usize),
) -> Result<Answer, String> {
    let connection = TcpStream::connect(address).await.map_err(text)?;
    connection.set_nodelay(true).map_err(text)?;
    if let Some(raw) = &request.raw {
        return send_raw(connection, raw).await;
    }
    if let Some(said) = &request.websocket {
        return socket::converse(connection, address, request, said).await;
    }
    let message = build(address, request)?;
    let io = TokioIo::new(connection);
    // Dropped, and with them the connection, when the answer is there or the client leaves.
    let mut tasks = tokio::task::JoinSet::new();
    let response = match request.protocol {
        Protocol::Http1 => {
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(io).await.map_err(text)?;
            tasks.spawn(connection);
            sender.send_request(message).await
        }
        Protocol::H2c => {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
                    .await
                    .map_err(text)?;
            tasks.spawn(connection);
            sender.send_request(message).await
        }
    };
    read(response.map_err(text)?, request.leave_after, saw).await
}

pub fn build(address: SocketAddr, request: &Request) -> Result<http::Request<Full<Bytes>>, String> {
    let body = match (&request.body, &request.repeat) {
        (None, None) => None,
        (Some(body), _) => Some(body.clone()),
        (None, Some(repeat)) => {
            Some(format!("{}{}{}", repeat.before, repeat.part.repeat(repeat.times), repeat.after))
        }
    };
    let method = request.method.as_deref().unwrap_or(if body.is_some() { "POST" } else { "GET" });
    let uri = match request.protocol {
        Protocol::Http1 => request.path.clone(),
        Protocol::H2c => format!("http://{address}{}", request.path),
    };
    let mut message = http::Request::builder()
        .method(Method::from_bytes(method.as_bytes()).map_err(text)?)
        .uri(uri);
    for (name, value) in &request.headers {
        message = message.header(name, value);
    }
    let has = |name: &str| request.headers.keys().any(|found| found.eq_ignore_ascii_case(name));
    if !has("host") && request.protocol == Protocol::Http1 {
        message = message.header("host", address.to_string());
    }
    if body.is_some() && !has("content-type") {
        message = message.header("content-type", "application/json");
    }
    let mut body = body.unwrap_or_default().into_bytes();
    if let Some(coding) = &request.coding {
        message = message.header("content-encoding", coding);
        body = coding::encode(coding, &body);
    }
    message.body(Full::from(body)).map_err(text)
}

pub async fn read(
    response: http::Response<Incoming>,
    leave_after: Option<usize>,
    saw: impl Fn(usize),
) -> Result<Answer, String> {
    let (parts, mut incoming) = response.into_parts();
    let mut answer = Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: Vec::new(),
        trailers: HeaderMap::new(),
        whole: true,
        read_all: true,
    };
    while let Some(frame) = incoming.frame().await {
        let Ok(frame) = frame else {
            answer.whole = false;
            break;
        };
        match frame.into_data() {
            Ok(data) => {
                saw(data.len());
                answer.body.extend_from_slice(&data);
            }
            Err(frame) => answer.trailers.extend(frame.into_trailers().unwrap_or_default()),
        }
        if leave_after.is_some_and(|bytes| answer.body.len() >= bytes) {
            answer.read_all = false;
            break;
        }
    }
    Ok(answer)
}

/// Sends bytes as they are and reads to the end of the connection.
async fn send_raw(mut connection: TcpStream, raw: &str) -> Result<Answer, String> {
    let bytes = raw.replace("\r\n", "\n").replace('\n', "\r\n");
    connection.write_all(bytes.as_bytes()).await.map_err(text)?;
    connection.shutdown().await.map_err(text)?;
    let mut all = Vec::new();
    // A reset after the answer is as good an end as any.
    let _ = connection.read_to_end(&mut all).await;
    let text = String::from_utf8_lossy(&all);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| format!("no answer: {text}"))?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name: http::HeaderName = name.parse().map_err(self::text)?;
        headers.append(name, value.trim().parse().map_err(self::text)?);
    }
    let status = status.ok_or_else(|| format!("no status: {head}"))?;
    Ok(Answer {
        status,
        headers,
        body: body.as_bytes().to_vec(),
        trailers: HeaderMap::new(),
        whole: true,
        read_all: true,
    })
}

pub fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
