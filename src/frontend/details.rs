//! The typed details of call errors as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::call::Detail;
use crate::codec::json::{self, EncodeOptions};
use crate::codec::wire;
use crate::contract::view::View;

/// Details as a list of `google.protobuf.Any`. One whose type nobody knows, or whose bytes are
/// not of its type, is told as its URL and its bytes in base64.
pub fn details_json(details: &[Detail], view: &View, out: &mut Vec<u8>) {
    out.push(b'[');
    for (i, detail) in details.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        let start = out.len();
        if any_json(detail, view, out).is_none() {
            out.truncate(start);
            out.extend_from_slice(b"{\"@type\":");
            string(&detail.type_url, out);
            out.extend_from_slice(b",\"value\":\"");
            out.extend_from_slice(STANDARD.encode(&detail.value).as_bytes());
            out.extend_from_slice(b"\"}");
        }
    }
    out.push(b']');
}

/// One detail as ProtoJSON writes a `google.protobuf.Any` (`type_url = 1`, `value = 2`).
fn any_json(detail: &Detail, view: &View, out: &mut Vec<u8>) -> Option<()> {
    let shape = view.shapes().id("google.protobuf.Any")?;
    let mut any = Vec::with_capacity(detail.type_url.len() + detail.value.len() + 16);
    wire::write_bytes(1, detail.type_url.as_bytes(), &mut any);
    wire::write_bytes(2, &detail.value, &mut any);
    json::encode(view, shape, &any, &EncodeOptions::default(), out).ok()
}

fn string(text: &str, out: &mut Vec<u8>) {
    // Writing a string to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}
