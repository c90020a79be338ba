//! Subscriptions as parts of one response, as Apollo's clients read them ("Multipart HTTP protocol
//! for GraphQL subscriptions", `subscriptionSpec=1.0`).

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, header};
use tokio::time::timeout;

use super::Answer;
use super::operation::{Event, Operation};
use super::refusal::errors_of;
use crate::frontend::{Body, Response};

const CONTENT_TYPE: &str = "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0";

/// Clients take a part when they have seen what follows it, so that each part brings the delimiter
/// of the next.
const DELIMITER: &[u8] = b"\r\n--graphql";
const HEAD: &[u8] = b"\r\ncontent-type: application/json\r\n\r\n";
const LAST: &[u8] = b"--\r\n";

/// Whether a client says that it reads subscriptions in parts: `Accept` has
/// `multipart/mixed;subscriptionSpec=1.0`, quoted or not, with a boundary or without.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).into_iter();
    let values = values.filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let is_multipart =
            parts.next().is_some_and(|name| name.eq_ignore_ascii_case("multipart/mixed"));
        let mut specified = false;
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            match name.trim().to_ascii_lowercase().as_str() {
                "subscriptionspec" => specified = value.trim().trim_matches('"') == "1.0",
                "q" if value.trim().trim_end_matches(['0', '.']).is_empty() => return false,
                _ => {}
            }
        }
        is_multipart && specified
    })
}

/// Answers a request for a subscription. An empty part is sent after `heartbeat` of silence. What
/// fails before the first message is an answer with `errors`; what breaks a stream off later is told
/// beside a null payload.
pub fn answer(operation: Operation, heartbeat: Duration) -> Response {
    let state = Some((operation, State::New));
    let chunks = futures_util::stream::unfold(state, move |state| async move {
        let (mut operation, state) = state?;
        let mut out = Vec::new();
        if state == State::New {
            out.extend_from_slice(DELIMITER);
            part(&mut out, |out| out.extend_from_slice(b"{}"));
            return Some((Ok::<_, Infallible>(Bytes::from(out)), Some((operation, State::Open))));
        }
        let going_on = match timeout(heartbeat, operation.next()).await {
            Err(_) => {
                part(&mut out, |out| out.extend_from_slice(b"{}"));
                Some(state)
            }
            Ok(Some(Event::Next(answer))) => {
                part(&mut out, |out| payload(&answer, out));
                Some(State::Flowing)
            }
            Ok(Some(Event::Refused(answer))) => {
                part(&mut out, |out| match state {
                    State::Flowing => broken(&answer, out),
                    State::New | State::Open => payload(&answer, out),
                });
                None
            }
            Ok(None) => None,
        };
        if going_on.is_none() {
            out.extend_from_slice(LAST);
        }
        Some((Ok(Bytes::from(out)), going_on.map(|state| (operation, state))))
    });
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// How far a response is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    /// It had an answer.
    Flowing,
}

fn part(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(HEAD);
    write(out);
    out.extend_from_slice(DELIMITER);
}

fn payload(answer: &Answer, out: &mut Vec<u8>) {
    out.reserve(answer.body.len() + 64);
    out.extend_from_slice(b"{\"payload\":");
    out.extend_from_slice(&answer.body);
    out.push(b'}');
}

fn broken(answer: &Answer, out: &mut Vec<u8>) {
    let errors = errors_of(answer).to_string();
    for part in ["{\"payload\":null,\"errors\":", &errors, "}"] {
        out.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::frontend::graphql::Verdict;

    fn failure() -> Answer {
        Answer { body: "{\"errors\":[{\"message\":\"no\"}]}".into(), verdict: Verdict::Invalid }
    }

    fn success() -> Answer {
        Answer { body: "{\"data\":{\"a\":1}}".into(), verdict: Verdict::Complete }
    }

    async fn body(events: Vec<Event>) -> String {
        let operation = Operation::lasting(futures_util::stream::iter(events));
        let response = answer(operation, Duration::from_secs(60));
        assert_eq!(response.headers()["content-type"], CONTENT_TYPE);
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    const HEAD_TEXT: &str = "content-type: application/json\r\n\r\n";

    #[tokio::test]
    async fn answers_are_parts_each_with_the_next_delimiter() {
        let body = body(vec![Event::Next(success()), Event::Next(success())]).await;
        let part = format!("\r\n{HEAD_TEXT}{{\"payload\":{{\"data\":{{\"a\":1}}}}}}\r\n--graphql");
        assert_eq!(
            body,
            format!("\r\n--graphql\r\n{HEAD_TEXT}{{}}\r\n--graphql{part}{part}--\r\n")
        );
    }

    #[tokio::test]
    async fn what_fails_at_once_is_an_answer_and_what_breaks_off_is_not() {
        let early = body(vec![Event::Refused(failure())]).await;
        assert!(early.contains("{\"payload\":{\"errors\":[{\"message\":\"no\"}]}}"), "{early}");
        let late = body(vec![Event::Next(success()), Event::Refused(failure())]).await;
        assert!(late.contains("{\"payload\":null,\"errors\":[{\"message\":\"no\"}]}"), "{late}");
        assert!(late.ends_with("\r\n--graphql--\r\n"), "{late}");
    }

    #[tokio::test]
    async fn silence_is_filled_with_empty_parts() {
        let operation = Operation::lasting(futures_util::stream::pending());
        let mut body = answer(operation, Duration::from_millis(5)).into_body();
        let _first = body.frame().await.unwrap().unwrap();
        let second = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(second, format!("\r\n{HEAD_TEXT}{{}}\r\n--graphql"));
    }

    #[test]
    fn clients_say_that_they_read_parts() {
        for (accept, wanted) in [
            ("multipart/mixed;subscriptionSpec=1.0, application/json", true),
            (
                "multipart/mixed;boundary=\"graphql\";subscriptionSpec=\"1.0\",application/json",
                true,
            ),
            ("application/json, Multipart/Mixed; boundary=graphql; subscriptionspec=1.0", true),
            ("multipart/mixed;deferSpec=20220824, application/json", false),
            ("multipart/mixed;subscriptionSpec=2.0", false),
            ("multipart/mixed;subscriptionSpec=1.0;q=0.0", false),
            ("application/json;subscriptionSpec=1.0", false),
            ("*/*", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            assert_eq!(is_wanted(&headers), wanted, "{accept}");
        }
    }
}
