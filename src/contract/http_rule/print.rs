//! Path templates to text.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Segment, Template};

/// What is encoded in literals, all but RFC 3986's unreserved characters.
pub const LITERAL: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The canonical form: templates that match the same and set the same are printed the same.
/// `text` has the template as it was written.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.segments.is_empty() {
            f.write_str("/")?;
        }
        for (index, segment) in self.segments.iter().enumerate() {
            f.write_str("/")?;
            let starting = self.variables.iter().find(|variable| variable.start == index);
            if let Some(variable) = starting {
                write!(f, "{{{}", variable.path.join("."))?;
                if variable.end == index + 1 && *segment == Segment::One {
                    f.write_str("}")?;
                    continue;
                }
                f.write_str("=")?;
            }
            match segment {
                Segment::Literal(text) => write!(f, "{}", utf8_percent_encode(text, LITERAL))?,
                Segment::One => f.write_str("*")?,
                Segment::Rest => f.write_str("**")?,
            }
            if self.variables.iter().any(|variable| variable.end == index + 1) {
                f.write_str("}")?;
            }
        }
        match &self.verb {
            Some(verb) => write!(f, ":{}", utf8_percent_encode(verb, LITERAL)),
            None => Ok(()),
        }
    }
}
