//! A client that sends and reads lines of one HTTP/2 call at the same time.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;

use crate::gateway::LIMIT;

type Item = Result<Frame<Bytes>, Infallible>;
type Response = hyper::Result<http::Response<Incoming>>;

/// An open call. Dropping it closes its connection.
pub struct Duplex {
    sender: Option<mpsc::Sender<Item>>,
    answer: Answer,
    buffer: BytesMut,
    _requests: SendRequest<StreamBody<ReceiverStream<Item>>>,
    _connection: JoinSet<hyper::Result<()>>,
}

enum Answer {
    Pending(Pin<Box<dyn Future<Output = Response> + Send>>),
    Body(Incoming),
}

impl Duplex {
    /// Opens a POST of NDJSON whose body is still to come.
    pub async fn open(address: SocketAddr, path: &str) -> Self {
        let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
        let (mut requests, connection) = handshake(TokioExecutor::new(), io).await.unwrap();
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let (sender, receiver) = mpsc::channel(1);
        let request = http::Request::post(format!("http://{address}{path}"))
            .header("content-type", "application/x-ndjson")
            .body(StreamBody::new(ReceiverStream::new(receiver)))
            .unwrap();
        Self {
            sender: Some(sender),
            answer: Answer::Pending(Box::pin(requests.send_request(request))),
            buffer: BytesMut::new(),
            _requests: requests,
            _connection: driver,
        }
    }

    /// Sends text.
    pub async fn send(&mut self, text: &str) {
        let frame = Frame::data(Bytes::copy_from_slice(text.as_bytes()));
        self.sender.as_ref().unwrap().send(Ok(frame)).await.unwrap();
    }

    /// Ends the request.
    pub fn end(&mut self) {
        self.sender = None;
    }

    /// The next line of the response; empty at its end.
    pub async fn line(&mut self) -> String {
        timeout(LIMIT, self.read()).await.expect("no line came")
    }

    async fn read(&mut self) -> String {
        if let Answer::Pending(response) = &mut self.answer {
            let response = response.await.unwrap();
            assert_eq!(response.status(), 200);
            self.answer = Answer::Body(response.into_body());
        }
        loop {
            if let Some(at) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(at + 1);
                return String::from_utf8(line[..at].to_vec()).unwrap();
            }
            let Answer::Body(body) = &mut self.answer else { unreachable!() };
            match body.frame().await {
                None => return String::from_utf8(self.buffer.split().to_vec()).unwrap(),
                Some(frame) => {
                    if let Ok(data) = frame.unwrap().into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
            }
        }
    }
}
