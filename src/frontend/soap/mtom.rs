//! MTOM: an envelope with its bytes in parts of their own (SOAP Message Transmission Optimization
//! Mechanism, and XML-binary Optimized Packaging).

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::stream;
use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use multer::Multipart;

use super::fault::Fault;
use super::version::{Form, Version};
use crate::codec::xml::{Attached, Attachments};
use crate::frontend::{Body, Response};

/// Parts that one message may have.
const MOST_PARTS: usize = 1000;

/// When replies are packed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// Values of fewer bytes stay in the envelope.
    pub threshold: usize,
}

/// A request, unpacked.
pub(super) struct Packed {
    /// The document.
    pub root: Bytes,
    /// What is said of its encoding.
    pub charset: Option<String>,
    /// What it names.
    pub attachments: Parts,
}

/// Parts by their content ids.
#[derive(Debug, Default)]
pub(super) struct Parts(HashMap<String, Bytes>);

impl Attachments for Parts {
    fn take(&mut self, content_id: &str) -> Option<Bytes> {
        self.0.remove(content_id)
    }
}

impl Settings {
    /// What is to be left out of the envelope of a reply, if the client takes it so.
    pub fn wanted(&self, form: &Form, headers: &HeaderMap) -> Option<Attached> {
        let accepts = |value: &HeaderValue| {
            value.to_str().is_ok_and(|text| text.to_ascii_lowercase().contains("multipart/related"))
        };
        let wanted = form.is_multipart() || headers.get_all(ACCEPT).iter().any(accepts);
        wanted.then(|| Attached {
            threshold: self.threshold.max(1),
            domain: "dragoman".into(),
            parts: Vec::new(),
        })
    }
}

/// Takes a request apart.
pub(super) async fn unpack(form: &Form, body: Bytes) -> Result<Packed, Fault> {
    let charset = form.parameter("charset").map(str::to_owned);
    if !form.is_multipart() {
        return Ok(Packed { root: body, charset, attachments: Parts::default() });
    }
    let broken = |error: multer::Error| Fault::client(format!("the parts are broken: {error}"));
    let boundary = form.parameter("boundary").filter(|boundary| !boundary.is_empty());
    let Some(boundary) = boundary else {
        return Err(Fault::client("the content type gives no boundary"));
    };
    let source = stream::once(async move { Ok::<_, std::convert::Infallible>(body) });
    let mut multipart = Multipart::new(source, boundary);
    let start = form.parameter("start").map(bare);
    let (mut root, mut parts) = (None, HashMap::new());
    let mut count = 0;
    while let Some(field) = multipart.next_field().await.map_err(broken)? {
        count += 1;
        if count > MOST_PARTS {
            return Err(Fault::client(format!("the message has more than {MOST_PARTS} parts")));
        }
        let headers = field.headers();
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let id = header("content-id").map(bare).map(str::to_owned);
        if let Some(encoding) = header("content-transfer-encoding")
            && !["binary", "8bit", "7bit"].contains(&encoding.trim().to_ascii_lowercase().as_str())
        {
            let message =
                format!("a part is in the transfer encoding {encoding:?}, which is not read");
            return Err(Fault::client(message));
        }
        let charset = header(CONTENT_TYPE.as_str()).and_then(|text| {
            let (_, charset) = text.split_once("charset=")?;
            Some(charset.split(';').next()?.trim().trim_matches('"').to_owned())
        });
        // Without a start the first part is the root (RFC 2387, section 3.2).
        let is_root = match start {
            Some(start) => id.as_deref() == Some(start),
            None => root.is_none(),
        };
        let bytes = field.bytes().await.map_err(broken)?;
        if is_root {
            root = Some((bytes, charset));
        } else if let Some(id) = id
            && parts.insert(id.clone(), bytes).is_some()
        {
            return Err(Fault::client(format!("two parts have the content id {id:?}")));
        }
    }
    let Some((root, charset)) = root else {
        return Err(Fault::client("the message has no root part"));
    };
    Ok(Packed { root, charset, attachments: Parts(parts) })
}

/// A content id without its brackets.
fn bare(id: &str) -> &str {
    id.trim().trim_start_matches('<').trim_end_matches('>')
}

/// A reply whose bytes follow its envelope: slices of the message, not copies.
pub(super) fn pack(
    version: Version,
    envelope: Vec<u8>,
    attached: &Attached,
    message: &Bytes,
) -> Response {
    // A boundary of random letters is in no message, but by a chance of one in 2^122.
    let boundary = uuid::Uuid::new_v4().simple().to_string();
    let (domain, info) = (&attached.domain, version.content_type());
    let root = format!(
        "--{boundary}\r\nContent-Type: application/xop+xml; charset=UTF-8; type=\"{info}\"\r\n\
         Content-Transfer-Encoding: binary\r\nContent-ID: <root@{domain}>\r\n\r\n"
    );
    let mut pieces = vec![Bytes::from(root), Bytes::from(envelope)];
    for (index, range) in attached.parts.iter().enumerate() {
        let head = format!(
            "\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\n\
             Content-Transfer-Encoding: binary\r\nContent-ID: <part-{index}@{domain}>\r\n\r\n"
        );
        pieces.push(head.into());
        // Ranges were found in this very message.
        pieces.push(message.slice(range.start.min(message.len())..range.end.min(message.len())));
    }
    pieces.push(format!("\r\n--{boundary}--\r\n").into());
    let pieces = pieces.into_iter().map(Ok::<_, std::convert::Infallible>);
    let mut response = Response::new(Body::from_stream(stream::iter(pieces)));
    let content_type = format!(
        "multipart/related; type=\"application/xop+xml\"; boundary=\"{boundary}\"; \
         start=\"<root@{domain}>\"; start-info=\"{info}\""
    );
    if let Ok(content_type) = HeaderValue::from_str(&content_type) {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    response
}
