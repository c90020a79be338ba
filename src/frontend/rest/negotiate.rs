//! Which form a client wants its answer in (RFC 9110, section 12.5.1).

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};

use crate::config::checked::ErrorFormat;

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

/// The framing that `Accept` ranks highest; NDJSON where it leaves the choice to us.
pub fn framing(headers: &HeaderMap) -> Framing {
    let mut best = (Framing::Ndjson, 0);
    for (media, quality) in accepted(headers) {
        let framing = match media {
            "text/event-stream" => Framing::Sse,
            "application/json" => Framing::Array,
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/json-lines"
            | "application/*"
            | "*/*" => Framing::Ndjson,
            _ => continue,
        };
        if quality > best.1 {
            best = (framing, quality);
        }
    }
    best.0
}

/// The form of error bodies: what `Accept` names, else what the listener says.
pub fn error_format(headers: &HeaderMap, default: ErrorFormat) -> ErrorFormat {
    let (mut problem, mut json, mut any) = (0, 0, 0);
    for (media, quality) in accepted(headers) {
        match media {
            "application/problem+json" => problem = quality,
            "application/json" => json = quality,
            "application/*" | "*/*" => any = quality,
            _ => {}
        }
    }
    // Whoever names problem details beside JSON wants errors in them.
    match (problem, json) {
        (0, 0) => default,
        (0, _) if any > 0 => default,
        (problem, json) if problem >= json => ErrorFormat::Problem,
        _ => ErrorFormat::Status,
    }
}

/// Whether a request body says it is JSON, or says nothing. The error is what it says instead.
pub fn is_json(headers: &HeaderMap) -> Result<(), String> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
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

/// The coding of a request body, where it is one that is not read here.
pub fn content_coding(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_ENCODING)?;
    let coding = String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase();
    (coding != "identity").then_some(coding)
}

/// Media types with their quality in thousandths, parameters left out.
fn accepted(headers: &HeaderMap) -> impl Iterator<Item = (&str, u16)> {
    let values = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let media = parts.next().filter(|media| !media.is_empty())?;
        let quality = parts.find_map(|part| part.strip_prefix("q="));
        let quality = quality.map_or(Some(1.0), |text| text.parse::<f32>().ok())?;
        // Clamped to the range that RFC 9110 gives it, so the cast loses nothing but digits.
        Some((media, (quality.clamp(0.0, 1.0) * 1000.0) as u16))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT, http::HeaderValue::from_static(value))])
    }

    #[test]
    fn accept_picks_the_framing() {
        for (value, framing) in [
            ("*/*", Framing::Ndjson),
            ("text/event-stream", Framing::Sse),
            ("application/json", Framing::Array),
            ("application/json;q=0.5, application/x-ndjson", Framing::Ndjson),
            ("text/event-stream;q=0.1, application/json;q=0.2", Framing::Array),
            ("text/html, application/json;q=0", Framing::Ndjson),
        ] {
            assert_eq!(super::framing(&accept(value)), framing, "{value}");
        }
        assert_eq!(super::framing(&HeaderMap::new()), Framing::Ndjson);
    }

    #[test]
    fn accept_picks_the_form_of_errors() {
        use ErrorFormat::{Problem, Status};
        for (value, default, format) in [
            ("*/*", Status, Status),
            ("*/*", Problem, Problem),
            ("application/problem+json", Status, Problem),
            ("application/json, application/problem+json", Status, Problem),
            ("application/json, application/problem+json;q=0.1", Problem, Status),
            ("application/json", Problem, Status),
            ("application/json, text/plain, */*", Problem, Problem),
            ("text/html", Problem, Problem),
        ] {
            assert_eq!(error_format(&accept(value), default), format, "{value}");
        }
    }

    #[test]
    fn only_json_bodies_are_read() {
        let of = |value| {
            is_json(&HeaderMap::from_iter([(CONTENT_TYPE, http::HeaderValue::from_static(value))]))
        };
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
