//! A first look at a document, before anything that recurses or allocates reads it: how many tokens
//! it has and how deep its brackets nest.

use super::limits::{Exceeded, Limits};

/// Deeper than any query that the depth limit lets through needs: input values nest as well.
const NESTING_BEYOND_DEPTH: usize = 32;

/// Refuses a document that is too large to be read. What is no token is left to the parser.
pub fn scan(document: &str, limits: &Limits) -> Result<(), Exceeded> {
    let size = document.len();
    if size > limits.document {
        return Err(Exceeded::new("document", "bytes", limits.document, size));
    }
    let bytes = document.as_bytes();
    let most_nesting = limits.depth.saturating_add(NESTING_BEYOND_DEPTH);
    let (mut at, mut tokens, mut nesting) = (0, 0, 0usize);
    while let Some(byte) = bytes.get(at) {
        let length = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                at += 1;
                continue;
            }
            b'#' => {
                at = line_end(bytes, at);
                continue;
            }
            b'"' => string_length(bytes, at),
            b'{' | b'[' | b'(' => {
                nesting += 1;
                if nesting > most_nesting {
                    return Err(Exceeded::new(
                        "depth",
                        "levels of brackets",
                        most_nesting,
                        nesting,
                    ));
                }
                1
            }
            b'}' | b']' | b')' => {
                nesting = nesting.saturating_sub(1);
                1
            }
            byte if is_word(*byte) => {
                bytes.get(at..).unwrap_or_default().iter().take_while(|b| is_word(**b)).count()
            }
            _ => 1,
        };
        at += length;
        tokens += 1;
        if tokens > limits.tokens {
            return Err(Exceeded::new("tokens", "tokens", limits.tokens, tokens));
        }
    }
    Ok(())
}

/// Names and numbers, more or less: a number with a sign counts as two.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn line_end(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    start + length.unwrap_or(rest.len())
}

/// The length of the string, or block string, that starts here.
fn string_length(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    let block = rest.starts_with(b"\"\"\"");
    let mut at = if block { 3 } else { 1 };
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' if !block => at += 2,
            b'\\' if rest.get(at..).is_some_and(|rest| rest.starts_with(b"\\\"\"\"")) => at += 4,
            b'"' if !block => return at + 1,
            b'"' if rest.get(at..).is_some_and(|rest| rest.starts_with(b"\"\"\"")) => {
                return at + 3;
            }
            b'\n' | b'\r' if !block => return at,
            _ => at += 1,
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::scan;
    use crate::frontend::graphql::engine::limits::Limits;

    fn tokens(document: &str) -> usize {
        let limits = Limits::default();
        (0..).find(|most| scan(document, &Limits { tokens: *most, ..limits }).is_ok()).unwrap()
    }

    #[test]
    fn tokens_are_counted_as_the_specification_has_them() {
        for (document, expected) in [
            ("", 0),
            ("{a}", 3),
            ("query Q($x: [Int!]! = 12) { a(b: $x) ...F }", 27),
            ("# nothing { here\n{a,b , c}", 5),
            (r#"{a(b: "x { \" y")}"#, 8),
            ("{a(b: \"\"\"x { \\\"\"\" \" y\"\"\")}", 8),
            ("\"open", 1),
            ("\"\"\"open", 1),
            ("\"\\", 1),
        ] {
            assert_eq!(tokens(document), expected, "{document}");
        }
    }

    #[test]
    fn brackets_nest_only_so_deep() {
        let limits = Limits { depth: 3, ..Limits::default() };
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(scan(&nested(35), &limits).is_ok());
        let refused = scan(&nested(36), &limits).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the document has 36 levels of brackets, and the limit `depth` is 35"
        );
        assert!(scan(&"{}".repeat(1000), &limits).is_ok());
    }

    #[test]
    fn large_document_is_refused() {
        let limits = Limits { document: 4, ..Limits::default() };
        assert!(scan("{abc}", &limits).is_err());
        assert!(scan("{ab}", &limits).is_ok());
    }
}
