//! Request headers as metadata: in gRPC every header that is not HTTP's or gRPC's own.

use http::HeaderMap;

use crate::call::{CallError, Metadata, Name};
use crate::codec::grpc::metadata::is_reserved;
use crate::frontend::metadata;

/// What browsers and their proxies send by themselves, and what Connect and gRPC-Web own.
const OF_BROWSERS: [&str; 14] = [
    "accept",
    "accept-language",
    "cache-control",
    "cookie",
    "dnt",
    "if-none-match",
    "if-modified-since",
    "origin",
    "pragma",
    "priority",
    "referer",
    "upgrade-insecure-requests",
    "x-grpc-web",
    "x-user-agent",
];
const PREFIXES_OF_BROWSERS: [&str; 3] = ["sec-", "access-control-", "connect-"];

/// Reads the headers that are handed on: all but those that HTTP and gRPC own, those that tell a
/// backend who calls, and the `withheld` ones; `from_browsers` all but what browsers send, too.
pub(super) fn read(
    headers: &HeaderMap,
    from_browsers: bool,
    withheld: &[Name],
) -> Result<Metadata, CallError> {
    let mut read = Metadata::default();
    for (header, value) in headers {
        let header = header.as_str();
        if is_reserved(header)
            || header == "date"
            || metadata::is_reserved(header)
            || withheld.iter().any(|name| name.as_str() == header)
        {
            continue;
        }
        let sent_by_itself = OF_BROWSERS.contains(&header)
            || PREFIXES_OF_BROWSERS.iter().any(|prefix| header.starts_with(prefix));
        if from_browsers && sent_by_itself {
            continue;
        }
        let Some(name) = Name::parse(header) else { continue };
        if name.is_binary() {
            // One header may hold several values.
            for part in value.as_bytes().split(|byte| *byte == b',') {
                if let Ok(part) = http::HeaderValue::from_bytes(part.trim_ascii()) {
                    metadata::append(name.clone(), &part, &mut read)?;
                }
            }
        } else {
            metadata::append(name, value, &mut read)?;
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn what_is_nobodys_own_is_handed_on() {
        let pairs = [
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            ("grpc-timeout", "1S"),
            ("user-agent", "grpc-go"),
            ("authorization", "Bearer t"),
            ("x-tenant", "acme"),
            ("key-bin", "AAE=, //8"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-user-id", "root"),
            ("x-request-id", "1"),
            ("origin", "https://shop.test"),
            ("sec-fetch-mode", "cors"),
            ("connect-protocol-version", "1"),
        ];
        let pair = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let headers: HeaderMap = pairs.map(pair).into_iter().collect();
        let names = |from_browsers, withheld: &[Name]| {
            let read = read(&headers, from_browsers, withheld).expect("legal");
            let mut names: Vec<_> = read.iter().map(|(name, _)| name.as_str().to_owned()).collect();
            names.sort_unstable();
            names.join(" ")
        };
        let native = "authorization connect-protocol-version key-bin key-bin origin \
                      sec-fetch-mode x-tenant";
        assert_eq!(names(false, &[]), native);
        assert_eq!(names(true, &[]), "authorization key-bin key-bin x-tenant");
        let withheld = [Name::from_static("authorization")];
        assert_eq!(names(true, &withheld), "key-bin key-bin x-tenant");
    }
}
