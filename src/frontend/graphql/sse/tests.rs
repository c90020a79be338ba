use std::future::ready;
use std::time::Duration;

use futures_util::stream;
use http::request::Parts;
use http::{HeaderMap, Method, header};
use http_body_util::BodyExt as _;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::single::{Settings, Streams, token};
use super::*;
use crate::frontend::graphql::Verdict;

const LIMIT: Duration = Duration::from_secs(20);

const SETTINGS: Settings =
    Settings { streams: 2, operations: 2, patience: LIMIT, heartbeat: LIMIT };

fn data(json: &'static str) -> Event {
    Event::Next(Answer { body: json.into(), verdict: Verdict::Complete })
}

fn refused() -> Event {
    let body = "{\"errors\":[{\"message\":\"no\"}]}".into();
    Event::Refused(Answer { body, verdict: Verdict::Invalid })
}

fn once(json: &'static str) -> Operation {
    Operation::once(ready(data(json)))
}

/// Never says anything; what is returned resolves once it is dropped.
fn silent() -> (Operation, oneshot::Receiver<()>) {
    let (kept, dropped) = oneshot::channel::<()>();
    let events = stream::pending().map(move |event| {
        let _ = &kept;
        event
    });
    (Operation::lasting(events), dropped)
}

async fn is_dropped(dropped: oneshot::Receiver<()>) {
    timeout(LIMIT, dropped).await.expect("it goes on").unwrap_err();
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn chunk(body: &mut Body) -> String {
    let frame = timeout(LIMIT, body.frame()).await.expect("nothing was said").unwrap().unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn answers_are_events_and_an_end_is_one_too() {
    let operation =
        Operation::lasting(stream::iter([data("{\"data\":1}"), data("{\n\"data\":2}")]));
    let response = answer(operation, LIMIT);
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(
        text(response).await,
        ":\n\nevent: next\ndata: {\"data\":1}\n\nevent: next\ndata: { \"data\":2}\n\n\
         event: complete\ndata:\n\n"
    );
}

#[tokio::test]
async fn errors_are_events_too() {
    let operation = Operation::lasting(stream::iter([refused(), data("{}")]));
    assert_eq!(
        text(answer(operation, LIMIT)).await,
        ":\n\nevent: next\ndata: {\"errors\":[{\"message\":\"no\"}]}\n\nevent: complete\ndata:\n\n"
    );
}

#[tokio::test]
async fn silence_is_filled_with_comments_and_leaving_cancels() {
    let (operation, dropped) = silent();
    let mut body = answer(operation, Duration::from_millis(5)).into_body();
    for _ in 0..3 {
        assert_eq!(chunk(&mut body).await, ":\n\n");
    }
    drop(body);
    is_dropped(dropped).await;
}

#[test]
fn events_are_wanted_where_nothing_is_wanted_more() {
    for (accept, wanted) in [
        ("text/event-stream", true),
        ("Text/Event-Stream, */*", true),
        ("application/json;q=0.5, text/event-stream", true),
        ("application/json, text/event-stream;q=0.5", false),
        ("text/event-stream;q=0", false),
        ("*/*", false),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        assert_eq!(is_wanted(&headers), wanted, "{accept}");
    }
}

fn parts(method: Method, query: &str, token: Option<&str>) -> Parts {
    let mut request = http::Request::builder().method(method).uri(format!("/graphql?{query}"));
    request = request.header(header::ACCEPT, "text/event-stream");
    if let Some(token) = token {
        request = request.header("x-graphql-event-stream-token", token);
    }
    request.body(()).unwrap().into_parts().0
}

async fn reserve(streams: &std::sync::Arc<Streams>) -> String {
    let response = streams.handle(&parts(Method::PUT, "", None)).unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    text(response).await
}

fn start(streams: &Streams, of: &str, id: Option<&str>, operation: Operation) -> u16 {
    let token = token(&parts(Method::POST, "", Some(of))).unwrap();
    streams.start(&token, id, operation).status().as_u16()
}

#[tokio::test]
async fn one_stream_carries_many_operations() {
    let streams = Streams::new(SETTINGS);
    let token = reserve(&streams).await;
    assert_eq!(token.len(), 32);
    // One that comes before the stream is open waits for it.
    assert_eq!(start(&streams, &token, Some("a\""), once("{\"data\":1}")), 202);
    let query = format!("token={token}");
    let mut body = streams.handle(&parts(Method::GET, &query, None)).unwrap().into_body();
    assert_eq!(chunk(&mut body).await, ":\n\n");
    assert_eq!(
        chunk(&mut body).await,
        "event: next\ndata: {\"id\":\"a\\\"\",\"payload\":{\"data\":1}}\n\n"
    );
    assert_eq!(chunk(&mut body).await, "event: complete\ndata: {\"id\":\"a\\\"\"}\n\n");
    assert_eq!(start(&streams, &token, Some("b"), Operation::once(ready(refused()))), 202);
    assert_eq!(
        chunk(&mut body).await,
        "event: next\ndata: {\"id\":\"b\",\"payload\":{\"errors\":[{\"message\":\"no\"}]}}\n\n\
         event: complete\ndata: {\"id\":\"b\"}\n\n"
    );
    let again = streams.handle(&parts(Method::GET, &query, None)).unwrap();
    assert_eq!(again.status(), 409, "only one may read it");
    let (operation, dropped) = silent();
    assert_eq!(start(&streams, &token, Some("c"), operation), 202);
    drop(body);
    is_dropped(dropped).await;
    assert_eq!(start(&streams, &token, Some("d"), once("{}")), 404, "the token ends with it");
}

#[tokio::test]
async fn operations_are_stopped_and_counted() {
    let streams = Streams::new(SETTINGS);
    let token = reserve(&streams).await;
    let get = parts(Method::GET, "", Some(&token));
    let mut body = streams.handle(&get).unwrap().into_body();
    chunk(&mut body).await;
    let (operation, dropped) = silent();
    assert_eq!(start(&streams, &token, Some("a b"), operation), 202);
    assert_eq!(start(&streams, &token, Some("a b"), silent().0), 409);
    assert_eq!(start(&streams, &token, Some("c"), silent().0), 202);
    assert_eq!(start(&streams, &token, Some("d"), once("{}")), 429);
    assert_eq!(start(&streams, &token, None, once("{}")), 400);
    assert_eq!(start(&streams, &token, Some(&"a".repeat(300)), once("{}")), 400);
    assert_eq!(start(&streams, "another", Some("d"), once("{}")), 404);
    let stop = |query: &str, token: &str| {
        streams.handle(&parts(Method::DELETE, query, Some(token))).unwrap().status().as_u16()
    };
    // Nobody reads the stream just now.
    assert_eq!(stop("operationId=a%20b", &token), 200);
    is_dropped(dropped).await;
    assert_eq!(stop("operationId=a+b", &token), 200, "it may have ended by itself");
    assert_eq!(stop("", &token), 400);
    assert_eq!(stop("operationId=a", "another"), 404);
    assert_eq!(start(&streams, &token, Some("d"), once("{}")), 202);
    assert!(chunk(&mut body).await.starts_with("event: next\ndata: {\"id\":\"d\""));
}

#[tokio::test]
async fn streams_are_bounded_and_reservations_expire() {
    let patience = Duration::from_millis(50);
    let streams = Streams::new(Settings { patience, ..SETTINGS });
    let (first, second) = (reserve(&streams).await, reserve(&streams).await);
    assert_ne!(first, second);
    let open = streams.handle(&parts(Method::GET, "", Some(&second))).unwrap();
    let refused = streams.handle(&parts(Method::PUT, "", None)).unwrap();
    assert_eq!(refused.status(), 429);
    let (operation, dropped) = silent();
    assert_eq!(start(&streams, &first, Some("a"), operation), 202);
    tokio::time::timeout(patience, std::future::pending::<()>()).await.unwrap_err();
    let late = streams.handle(&parts(Method::GET, "", Some(&first))).unwrap();
    assert_eq!(late.status(), 404);
    let third = reserve(&streams).await;
    is_dropped(dropped).await;
    assert_eq!(start(&streams, &second, Some("a"), silent().0), 202, "an open one stays");
    drop(open);
    assert_eq!(start(&streams, &second, Some("a"), once("{}")), 404);
    assert_eq!(start(&streams, &third, Some("a"), once("{}")), 202);
}

#[test]
fn other_requests_are_no_business_of_streams() {
    let streams = Streams::new(SETTINGS);
    for (method, query) in [(Method::GET, "query={a}"), (Method::POST, ""), (Method::HEAD, "")] {
        assert!(streams.handle(&parts(method, query, None)).is_none());
    }
    assert!(token(&parts(Method::POST, "token=", None)).is_none());
}
