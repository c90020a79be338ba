//! A client that speaks WebSocket, over HTTP/1.1 or HTTP/2.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, Method};
use hyper::ext::Protocol as Extended;
use hyper::upgrade::Upgraded;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};

use crate::backend::unhex;
use crate::case::{Protocol, Request, Said};
use crate::client::{Answer, build, read, text};
use crate::gateway::LIMIT;

/// An open WebSocket. Dropping it closes its connection.
pub struct Socket {
    pub headers: http::HeaderMap,
    pub stream: WebSocketStream<TokioIo<Upgraded>>,
    _tasks: JoinSet<()>,
}

impl Socket {
    /// Opens a WebSocket over HTTP/1.1; the gateway must let it.
    pub async fn open(address: SocketAddr, path: &str) -> Self {
        let request = serde_json::from_value(serde_json::json!({ "path": path })).unwrap();
        let connection = TcpStream::connect(address).await.unwrap();
        match open(connection, address, &request).await.unwrap() {
            Ok(socket) => socket,
            Err(answer) => panic!("not opened: {}", answer.print(&[])),
        }
    }

    /// Says a text message.
    pub async fn say(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    /// What is said next: a message, or how it ends.
    pub async fn hear(&mut self) -> String {
        loop {
            let heard = timeout(LIMIT, self.stream.next()).await.expect("nothing was said");
            match heard {
                Some(Ok(Message::Text(text))) => return text.to_string(),
                Some(Ok(Message::Close(Some(CloseFrame { code, reason })))) => {
                    return format!("<closed {code} {reason}>").replace(" >", ">");
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(other)) => return format!("<{other:?}>"),
                Some(Err(_)) | None => return "<broken off>".to_owned(),
            }
        }
    }
}

/// Opens a WebSocket, or is answered otherwise.
pub async fn open(
    connection: TcpStream,
    address: SocketAddr,
    request: &Request,
) -> Result<Result<Socket, Answer>, String> {
    let mut message = build(address, request)?;
    let key = generate_key();
    let headers = message.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if !headers.contains_key(name) {
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
    };
    set("sec-websocket-version", "13");
    let io = TokioIo::new(connection);
    let mut tasks = JoinSet::new();
    let mut response = match request.protocol {
        Protocol::Http1 => {
            set("sec-websocket-key", &key);
            set("connection", "upgrade");
            set("upgrade", "websocket");
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(io).await.map_err(text)?;
            tasks.spawn(async { drop(connection.with_upgrades().await) });
            sender.send_request(message).await.map_err(text)?
        }
        Protocol::H2c => {
            *message.method_mut() = Method::CONNECT;
            message.extensions_mut().insert(Extended::from_static("websocket"));
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
                    .await
                    .map_err(text)?;
            tasks.spawn(async { drop(connection.await) });
            let response = sender.send_request(message).await.map_err(text)?;
            // The connection lasts no longer than those who may send requests.
            tasks.spawn(async move {
                let _sender = sender;
                std::future::pending().await
            });
            response
        }
    };
    let opened = match request.protocol {
        Protocol::Http1 => response.status() == 101,
        Protocol::H2c => response.status() == 200,
    };
    if !opened {
        return Ok(Err(read(response, None, |_| ()).await?));
    }
    if request.protocol == Protocol::Http1 {
        assert_eq!(response.headers()["sec-websocket-accept"], derive_accept_key(key.as_bytes()));
    }
    let headers = response.headers().clone();
    let upgraded = hyper::upgrade::on(&mut response).await.map_err(text)?;
    // What is to be refused must be sent first.
    let config = WebSocketConfig::default();
    let stream =
        WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, Some(config)).await;
    Ok(Ok(Socket { headers, stream, _tasks: tasks }))
}

/// Says all of it, and writes down what is said back.
pub async fn converse(
    connection: TcpStream,
    address: SocketAddr,
    request: &Request,
    said: &[Said],
) -> Result<Answer, String> {
    let mut socket = match open(connection, address, request).await? {
        Ok(socket) => socket,
        Err(answer) => return Ok(answer),
    };
    for said in said {
        let message = match said {
            Said::Text(text) => Message::text(text.as_str()),
            Said::Binary { binary } => Message::binary(unhex(binary)),
            Said::Bytes { bytes } => {
                socket.stream.flush().await.map_err(text)?;
                let io = socket.stream.get_mut();
                io.write_all(&unhex(bytes)).await.map_err(text)?;
                io.flush().await.map_err(text)?;
                continue;
            }
        };
        // It may have been closed meanwhile; what was said back tells.
        let _ = socket.stream.send(message).await;
    }
    let mut body = String::new();
    loop {
        let heard = socket.hear().await;
        body.push_str(&heard);
        body.push('\n');
        let leaves = request.leave_after.is_some_and(|bytes| body.len() >= bytes);
        if heard.starts_with('<') || leaves {
            break;
        }
    }
    let status = if request.protocol == Protocol::Http1 { 101 } else { 200 };
    let (headers, body) = (socket.headers, body.into_bytes());
    let trailers = http::HeaderMap::new();
    Ok(Answer { status, headers, body, trailers, whole: true, read_all: true })
}
