//! The bytes of a document as text: UTF-8 or UTF-16, as its mark, its transport or its declaration say.

use std::borrow::Cow;

/// Why bytes are no text of XML.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// An encoding that is not read here.
    #[error("the encoding {0:?} is not read here, but UTF-8 and UTF-16 are")]
    Encoding(String),
    /// Two sources say different things.
    #[error("the document is {0}, but says that it is {1:?}")]
    Contradiction(&'static str, String),
    /// The bytes are not in their encoding.
    #[error("the document is not {0}")]
    Broken(&'static str),
    /// A character that XML cannot hold.
    #[error("the document holds a character that XML cannot, at byte {0}")]
    Illegal(usize),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16 { big: bool },
}

/// The text of a document. `charset` is what the transport says. The mark of the byte order is left
/// out.
pub fn decode_text<'a>(bytes: &'a [u8], charset: Option<&str>) -> Result<Cow<'a, str>, TextError> {
    let (encoding, rest) = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => (Some(Encoding::Utf8), rest),
        [0xfe, 0xff, rest @ ..] => (Some(Encoding::Utf16 { big: true }), rest),
        [0xff, 0xfe, rest @ ..] => (Some(Encoding::Utf16 { big: false }), rest),
        // Without a mark: by the first characters, as appendix F of XML 1.0 has it.
        [0, b'<', ..] => (Some(Encoding::Utf16 { big: true }), bytes),
        [b'<', 0, ..] => (Some(Encoding::Utf16 { big: false }), bytes),
        _ => (None, bytes),
    };
    let said = charset.map(named).transpose()?.flatten();
    let encoding = encoding.or(said).unwrap_or(Encoding::Utf8);
    if let Some(charset) = charset
        && said.is_some_and(|said| !same(said, encoding))
    {
        return Err(TextError::Contradiction(name(encoding), charset.to_owned()));
    }
    let text = match encoding {
        Encoding::Utf8 => {
            let text = simdutf8::basic::from_utf8(rest).map_err(|_| TextError::Broken("UTF-8"))?;
            Cow::Borrowed(text)
        }
        Encoding::Utf16 { big } => Cow::Owned(utf16(rest, big)?),
    };
    if let Some(declared) = declared(&text)
        && let Some(declared_as) = named(declared)?
        && !same(declared_as, encoding)
    {
        return Err(TextError::Contradiction(name(encoding), declared.to_owned()));
    }
    // All of these are one byte or start with the same one: nearly every text has neither.
    let suspicious =
        text.bytes().any(|byte| (byte < b' ' && !byte.is_ascii_whitespace()) || byte == 0x0c)
            || memchr::memmem::find(text.as_bytes(), "\u{fffe}".as_bytes()).is_some()
            || memchr::memmem::find(text.as_bytes(), "\u{ffff}".as_bytes()).is_some();
    if suspicious && let Some(at) = text.find(is_illegal) {
        return Err(TextError::Illegal(at));
    }
    Ok(text)
}

/// The encoding of that name; `None` where it leaves the order of UTF-16's bytes open, or says ASCII.
fn named(name: &str) -> Result<Option<Encoding>, TextError> {
    let name = name.trim().trim_matches(['"', '\'']);
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if is("utf-8") || is("utf8") || is("us-ascii") {
        Ok(Some(Encoding::Utf8))
    } else if is("utf-16") {
        Ok(None)
    } else if is("utf-16le") {
        Ok(Some(Encoding::Utf16 { big: false }))
    } else if is("utf-16be") {
        Ok(Some(Encoding::Utf16 { big: true }))
    } else {
        Err(TextError::Encoding(name.to_owned()))
    }
}

fn same(one: Encoding, other: Encoding) -> bool {
    one == other
}

fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "UTF-8",
        Encoding::Utf16 { .. } => "UTF-16",
    }
}

/// What `<?xml encoding="..."?>` says.
fn declared(text: &str) -> Option<&str> {
    let declaration = text.strip_prefix("<?xml")?;
    let declaration = declaration.get(..declaration.find("?>")?)?;
    let value = declaration.get(declaration.find("encoding")? + "encoding".len()..)?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = value.get(1..)?;
    value.get(..value.find(quote)?)
}

fn utf16(bytes: &[u8], big: bool) -> Result<String, TextError> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return Err(TextError::Broken("UTF-16")) };
    let unit =
        |pair: &[u8; 2]| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) };
    char::decode_utf16(pairs.iter().map(unit))
        .collect::<Result<String, _>>()
        .map_err(|_| TextError::Broken("UTF-16"))
}

/// What XML 1.0 cannot hold, not even by a reference (section 2.2).
pub fn is_illegal(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\u{fffe}' | '\u{ffff}' => true,
        c => c < ' ',
    }
}
