//! Which coding a client gets (RFC 9110, section 12.5.3), and which responses are worth one.

use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};

use crate::config::checked::Coding;
use crate::frontend::accept;

/// What `Accept-Encoding` admits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The best of what is offered; `None`: the response is sent as it is.
    pub coding: Option<Coding>,
    /// The response may not be sent as it is.
    pub only_coded: bool,
}

/// Chooses by weight, and among equals by the order of `offered`. The error: nothing is left.
pub fn choose(headers: &HeaderMap, offered: &[Coding]) -> Result<Wanted, NothingLeft> {
    let (mut any, mut identity) = (None, None);
    let mut named = [None; 3];
    for accept::Item { name, weight } in accept::items(headers, ACCEPT_ENCODING) {
        match name {
            "*" => any = Some(weight),
            _ if name.eq_ignore_ascii_case("identity") => identity = Some(weight),
            _ => {
                if let Some(coding) = coding_of(name) {
                    named[coding as usize] = Some(weight);
                }
            }
        }
    }
    let mut best = (None, 0);
    for coding in offered {
        let weight = named[*coding as usize].or(any).unwrap_or(0);
        if weight > best.1 {
            best = (Some(*coding), weight);
        }
    }
    // What is not named is acceptable as a last resort, unless `*` refuses it.
    let only_coded = identity.or(any) == Some(0);
    let wanted = match best {
        (_, weight) if identity.is_some_and(|identity| identity > weight) => None,
        (coding, _) => coding,
    };
    if only_coded && wanted.is_none() {
        return Err(NothingLeft);
    }
    Ok(Wanted { coding: wanted, only_coded })
}

/// The client takes none of the codings offered, and not the response as it is either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NothingLeft;

fn coding_of(name: &str) -> Option<Coding> {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    match () {
        () if is("gzip") || is("x-gzip") => Some(Coding::Gzip),
        () if is("br") => Some(Coding::Br),
        () if is("zstd") => Some(Coding::Zstd),
        () => None,
    }
}

/// The coding's registered name.
pub fn name(coding: Coding) -> &'static str {
    match coding {
        Coding::Gzip => "gzip",
        Coding::Br => "br",
        Coding::Zstd => "zstd",
    }
}

/// Whether a response may be compressed: it is whole, not in a coding already, nobody forbids it
/// (RFC 9111, section 5.2.2.6), and its type is one that shrinks.
pub fn may_be_coded(status: StatusCode, headers: &HeaderMap) -> bool {
    let bodiless = status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT)
        || matches!(status, StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED);
    !bodiless
        && !headers.contains_key(CONTENT_ENCODING)
        && !headers.contains_key(CONTENT_RANGE)
        && !headers.get_all(CACHE_CONTROL).iter().any(|value| {
            let mut directives = value.as_bytes().split(|byte| *byte == b',');
            directives.any(|one| one.trim_ascii().eq_ignore_ascii_case(b"no-transform"))
        })
        && headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|media| shrinks(media.split(';').next().unwrap_or_default().trim()))
}

/// Types that are text of a kind. All others (images, archives, what nobody knows) are compressed
/// already as a rule, or have their own way, as gRPC's messages do.
fn shrinks(media: &str) -> bool {
    // JSON is nearly all there is.
    if media == "application/json" {
        return true;
    }
    let media = media.to_ascii_lowercase();
    let Some((kind, subtype)) = media.split_once('/') else { return false };
    match kind {
        "text" => true,
        "image" => subtype == "svg+xml",
        "font" => matches!(subtype, "ttf" | "otf"),
        "application" => {
            let framed = subtype.starts_with("grpc") || subtype.starts_with("connect+");
            let text = ["json", "xml", "yaml", "javascript", "wasm", "graphql", "toml", "sql"]
                .iter()
                .any(|kind| subtype.ends_with(kind));
            text && !framed
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const ALL: [Coding; 3] = [Coding::Zstd, Coding::Br, Coding::Gzip];

    fn chosen(accept: &'static str) -> Result<Wanted, NothingLeft> {
        let headers = [(ACCEPT_ENCODING, HeaderValue::from_static(accept))];
        choose(&HeaderMap::from_iter(headers), &ALL)
    }

    #[test]
    fn weights_choose_the_coding() {
        let coding = |accept| chosen(accept).unwrap().coding;
        assert_eq!(choose(&HeaderMap::new(), &ALL), Ok(Wanted::default()));
        for (accept, expected) in [
            ("gzip, deflate, br, zstd", Some(Coding::Zstd)),
            ("gzip, deflate, br", Some(Coding::Br)),
            ("GZIP", Some(Coding::Gzip)),
            ("x-gzip", Some(Coding::Gzip)),
            ("gzip;q=1.0, br;q=0.5, zstd;q=0.1", Some(Coding::Gzip)),
            ("*", Some(Coding::Zstd)),
            ("*, zstd;q=0", Some(Coding::Br)),
            ("gzip;q=0", None),
            ("gzip;q=0.5, identity", None),
            ("gzip;q=0.5, identity;q=0.5", Some(Coding::Gzip)),
            ("deflate", None),
            ("identity", None),
            ("", None),
        ] {
            assert_eq!(coding(accept), expected, "{accept}");
        }
    }

    #[test]
    fn whoever_refuses_what_is_not_coded_gets_a_coding_or_nothing() {
        let forced = |coding| Ok(Wanted { coding: Some(coding), only_coded: true });
        assert_eq!(chosen("gzip, identity;q=0"), forced(Coding::Gzip));
        assert_eq!(chosen("br, *;q=0"), forced(Coding::Br));
        assert_eq!(chosen("identity;q=0"), Err(NothingLeft));
        assert_eq!(chosen("*;q=0"), Err(NothingLeft));
        assert_eq!(chosen("deflate, identity;q=0"), Err(NothingLeft));
        assert!(chosen("*;q=0, identity").is_ok_and(|wanted| !wanted.only_coded));
    }

    #[test]
    fn only_text_is_worth_it() {
        for good in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/Problem+JSON",
            "application/x-ndjson",
            "text/event-stream",
            "image/svg+xml",
            "application/soap+xml",
        ] {
            assert!(shrinks(good.split(';').next().unwrap()), "{good}");
        }
        for bad in [
            "image/png",
            "application/zip",
            "application/octet-stream",
            "application/grpc+json",
            "application/grpc-web+proto",
            "application/connect+json",
            "video/mp4",
            "json",
        ] {
            assert!(!shrinks(bad), "{bad}");
        }
    }

    #[test]
    fn what_must_not_change_is_left_alone() {
        let json = || HeaderMap::from_iter([(CONTENT_TYPE, "application/json".parse().unwrap())]);
        assert!(may_be_coded(StatusCode::OK, &json()));
        assert!(may_be_coded(StatusCode::NOT_FOUND, &json()));
        assert!(!may_be_coded(StatusCode::OK, &HeaderMap::new()));
        assert!(!may_be_coded(StatusCode::NO_CONTENT, &json()));
        for (name, value) in [
            (CONTENT_ENCODING, "gzip"),
            (CACHE_CONTROL, "max-age=60, No-Transform"),
            (CONTENT_RANGE, "bytes 0-1/2"),
        ] {
            let mut headers = json();
            headers.insert(name, HeaderValue::from_static(value));
            assert!(!may_be_coded(StatusCode::OK, &headers), "{headers:?}");
        }
    }
}
