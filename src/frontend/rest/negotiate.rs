//! Which form a client wants its answer in (RFC 9110, section 12.5.1).

use http::header::{ACCEPT, TE};
use http::{HeaderMap, HeaderValue};

use crate::config::checked::ErrorFormat;
use crate::frontend::accept::{self, Match, find};

/// How a stream of messages is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// One JSON object a line: `application/x-ndjson`.
    Ndjson,
    /// Server-sent events: `text/event-stream`.
    Sse,
    /// One JSON array: `application/json`.
    Array,
}

impl Framing {
    /// The media type of the response.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Sse => "text/event-stream",
            Self::Array => "application/json",
        }
    }
}

/// The media types that mean one framing; the first is the one that is written.
const FRAMINGS: [(Framing, &[&str]); 3] = [
    (
        Framing::Ndjson,
        &[
            "application/x-ndjson",
            "application/ndjson",
            "application/jsonl",
            "application/json-lines",
        ],
    ),
    (Framing::Sse, &["text/event-stream"]),
    (Framing::Array, &["application/json"]),
];

/// The framings as `Accept` would list them.
pub const FRAMINGS_LIST: &str = "application/x-ndjson, text/event-stream, application/json";

/// The framing that `Accept` ranks highest, among equals the one it names first; NDJSON where it
/// leaves the choice to us. `None` where it admits none of them.
pub fn framing(headers: &HeaderMap) -> Option<Framing> {
    if !headers.contains_key(ACCEPT) {
        return Some(Framing::Ndjson);
    }
    let mut best: Option<(Framing, Match)> = None;
    for (framing, names) in FRAMINGS {
        for found in names.iter().filter_map(|name| find(headers, name)) {
            let (weight, exact) = (found.weight, found.range);
            let better = best.as_ref().is_none_or(|(_, best)| {
                (weight, exact, best.place) > (best.weight, best.range, found.place)
            });
            if weight > 0 && better {
                best = Some((framing, found));
            }
        }
    }
    best.map(|(framing, _)| framing)
}

/// Whether `Accept` admits a JSON body, which a client that wants its errors as problem details
/// in JSON can read, too.
pub fn admits_json(headers: &HeaderMap) -> bool {
    match headers.get(ACCEPT) {
        None => true,
        // What most clients send.
        Some(value) if value == "*/*" || value == "application/json" => true,
        Some(_) => match find(headers, "application/json") {
            Some(found) => found.weight > 0,
            None => {
                let problem = find(headers, "application/problem+json");
                problem.is_some_and(|found| found.weight > 0)
            }
        },
    }
}

/// The form of error bodies: what `Accept` names, else what the listener says.
pub fn error_format(headers: &HeaderMap, default: ErrorFormat) -> ErrorFormat {
    let (mut problem, mut json, mut any) = (0, 0, 0);
    for accept::Item { name, weight } in accept::items(headers, ACCEPT) {
        match name {
            "application/problem+json" => problem = weight,
            "application/json" => json = weight,
            "application/*" | "*/*" => any = weight,
            _ => {}
        }
    }
    // Whoever names problem details beside JSON wants errors in them.
    match (problem, json) {
        (0, 0) => default,
        (0, _) if any > 0 => default,
        (problem, json) if problem >= json => ErrorFormat::Problem,
        _ if default == ErrorFormat::Google => ErrorFormat::Google,
        _ => ErrorFormat::Status,
    }
}

/// Whether the client reads trailers (RFC 9110, section 10.1.4).
pub fn reads_trailers(headers: &HeaderMap) -> bool {
    accept::items(headers, TE).any(|item| item.name.eq_ignore_ascii_case("trailers"))
}

/// Whether a request body says it is JSON, or says nothing. The error is what it says instead.
pub fn is_json(content_type: Option<&HeaderValue>) -> Result<(), String> {
    let Some(value) = content_type else { return Ok(()) };
    if value == "application/json" {
        return Ok(());
    }
    let text = String::from_utf8_lossy(value.as_bytes());
    let media = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let json = media == "application/json"
        || media == "text/json"
        || (media.starts_with("application/") && media.ends_with("+json"))
        || matches!(
            media.as_str(),
            "application/x-ndjson" | "application/ndjson" | "application/jsonl"
        );
    if json { Ok(()) } else { Err(media) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(value))])
    }

    #[test]
    fn accept_picks_the_framing() {
        for (value, framing) in [
            ("*/*", Framing::Ndjson),
            ("text/event-stream", Framing::Sse),
            ("application/json", Framing::Array),
            ("application/json;q=0.5, application/x-ndjson", Framing::Ndjson),
            ("text/event-stream;q=0.1, application/json;q=0.2", Framing::Array),
            ("text/event-stream, */*", Framing::Sse),
            ("application/json, text/event-stream", Framing::Array),
            ("text/event-stream, application/json", Framing::Sse),
            ("text/html, application/xhtml+xml, */*;q=0.8", Framing::Ndjson),
            ("*/*, application/x-ndjson;q=0", Framing::Ndjson),
            ("application/*, application/x-ndjson;q=0.1", Framing::Ndjson),
            ("Application/JSON", Framing::Array),
        ] {
            assert_eq!(super::framing(&accept(value)), Some(framing), "{value}");
        }
        assert_eq!(super::framing(&HeaderMap::new()), Some(Framing::Ndjson));
        for none in ["text/html", "text/html, application/json;q=0", "*/*;q=0", "image/*"] {
            assert_eq!(super::framing(&accept(none)), None, "{none}");
        }
    }

    #[test]
    fn json_is_admitted_by_name_or_by_range() {
        for good in [
            "*/*",
            "application/json",
            "application/json; charset=utf-8",
            "application/*;q=0.1",
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
            "application/problem+json",
        ] {
            assert!(admits_json(&accept(good)), "{good}");
        }
        for bad in [
            "text/html",
            "application/xml",
            "application/json;q=0",
            "*/*, application/json;q=0",
            "application/json;q=0, application/problem+json",
            "application/vnd.shop+json",
            "*/*;q=0.0",
        ] {
            assert!(!admits_json(&accept(bad)), "{bad}");
        }
        assert!(admits_json(&HeaderMap::new()));
    }

    #[test]
    fn accept_picks_the_form_of_errors() {
        use ErrorFormat::{Google, Problem, Status};
        for (value, default, format) in [
            ("*/*", Status, Status),
            ("*/*", Problem, Problem),
            ("application/problem+json", Status, Problem),
            ("application/json, application/problem+json", Status, Problem),
            ("application/json, application/problem+json;q=0.1", Problem, Status),
            ("application/json", Problem, Status),
            ("application/json, text/plain, */*", Problem, Problem),
            ("text/html", Problem, Problem),
            ("application/json", Google, Google),
            ("application/problem+json", Google, Problem),
        ] {
            assert_eq!(error_format(&accept(value), default), format, "{value}");
        }
    }

    #[test]
    fn only_json_bodies_are_read() {
        let of = |value| is_json(Some(&HeaderValue::from_static(value)));
        for good in
            ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
        {
            assert_eq!(of(good), Ok(()), "{good}");
        }
        for bad in ["text/plain", "application/x-www-form-urlencoded", "image/svg+xml", ""] {
            assert_eq!(of(bad), Err(bad.to_owned()), "{bad}");
        }
    }
}
