//! The head of a request, with the headers at hand that change how it is answered.

use http::HeaderValue;
use http::request::Parts;

/// See the module. Most requests have few headers and hardly one of these, so all names are looked
/// at once instead of each of these being looked up. Of one that stands twice this is the first.
#[derive(Debug, Clone, Copy)]
pub struct Head<'p> {
    pub parts: &'p Parts,
    pub accept: Option<&'p HeaderValue>,
    pub content_encoding: Option<&'p HeaderValue>,
    pub content_type: Option<&'p HeaderValue>,
    pub grpc_timeout: Option<&'p HeaderValue>,
    pub prefer: Option<&'p HeaderValue>,
    pub request_id: Option<&'p HeaderValue>,
}

impl<'p> Head<'p> {
    /// Looks through the headers.
    pub fn of(parts: &'p Parts) -> Self {
        let mut head = Self {
            parts,
            accept: None,
            content_encoding: None,
            content_type: None,
            grpc_timeout: None,
            prefer: None,
            request_id: None,
        };
        for (name, value) in &parts.headers {
            let place = match name.as_str() {
                "accept" => &mut head.accept,
                "content-encoding" => &mut head.content_encoding,
                "content-type" => &mut head.content_type,
                "grpc-timeout" => &mut head.grpc_timeout,
                "prefer" => &mut head.prefer,
                "x-request-id" => &mut head.request_id,
                _ => continue,
            };
            place.get_or_insert(value);
        }
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_each_is_at_hand() {
        let request = http::Request::builder()
            .header("Accept", "a/b")
            .header("host", "h")
            .header("Accept", "c/d")
            .header("X-Request-Id", "7");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let head = Head::of(&parts);
        assert_eq!(head.accept.unwrap(), "a/b");
        assert_eq!(head.request_id.unwrap(), "7");
        assert_eq!((head.prefer, head.content_type), (None, None));
    }
}
