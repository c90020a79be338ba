//! Query parameters as request fields.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The pairs of a query string, decoded as HTML forms write them (`+` is a blank). An item is
/// `Err` with the text that is not legal: a broken escape, or bytes that are not UTF-8.
pub fn pairs(query: &str) -> impl Iterator<Item = Result<(Cow<'_, str>, Cow<'_, str>), &str>> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (decode(key), decode(value)) {
            (Some(key), Some(value)) => Ok((key, value)),
            _ => Err(pair),
        }
    })
}

fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Some(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let whole = |at: usize| {
        bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    };
    if !memchr::memchr_iter(b'%', bytes).all(whole) {
        return None;
    }
    let blanks = text.replace('+', " ");
    percent_decode_str(&blanks).decode_utf8().ok().map(|text| Cow::Owned(text.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_bad_ones_named() {
        let read: Vec<_> = pairs("a=1&b.c=x+y%2B&&flag&d=%C3%A9&e=%zz&f=%ff").collect();
        let pair = |key: &'static str, value: &'static str| Ok((key.into(), value.into()));
        assert_eq!(
            read,
            [
                pair("a", "1"),
                pair("b.c", "x y+"),
                pair("flag", ""),
                pair("d", "é"),
                Err("e=%zz"),
                Err("f=%ff"),
            ]
        );
    }
}
