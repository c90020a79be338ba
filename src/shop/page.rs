//! Pages of lists: opaque tokens that fit one query only.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use prost::Message;
use tonic::Status;

use super::details::invalid;

/// A window on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    start: usize,
    size: usize,
    query: u64,
}

/// How many entries a page has.
pub struct Sizes {
    /// When the client does not say.
    pub default: usize,
    /// At most.
    pub most: usize,
}

impl Page {
    /// The page that a client asks for. `query` is its request without size and token: a token
    /// given for another query is refused.
    pub fn parse(
        page_size: i32,
        page_token: &str,
        query: &impl Message,
        sizes: Sizes,
    ) -> Result<Self, Status> {
        let size = match usize::try_from(page_size) {
            Err(_) => return Err(invalid("page_size", "must not be negative")),
            Ok(0) => sizes.default,
            Ok(size) => size.min(sizes.most),
        };
        let mut hasher = DefaultHasher::new();
        query.encode_to_vec().hash(&mut hasher);
        let query = hasher.finish();
        let start = if page_token.is_empty() {
            0
        } else {
            start_of(page_token, query)
                .ok_or_else(|| invalid("page_token", "is none that this query was given"))?
        };
        Ok(Self { start, size, query })
    }

    /// This page of `entries`, and the token of the next one; empty where there is none.
    pub fn cut<T: Clone>(self, entries: &[&T]) -> (Vec<T>, String) {
        let end = self.start.saturating_add(self.size).min(entries.len());
        let page = entries.get(self.start..end).unwrap_or_default();
        let page = page.iter().map(|entry| (*entry).clone()).collect();
        let next = if end < entries.len() { self.token(end) } else { String::new() };
        (page, next)
    }

    fn token(self, start: usize) -> String {
        URL_SAFE_NO_PAD.encode(format!("{start}.{:x}", self.query))
    }
}

fn start_of(token: &str, query: u64) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (start, of) = text.split_once('.')?;
    (u64::from_str_radix(of, 16) == Ok(query)).then(|| start.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::api::shop::v1::ListProductsRequest;

    const SIZES: Sizes = Sizes { default: 2, most: 3 };

    fn query(parent: &str) -> ListProductsRequest {
        ListProductsRequest { parent: parent.to_owned(), ..Default::default() }
    }

    #[test]
    fn pages_join_to_the_whole() {
        let entries = [1, 2, 3, 4, 5];
        let entries: Vec<_> = entries.iter().collect();
        let (mut seen, mut token) = (Vec::new(), String::new());
        for _ in 0..3 {
            let page = Page::parse(0, &token, &query("a"), SIZES).unwrap();
            let (page, next) = page.cut(&entries);
            seen.extend(page);
            token = next;
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
        assert_eq!(token, "");
    }

    #[test]
    fn token_of_another_query_is_refused() {
        let page = Page::parse(1, "", &query("a"), SIZES).unwrap();
        let (_, token) = page.cut(&[&1, &2]);
        assert!(Page::parse(1, &token, &query("a"), SIZES).is_ok());
        for wrong in
            [Page::parse(1, &token, &query("b"), SIZES), Page::parse(1, "%", &query("a"), SIZES)]
        {
            assert_eq!(wrong.unwrap_err().code(), tonic::Code::InvalidArgument);
        }
    }

    #[test]
    fn size_is_limited() {
        let page = Page::parse(1000, "", &query("a"), SIZES).unwrap();
        assert_eq!(page.cut(&[&1, &2, &3, &4]).0.len(), 3);
        assert!(Page::parse(-1, "", &query("a"), SIZES).is_err());
    }
}
