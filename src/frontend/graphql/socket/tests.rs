use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream};
use http::header::{CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderValue, Method};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::ext::Protocol as Extended;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::call::{Metadata, Source};
use crate::frontend::graphql::operation::{Ask, Event, Operation};
use crate::frontend::graphql::{Answer, Verdict};
use crate::frontend::upgrade::Takeover;
use crate::frontend::{Body, Request};

const LIMIT: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Http {
    One,
    Two,
}

/// A server whose operations are told by their documents.
struct Server {
    settings: Settings,
    draining: CancellationToken,
    /// Ends `slow`.
    go: Arc<Notify>,
    /// How often `endless` was pulled.
    pulled: Arc<AtomicUsize>,
    /// What was dropped before its end.
    cancelled: mpsc::UnboundedReceiver<&'static str>,
    cancel: mpsc::UnboundedSender<&'static str>,
}

struct Guard(&'static str, mpsc::UnboundedSender<&'static str>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.1.send(self.0);
    }
}

fn data(json: impl std::fmt::Display) -> Event {
    Event::Next(Answer { body: format!("{{\"data\":{json}}}").into(), verdict: Verdict::Complete })
}

fn refused(message: &str) -> Event {
    let body = format!("{{\"errors\":[{{\"message\":\"{message}\"}}]}}").into();
    Event::Refused(Answer { body, verdict: Verdict::Invalid })
}

impl Server {
    fn new() -> Self {
        let (cancel, cancelled) = mpsc::unbounded_channel();
        let socket = websocket::Settings { max_message: 1000, ping_interval: LIMIT };
        Self {
            settings: Settings {
                socket,
                init_timeout: LIMIT,
                operations: 3,
                forward: ["authorization", "x-tenant"].map(Name::from_static).into(),
            },
            draining: CancellationToken::new(),
            go: Arc::default(),
            pulled: Arc::default(),
            cancelled,
            cancel,
        }
    }

    fn begin(&self) -> Begin {
        let (go, pulled, cancel) = (self.go.clone(), self.pulled.clone(), self.cancel.clone());
        Arc::new(move |ask: Ask, context: Context| {
            let (go, pulled, cancel) = (go.clone(), pulled.clone(), cancel.clone());
            match ask.query.as_deref().unwrap_or_default() {
                "once" => Operation::once(async { data(1) }),
                "slow" => Operation::once(async move {
                    go.notified().await;
                    data("\"slow\"")
                }),
                "count" => Operation::lasting(stream::iter((1..=3).map(data))),
                "who" => {
                    let said = |name| match context.metadata.get(name) {
                        Some(value) => String::from_utf8_lossy(value).into_owned(),
                        None => String::new(),
                    };
                    let who = ["authorization", "x-tenant"].map(said);
                    Operation::once(async move { data(serde_json::json!(who)) })
                }
                "never" => {
                    let guard = Guard("never", cancel);
                    Operation::lasting(stream::pending().map(move |event| {
                        let _ = &guard;
                        event
                    }))
                }
                "endless" => {
                    let large = format!("\"{}\"", "a".repeat(10_000));
                    Operation::lasting(stream::iter(0_u64..).map(move |_| {
                        pulled.fetch_add(1, Ordering::Relaxed);
                        data(&large)
                    }))
                }
                "break" => Operation::lasting(stream::iter([data(1), refused("broke"), data(2)])),
                other => Operation::once(std::future::ready(refused(other))),
            }
        })
    }

    /// Opens a WebSocket over a connection in memory.
    async fn open(&self, protocol: &'static str) -> Client {
        self.open_over(Http::One, protocol, &[]).await.unwrap()
    }

    async fn open_over(
        &self,
        http: Http,
        protocol: &'static str,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Client, http::Response<Incoming>> {
        let (near, far) = tokio::io::duplex(16 << 10);
        let mut tasks = JoinSet::new();
        let (begin, settings, draining) =
            (self.begin(), self.settings.clone(), self.draining.clone());
        let service = service_fn(move |request: http::Request<Incoming>| {
            let mut request: Request = request.map(Body::new);
            let handshake = Handshake::find(&mut request).expect("a handshake");
            let metadata = metadata(request.headers());
            let source = Source {
                frontend: "graphql",
                peer: None,
                request_id: "1".into(),
                arrived: Instant::now(),
            };
            let context = Context { metadata, source, deadline: Some(Instant::now()) };
            let (begin, settings) = (begin.clone(), settings.clone());
            let mut response = open(handshake, request.headers(), context, begin, settings);
            if let Some(work) = Takeover::take(&mut response) {
                tokio::spawn(work(draining.clone()));
            }
            async { Ok::<_, std::convert::Infallible>(response) }
        });
        let mut request = http::Request::new(Empty::<Bytes>::new());
        *request.uri_mut() = "http://shop.example/graphql".parse().unwrap();
        let mut set = |name: http::HeaderName, value: &'static str| {
            request.headers_mut().append(name, HeaderValue::from_static(value));
        };
        set(header::SEC_WEBSOCKET_VERSION, "13");
        set(SEC_WEBSOCKET_PROTOCOL, protocol);
        for (name, value) in headers {
            set(http::HeaderName::from_static(name), value);
        }
        let io = TokioIo::new(far);
        let mut response = match http {
            Http::One => {
                set(SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==");
                set(CONNECTION, "upgrade");
                set(UPGRADE, "websocket");
                let server = hyper::server::conn::http1::Builder::new();
                let server = server.serve_connection(io, service).with_upgrades();
                tasks.spawn(async { drop(server.await) });
                let (mut sender, connection) =
                    hyper::client::conn::http1::handshake(TokioIo::new(near)).await.unwrap();
                tasks.spawn(async { drop(connection.with_upgrades().await) });
                sender.send_request(request).await.unwrap()
            }
            Http::Two => {
                *request.method_mut() = Method::CONNECT;
                request.extensions_mut().insert(Extended::from_static("websocket"));
                let mut server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                server.enable_connect_protocol();
                let server = server.serve_connection(io, service);
                tasks.spawn(async { drop(server.await) });
                let io = TokioIo::new(near);
                let (mut sender, connection) =
                    hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
                tasks.spawn(async { drop(connection.await) });
                // The server's settings must have come.
                sender.ready().await.unwrap();
                let response = sender.send_request(request).await.unwrap();
                tasks.spawn(async move {
                    let _sender = sender;
                    std::future::pending().await
                });
                response
            }
        };
        let opened = if http == Http::One { 101 } else { 200 };
        if response.status() != opened {
            return Err(response);
        }
        let chosen = response.headers()[SEC_WEBSOCKET_PROTOCOL].to_str().unwrap().to_owned();
        let upgraded = TokioIo::new(hyper::upgrade::on(&mut response).await.unwrap());
        let stream = WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await;
        Ok(Client { stream, chosen, _tasks: tasks })
    }

    async fn cancelled(&mut self) -> &'static str {
        timeout(LIMIT, self.cancelled.recv()).await.expect("nothing was cancelled").unwrap()
    }
}

/// What the HTTP side would have read.
fn metadata(headers: &HeaderMap) -> Metadata {
    let mut metadata = Metadata::default();
    if let Some(tenant) = headers.get("x-tenant") {
        metadata.append(Name::from_static("x-tenant"), tenant.as_bytes().to_vec());
    }
    metadata
}

struct Client {
    stream: WebSocketStream<TokioIo<Upgraded>>,
    chosen: String,
    _tasks: JoinSet<()>,
}

impl Client {
    async fn say(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    async fn hear(&mut self) -> String {
        loop {
            match timeout(LIMIT, self.stream.next()).await.expect("nothing was said") {
                Some(Ok(Message::Text(text))) => return text.to_string(),
                Some(Ok(Message::Close(Some(CloseFrame { code, reason })))) => {
                    return format!("<{code} {reason}>");
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => return format!("<{other:?}>"),
            }
        }
    }

    async fn init(&mut self) {
        self.say(r#"{"type":"connection_init"}"#).await;
        assert_eq!(self.hear().await, r#"{"type":"connection_ack"}"#);
        if self.chosen == OLD {
            assert_eq!(self.hear().await, r#"{"type":"ka"}"#);
        }
    }

    async fn start(&mut self, id: &str, query: &str) {
        let kind = if self.chosen == OLD { "start" } else { "subscribe" };
        self.say(&format!(r#"{{"id":"{id}","type":"{kind}","payload":{{"query":"{query}"}}}}"#))
            .await;
    }
}

const NEW: &str = "graphql-transport-ws";
const OLD: &str = "graphql-ws";

#[tokio::test]
async fn operations_run_at_once_in_each_protocol_over_each_http() {
    for http in [Http::One, Http::Two] {
        for (protocol, next) in [(NEW, "next"), (OLD, "data")] {
            let server = Server::new();
            let mut client = server.open_over(http, protocol, &[]).await.unwrap();
            assert_eq!(client.chosen, protocol);
            client.init().await;
            client.start("n", "never").await;
            client.start("s", "slow").await;
            client.start("c", "count").await;
            for number in 1..=3 {
                let told = format!(r#"{{"id":"c","type":"{next}","payload":{{"data":{number}}}}}"#);
                assert_eq!(client.hear().await, told);
            }
            assert_eq!(client.hear().await, r#"{"id":"c","type":"complete"}"#);
            server.go.notify_one();
            let told = format!(r#"{{"id":"s","type":"{next}","payload":{{"data":"slow"}}}}"#);
            assert_eq!(client.hear().await, told);
            assert_eq!(client.hear().await, r#"{"id":"s","type":"complete"}"#);
            // An id is free again after its operation.
            client.start("s", "once").await;
            assert!(client.hear().await.contains("\"data\":1"));
        }
    }
}

#[tokio::test]
async fn first_known_protocol_is_spoken_and_others_are_refused() {
    let server = Server::new();
    let client = server.open_over(Http::One, "mqtt, graphql-ws, graphql-transport-ws", &[]).await;
    assert_eq!(client.unwrap().chosen, OLD);
    for http in [Http::One, Http::Two] {
        let Err(response) = server.open_over(http, "mqtt", &[]).await else { panic!("opened") };
        assert_eq!(response.status(), 400);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let message = "sec-websocket-protocol must offer graphql-transport-ws or graphql-ws";
        assert!(String::from_utf8_lossy(&body).contains(message), "{body:?}");
    }
    let headers = [("origin", "https://evil.example")];
    let Err(response) = server.open_over(Http::One, NEW, &headers).await else { panic!("opened") };
    assert_eq!(response.status(), 403);
}

#[tokio::test]
async fn clients_that_break_the_protocol_are_told_how() {
    const INIT: &str = r#"{"type":"connection_init"}"#;
    const NEVER: &str = r#"{"id":"a","type":"subscribe","payload":{"query":"never"}}"#;
    let large = format!(r#"{{"type":"ping","payload":{{"a":"{}"}}}}"#, "a".repeat(1000));
    for (said, code) in [
        (&["{"][..], "4400 cannot read the message: EOF while parsing an object"),
        (&[r#"{"type":"hello"}"#], r#"4400 no message of a client has the type "hello""#),
        (&[INIT, INIT], "4429 Too many initialisation requests"),
        (&[NEVER], "4401 Unauthorized"),
        (&[INIT, NEVER, NEVER], "4409 Subscriber for a already exists"),
        (&["<binary>"], "4400 messages are JSON in text frames"),
        (&[&large], "1009 a message is larger than 1000 bytes"),
        (
            &[r#"{"type":"connection_init","payload":{"authorization":1}}"#],
            "4400 authorization in the payload is not a string",
        ),
    ] {
        let mut server = Server::new();
        let mut client = server.open(NEW).await;
        for said in said {
            let message = match *said {
                "<binary>" => Message::binary("{}"),
                said => Message::text(said),
            };
            client.stream.send(message).await.unwrap();
        }
        let mut heard = client.hear().await;
        if heard == r#"{"type":"connection_ack"}"# {
            heard = client.hear().await;
        }
        assert!(heard.starts_with(&format!("<{code}")), "{said:?}: {heard}");
        if code.starts_with("4409") {
            assert_eq!(server.cancelled().await, "never");
        }
    }
}

#[tokio::test]
async fn client_that_does_not_say_who_it_is_is_not_waited_for() {
    for protocol in [NEW, OLD] {
        let mut server = Server::new();
        server.settings.init_timeout = Duration::from_millis(50);
        let mut client = server.open(protocol).await;
        if protocol == OLD {
            let error = client.hear().await;
            assert!(error.starts_with(r#"{"type":"connection_error","#), "{error}");
        }
        assert_eq!(client.hear().await, "<4408 Connection initialisation timeout>");
        // One that did has all the time.
        let mut client = server.open(protocol).await;
        client.init().await;
        client.start("a", "slow").await;
        let silence = timeout(Duration::from_millis(100), client.stream.next()).await;
        assert!(silence.is_err(), "{silence:?}");
    }
}

#[tokio::test]
async fn what_fails_is_an_error_and_nothing_follows_it() {
    let server = Server::new();
    let mut client = server.open(NEW).await;
    client.init().await;
    client.start("1", "no such field").await;
    let told = r#"{"id":"1","type":"error","payload":[{"message":"no such field"}]}"#;
    assert_eq!(client.hear().await, told);
    client.start("2", "break").await;
    assert_eq!(client.hear().await, r#"{"id":"2","type":"next","payload":{"data":1}}"#);
    assert_eq!(client.hear().await, r#"{"id":"2","type":"error","payload":[{"message":"broke"}]}"#);
    client.say(r#"{"type":"ping","payload":{"n":1}}"#).await;
    assert_eq!(client.hear().await, r#"{"type":"pong","payload":{"n":1}}"#);
    client.say(r#"{"type":"pong"}"#).await;
    client.say(r#"{"type":"ping"}"#).await;
    assert_eq!(client.hear().await, r#"{"type":"pong"}"#);
}

#[tokio::test]
async fn no_more_operations_than_the_limit_are_under_way() {
    for protocol in [NEW, OLD] {
        let server = Server::new();
        let mut client = server.open(protocol).await;
        client.init().await;
        for id in ["1", "2", "3"] {
            client.start(id, "never").await;
        }
        client.start("4", "once").await;
        let told = client.hear().await;
        assert!(told.starts_with(r#"{"id":"4","type":"error","#), "{told}");
        assert!(told.contains("3 operations are under way here, no more may be"), "{told}");
        assert!(told.contains("RESOURCE_EXHAUSTED"), "{told}");
        let stop = if protocol == OLD { "stop" } else { "complete" };
        client.say(&format!(r#"{{"id":"1","type":"{stop}"}}"#)).await;
        if protocol == OLD {
            assert_eq!(client.hear().await, r#"{"id":"1","type":"complete"}"#);
        }
        client.start("4", "once").await;
        assert!(client.hear().await.contains("\"data\":1"));
    }
}

#[tokio::test]
async fn slow_reader_is_not_read_ahead_for_and_can_still_stop_and_leave() {
    let mut server = Server::new();
    let mut client = server.open(NEW).await;
    client.init().await;
    client.start("n", "never").await;
    client.start("e", "endless").await;
    // Nothing is read here from now on, so that what was pulled is all that there is room for.
    client.say(r#"{"id":"n","type":"complete"}"#).await;
    assert_eq!(server.cancelled().await, "never");
    client.start("n", "never").await;
    let mut before = usize::MAX;
    while server.pulled.load(Ordering::Relaxed) != before {
        before = server.pulled.load(Ordering::Relaxed);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    assert!((1..=20).contains(&before), "{before} answers of 10 kB were pulled");
    drop(client);
    assert_eq!(server.cancelled().await, "never");
}

#[tokio::test]
async fn closing_cancels_what_is_under_way() {
    let mut server = Server::new();
    let mut client = server.open(NEW).await;
    client.init().await;
    client.start("n", "never").await;
    client.stream.close(None).await.unwrap();
    assert_eq!(server.cancelled().await, "never");
    let mut client = server.open(OLD).await;
    client.init().await;
    client.start("n", "never").await;
    client.say(r#"{"type":"connection_terminate"}"#).await;
    assert_eq!(client.hear().await, "<1000 >");
    assert_eq!(server.cancelled().await, "never");
}

#[tokio::test]
async fn stopped_operation_says_nothing_more() {
    let server = Server::new();
    let mut client = server.open(NEW).await;
    client.init().await;
    client.start("s", "slow").await;
    client.say(r#"{"id":"s","type":"complete"}"#).await;
    client.say(r#"{"id":"unknown","type":"complete"}"#).await;
    client.say(r#"{"type":"ping"}"#).await;
    assert_eq!(client.hear().await, r#"{"type":"pong"}"#);
    server.go.notify_one();
    client.start("s", "once").await;
    assert_eq!(client.hear().await, r#"{"id":"s","type":"next","payload":{"data":1}}"#);
}

#[tokio::test]
async fn drain_lets_queries_end_and_then_says_that_it_goes() {
    let mut server = Server::new();
    let mut client = server.open(NEW).await;
    client.init().await;
    client.start("n", "never").await;
    client.start("s", "slow").await;
    client.say(r#"{"type":"ping"}"#).await;
    assert_eq!(client.hear().await, r#"{"type":"pong"}"#);
    server.draining.cancel();
    client.start("new", "once").await;
    client.say(r#"{"type":"ping"}"#).await;
    assert_eq!(client.hear().await, r#"{"type":"pong"}"#, "the new one is not begun");
    server.go.notify_one();
    assert_eq!(client.hear().await, r#"{"id":"s","type":"next","payload":{"data":"slow"}}"#);
    assert_eq!(client.hear().await, r#"{"id":"s","type":"complete"}"#);
    assert_eq!(client.hear().await, "<1001 the gateway is going away>");
    assert_eq!(server.cancelled().await, "never");
}

#[tokio::test]
async fn credentials_go_with_each_call_and_the_requests_headers_come_first() {
    let server = Server::new();
    let headers = [("x-tenant", "acme")];
    let mut client = server.open_over(Http::One, NEW, &headers).await.unwrap();
    client
        .say(
            r#"{"type":"connection_init","payload":{"Authorization":"Bearer t","x-tenant":"evil"}}"#,
        )
        .await;
    assert_eq!(client.hear().await, r#"{"type":"connection_ack"}"#);
    client.start("w", "who").await;
    let told = r#"{"id":"w","type":"next","payload":{"data":["Bearer t","acme"]}}"#;
    assert_eq!(client.hear().await, told);
}

#[tokio::test]
async fn old_clients_have_signs_of_life_and_may_use_an_id_again() {
    let mut server = Server::new();
    server.settings.socket.ping_interval = Duration::from_millis(10);
    let mut client = server.open(OLD).await;
    client.init().await;
    assert_eq!(client.hear().await, r#"{"type":"ka"}"#);
    client.start("a", "never").await;
    client.start("a", "slow").await;
    assert_eq!(server.cancelled().await, "never");
    client.say("{").await;
    let mut heard = client.hear().await;
    while heard == r#"{"type":"ka"}"# {
        heard = client.hear().await;
    }
    assert!(heard.starts_with(r#"{"type":"connection_error","payload":{"message":"cannot"#));
    assert!(client.hear().await.starts_with("<4400 cannot read the message"));
}

#[tokio::test]
async fn client_that_answers_no_ping_is_gone() {
    let mut server = Server::new();
    server.settings.socket.ping_interval = Duration::from_millis(20);
    let mut client = server.open(NEW).await;
    client.init().await;
    client.start("n", "never").await;
    // Whoever does not read does not answer.
    assert_eq!(server.cancelled().await, "never");
    drop(client);
}
