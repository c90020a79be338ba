//! Lists of what a client accepts, each item with a weight (RFC 9110, section 12.4.2).

use http::HeaderMap;
use http::header::{ACCEPT, AsHeaderName};

/// The weight of an item that names none, in thousandths.
pub const MOST: u16 = 1000;

/// One item of such a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'h> {
    /// What is accepted, without its parameters.
    pub name: &'h str,
    /// How much, in thousandths; 0: not at all.
    pub weight: u16,
}

/// The items of all headers of that name, in order. One whose weight is no number is left out.
pub fn items(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = Item<'_>> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(item)
}

fn item(text: &str) -> Option<Item<'_>> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    Some(Item { name, weight: weight.map_or(Some(MOST), weight_of)? })
}

/// `0`, `0.5`, `1.000`: at most three digits after the point count.
fn weight_of(text: &str) -> Option<u16> {
    let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match whole {
        // More than 1 is not legal; whoever writes it means the most.
        "1" => Some(MOST),
        "0" => {
            let digit = |at: usize| {
                let byte: u8 = digits.as_bytes().get(at).copied().unwrap_or(b'0');
                u16::from(byte.saturating_sub(b'0'))
            };
            Some(digit(0) * 100 + digit(1) * 10 + digit(2))
        }
        _ => None,
    }
}

/// What `Accept` says of one media type.
#[derive(Debug, Clone, Copy)]
pub struct Match {
    /// How much it is accepted, in thousandths; 0: not at all.
    pub weight: u16,
    /// How closely it is named.
    pub range: Range,
    /// Which item of the list says so.
    pub place: usize,
}

/// How closely a media range names a type; the closest one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Range {
    /// `*/*`
    Any,
    /// `application/*`
    Kind,
    /// `application/json`
    Exact,
}

/// What `Accept` says of a media type, by the range that names it most closely; `None` where no
/// range holds it.
pub fn find(headers: &HeaderMap, media: &str) -> Option<Match> {
    let kind = media.split('/').next().unwrap_or_default();
    let mut best: Option<Match> = None;
    for (place, Item { name, weight }) in items(headers, ACCEPT).enumerate() {
        let range = match name.split_once('/') {
            Some(("*", "*")) => Range::Any,
            Some((of, "*")) if of.eq_ignore_ascii_case(kind) => Range::Kind,
            _ if name.eq_ignore_ascii_case(media) => Range::Exact,
            _ => continue,
        };
        if best.is_none_or(|best| range > best.range) {
            best = Some(Match { weight, range, place });
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_have_weights() {
        let mut headers = HeaderMap::new();
        headers.append(ACCEPT, "text/html, a/b;q=0.25;x=1 ,, c/d; q=0, e/f;q=nan".parse().unwrap());
        headers.append(ACCEPT, "g/h;level=1;Q=1.000, i/j;q=0.1239".parse().unwrap());
        let items: Vec<_> = items(&headers, ACCEPT).map(|item| (item.name, item.weight)).collect();
        assert_eq!(
            items,
            [("text/html", 1000), ("a/b", 250), ("c/d", 0), ("g/h", 1000), ("i/j", 123)]
        );
    }
}
