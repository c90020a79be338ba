//! A body that comes in pieces of any size, cut into messages of JSON: a line each (NDJSON), a
//! server-sent event each, or an element of one array each.

use bytes::{Buf, Bytes, BytesMut};

/// How messages stand in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A line each.
    Lines,
    /// The data of a server-sent event each.
    Events,
    /// An element each of an array that is the whole body.
    Array,
}

impl Form {
    /// The form that a content type has.
    pub fn of(content_type: &str) -> Option<Self> {
        let essence =
            content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Some(match essence.as_str() {
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines"
            | "application/json-seq"
            | "application/stream+json" => Self::Lines,
            "text/event-stream" => Self::Events,
            "application/json" | "" => Self::Array,
            _ => return None,
        })
    }
}

/// What has come of a body and was not handed out.
#[derive(Debug)]
pub(super) struct Pieces {
    form: Form,
    buffer: BytesMut,
    /// How far the buffer was looked at.
    seen: usize,
    /// The data lines of the event under way.
    event: Vec<u8>,
    state: State,
    limit: usize,
}

/// Where in an array the last byte seen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing but blanks came.
    Before,
    /// Between elements.
    Between,
    /// In an element, so many brackets deep; in a text or not, behind a backslash or not.
    Within { depth: usize, text: bool, escaped: bool },
    /// Behind the array.
    After,
}

/// Why a body goes no further.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// A message is larger than it may be.
    TooLarge,
    /// It is not in its form.
    Form(&'static str),
}

impl Pieces {
    pub fn new(form: Form, limit: usize) -> Self {
        Self {
            form,
            buffer: BytesMut::new(),
            seen: 0,
            event: Vec::new(),
            state: State::Before,
            limit,
        }
    }

    /// Takes what came.
    pub fn push(&mut self, data: &[u8]) {
        self.buffer.extend_from_slice(data);
    }

    /// The next message; `None` until more came.
    pub fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        let found = match self.form {
            Form::Lines => self.line(),
            Form::Events => self.event()?,
            Form::Array => self.element()?,
        };
        if found.is_none() && self.buffer.len().max(self.event.len()) > self.limit {
            return Err(Broken::TooLarge);
        }
        if found.as_ref().is_some_and(|message| message.len() > self.limit) {
            return Err(Broken::TooLarge);
        }
        Ok(found)
    }

    /// What is left when the body has ended: a last message without its end.
    pub fn finish(&mut self) -> Result<Option<Bytes>, Broken> {
        match self.form {
            Form::Lines => {
                let rest = self.buffer.split().freeze();
                Ok(Some(rest).filter(|rest| !rest.iter().all(u8::is_ascii_whitespace)))
            }
            // An event without its blank line is none (HTML, section 9.2.6).
            Form::Events => Ok(None),
            Form::Array if matches!(self.state, State::Before | State::After) => Ok(None),
            Form::Array => Err(Broken::Form("the array does not end")),
        }
    }

    /// The next line that is not blank, without its end.
    fn line(&mut self) -> Option<Bytes> {
        loop {
            let end = memchr::memchr(b'\n', self.buffer.get(self.seen..).unwrap_or_default());
            let Some(end) = end else {
                self.seen = self.buffer.len();
                return None;
            };
            let line = self.buffer.split_to(self.seen + end).freeze();
            self.buffer.advance(1);
            self.seen = 0;
            // RFC 7464 puts a record separator before each.
            let text = line.as_ref().trim_ascii();
            let text = text.strip_prefix(b"\x1e").unwrap_or(text);
            if !text.is_empty() {
                return Some(line.slice_ref(text));
            }
        }
    }

    fn event(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            let end = memchr::memchr(b'\n', self.buffer.get(self.seen..).unwrap_or_default());
            let Some(end) = end else {
                self.seen = self.buffer.len();
                return Ok(None);
            };
            let line = self.buffer.split_to(self.seen + end);
            self.buffer.advance(1);
            self.seen = 0;
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            if line.is_empty() {
                if !self.event.is_empty() {
                    return Ok(Some(std::mem::take(&mut self.event).into()));
                }
            } else if let Some(data) = line.strip_prefix(b"data:") {
                if self.event.len() + data.len() > self.limit {
                    return Err(Broken::TooLarge);
                }
                if !self.event.is_empty() {
                    self.event.push(b'\n');
                }
                self.event.extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
            }
        }
    }

    fn element(&mut self) -> Result<Option<Bytes>, Broken> {
        while let Some(byte) = self.buffer.get(self.seen).copied() {
            self.seen += 1;
            let blank = byte.is_ascii_whitespace();
            self.state = match (self.state, byte) {
                (State::Before | State::Between | State::After, _) if blank => {
                    self.skip();
                    self.state
                }
                (State::Before, b'[') => {
                    self.skip();
                    State::Between
                }
                (State::Before, _) => return Err(Broken::Form("the body is no array")),
                (State::After, _) => return Err(Broken::Form("something follows the array")),
                (State::Between, b',') => {
                    self.skip();
                    State::Between
                }
                (State::Between, b']') => {
                    self.skip();
                    State::After
                }
                (State::Between, b'{' | b'[') => {
                    State::Within { depth: 1, text: false, escaped: false }
                }
                (State::Between, b'"') => State::Within { depth: 0, text: true, escaped: false },
                (State::Between, _) => State::Within { depth: 0, text: false, escaped: false },
                (State::Within { depth, text: true, escaped }, byte) => match byte {
                    b'"' if !escaped => State::Within { depth, text: false, escaped: false },
                    byte => State::Within { depth, text: true, escaped: byte == b'\\' && !escaped },
                },
                (State::Within { depth, .. }, b'"') => {
                    State::Within { depth, text: true, escaped: false }
                }
                (State::Within { depth, .. }, b'{' | b'[') => {
                    State::Within { depth: depth + 1, text: false, escaped: false }
                }
                // The end of an element that has no brackets.
                (State::Within { depth: 0, .. }, b',' | b']') => {
                    self.seen -= 1;
                    return Ok(Some(self.take()));
                }
                (State::Within { depth, .. }, b'}' | b']') => {
                    if depth == 1 {
                        return Ok(Some(self.take()));
                    }
                    State::Within { depth: depth.saturating_sub(1), text: false, escaped: false }
                }
                (state @ State::Within { .. }, _) => state,
            };
        }
        Ok(None)
    }

    /// Drops what was seen.
    fn skip(&mut self) {
        self.buffer.advance(self.seen);
        self.seen = 0;
    }

    /// What was seen, as an element.
    fn take(&mut self) -> Bytes {
        let element = self.buffer.split_to(self.seen).freeze();
        self.seen = 0;
        self.state = State::Between;
        element
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way to cut a body in two and three gives the same messages.
    fn all(form: Form, body: &str) -> Result<Vec<String>, Broken> {
        let read = |cuts: &[usize]| {
            let mut pieces = Pieces::new(form, 100);
            let mut found = Vec::new();
            let mut from = 0;
            for end in cuts.iter().copied().chain([body.len()]) {
                pieces.push(&body.as_bytes()[from..end]);
                from = end;
                while let Some(message) = pieces.next()? {
                    found.push(String::from_utf8(message.to_vec()).expect("text"));
                }
            }
            let last = pieces.finish()?;
            found.extend(last.map(|message| String::from_utf8(message.to_vec()).expect("text")));
            Ok(found)
        };
        let whole = read(&[]);
        for one in 0..=body.len() {
            for two in one..=body.len() {
                assert_eq!(read(&[one, two]), whole, "{body:?} cut at {one} and {two}");
            }
        }
        whole
    }

    #[test]
    fn lines_are_messages() {
        let of = |body| all(Form::Lines, body);
        assert_eq!(
            of("{\"a\":1}\n\r\n {\"b\":2} \r\n3"),
            Ok(vec!["{\"a\":1}".into(), "{\"b\":2}".into(), "3".into()])
        );
        assert_eq!(of("\x1e{}\n"), Ok(vec!["{}".into()]));
        assert_eq!(of(""), Ok(vec![]));
    }

    #[test]
    fn events_are_messages() {
        let of = |body| all(Form::Events, body);
        assert_eq!(
            of(": hello\nid: 1\ndata: {\"a\":\ndata: 1}\n\nretry: 5\n\ndata:2\r\n\r\ndata: half"),
            Ok(vec!["{\"a\":\n1}".into(), "2".into()])
        );
    }

    #[test]
    fn elements_are_messages() {
        let of = |body| all(Form::Array, body);
        assert_eq!(
            of(" [ {\"a\":\"]}\\\"\"} , [1,{}], 12 ,\"x,y\", null]\n"),
            Ok(vec![
                "{\"a\":\"]}\\\"\"}".into(),
                "[1,{}]".into(),
                "12 ".into(),
                "\"x,y\"".into(),
                "null".into()
            ])
        );
        assert_eq!(of("[]"), Ok(vec![]));
        assert_eq!(of(""), Ok(vec![]));
        assert_eq!(of("{}"), Err(Broken::Form("the body is no array")));
        assert_eq!(of("[1"), Err(Broken::Form("the array does not end")));
        assert_eq!(of("[]x"), Err(Broken::Form("something follows the array")));
    }

    #[test]
    fn what_does_not_end_is_too_large() {
        for form in [Form::Lines, Form::Events, Form::Array] {
            let mut pieces = Pieces::new(form, 100);
            pieces.push(if form == Form::Array { b"[\"" } else { b"data: " });
            pieces.push(&[b'x'; 200]);
            assert_eq!(pieces.next(), Err(Broken::TooLarge), "{form:?}");
        }
    }
}
