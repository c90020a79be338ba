//! Which media type a client wants its answer in (GraphQL over HTTP, "Media Types").

use http::HeaderMap;
use http::header::ACCEPT;

use crate::frontend::accept::find;

/// What an answer can come as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status tells of errors.
    Response,
    /// `application/json`: the status tells nothing of a request that could be read.
    Json,
}

/// The media types there are, as `Accept` lists them.
pub const AVAILABLE: &str = "application/graphql-response+json, application/json";

impl Media {
    /// The header of an answer.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Response => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    /// The one that `Accept` ranks highest. Where it leaves the choice to us, clients that were there
    /// before the newer one are served. `None` where it admits neither.
    pub fn wanted(headers: &HeaderMap) -> Option<Self> {
        match headers.get(ACCEPT) {
            None => return Some(Self::Json),
            // What most clients send.
            Some(value) if value == "*/*" || value == "application/json" => {
                return Some(Self::Json);
            }
            Some(_) => {}
        }
        let rank = |media| find(headers, media).filter(|found| found.weight > 0);
        let response = rank("application/graphql-response+json");
        match (response, rank("application/json")) {
            (None, None) => None,
            (Some(_), None) => Some(Self::Response),
            (None, Some(_)) => Some(Self::Json),
            (Some(response), Some(json)) => {
                let newer = (response.weight, response.range) > (json.weight, json.range)
                    || ((response.weight, response.range) == (json.weight, json.range)
                        && response.place < json.place);
                Some(if newer { Self::Response } else { Self::Json })
            }
        }
    }
}

/// Whether a client would rather have a page than JSON: a browser whose address line was used.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let weight = |media| find(headers, media).map_or(0, |found| found.weight);
    let page = find(headers, "text/html");
    page.is_some_and(|page| {
        page.range == crate::frontend::accept::Range::Exact
            && page.weight > weight("application/json")
            && page.weight > weight("application/graphql-response+json")
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn accept(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(value))])
    }

    #[test]
    fn media_type_is_the_clients_choice() {
        for (value, media) in [
            ("*/*", Some(Media::Json)),
            ("application/*", Some(Media::Json)),
            ("application/json", Some(Media::Json)),
            ("application/json; charset=utf-8", Some(Media::Json)),
            ("application/graphql-response+json", Some(Media::Response)),
            ("application/graphql-response+json, application/json;q=0.9", Some(Media::Response)),
            ("application/graphql-response+json, application/json", Some(Media::Response)),
            ("application/json, application/graphql-response+json", Some(Media::Json)),
            ("application/graphql-response+json;q=0.5, */*", Some(Media::Json)),
            ("multipart/mixed;subscriptionSpec=1.0, application/json", Some(Media::Json)),
            ("application/json;q=0, */*", Some(Media::Response)),
            ("text/html, */*;q=0.8", Some(Media::Json)),
            ("text/html", None),
            ("*/*;q=0", None),
        ] {
            assert_eq!(Media::wanted(&accept(value)), media, "{value}");
        }
        assert_eq!(Media::wanted(&HeaderMap::new()), Some(Media::Json));
    }

    #[test]
    fn page_is_for_browsers() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8";
        assert!(wants_page(&accept(browser)));
        assert!(wants_page(&accept("text/html")));
        for other in ["*/*", "text/*", "application/json", "application/json, text/html"] {
            assert!(!wants_page(&accept(other)), "{other}");
        }
        assert!(!wants_page(&HeaderMap::new()));
    }
}
