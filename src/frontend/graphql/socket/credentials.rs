//! What the payload of `connection_init` says of who calls, as metadata of each call. Browsers can set
//! no header when they open a WebSocket, so that this is where theirs stand; what no header of a request
//! may say is not taken from here either.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::call::{Metadata, Name};

/// Where some clients put what others say at the top.
const NESTED: &str = "headers";

const EITHER_PADDING: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Adds what is to be forwarded to `metadata`, at the payload's top or in its
/// `headers`, whatever the case of the names. What the request that opened the WebSocket said of the
/// same name stands. The error says what is wrong.
pub fn read(
    payload: &Map<String, Value>,
    forward: &[Name],
    metadata: &mut Metadata,
) -> Result<(), String> {
    let nested = payload.get(NESTED).and_then(Value::as_object);
    let mut said = Metadata::default();
    for (key, value) in payload.iter().chain(nested.into_iter().flatten()) {
        let Some(name) = wanted(key, forward) else { continue };
        if metadata.get(name.as_str()).is_some() || value.is_null() {
            continue;
        }
        if said.get(name.as_str()).is_some() {
            return Err(format!("{name:?} stands twice in the payload"));
        }
        let value = bytes(name, value).map_err(|why| format!("{name:?} in the payload {why}"))?;
        said.append(name.clone(), value);
    }
    for (name, value) in said {
        metadata.append(name, value);
    }
    Ok(())
}

fn wanted<'f>(key: &str, forward: &'f [Name]) -> Option<&'f Name> {
    forward.iter().find(|name| name.as_str().eq_ignore_ascii_case(key))
}

fn bytes(name: &Name, value: &Value) -> Result<Bytes, &'static str> {
    let Value::String(text) = value else { return Err("is not a string") };
    if name.is_binary() {
        return EITHER_PADDING.decode(text).map(Bytes::from).map_err(|_| "is not base64");
    }
    match text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        true => Ok(Bytes::copy_from_slice(text.as_bytes())),
        false => Err("is not printable ASCII"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_from(payload: Value, forward: &[Name]) -> Result<Vec<(String, String)>, String> {
        let mut metadata = Metadata::default();
        metadata.append(Name::from_static("x-tenant"), "of the request");
        read(payload.as_object().unwrap(), forward, &mut metadata)?;
        let pair = |(name, value): (Name, Bytes)| {
            (name.as_str().to_owned(), String::from_utf8(value.to_vec()).unwrap())
        };
        Ok(metadata.into_iter().skip(1).map(pair).collect())
    }

    #[test]
    fn credentials_and_what_is_forwarded_are_taken_from_either_place() {
        let forward = ["authorization", "x-tenant", "x-key-bin"].map(Name::from_static);
        let payload = serde_json::json!({
            "Authorization": "Bearer t",
            "X-Tenant": "of the payload",
            "cookie": "secret",
            "grpc-timeout": "1H",
            "headers": { "x-key-bin": "YWI", "user-agent": "a" },
        });
        let read = read_from(payload, &forward).unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read, [pair("authorization", "Bearer t"), pair("x-key-bin", "ab")]);
        let kept_back = serde_json::json!({ "authorization": "Bearer t" });
        assert_eq!(read_from(kept_back, &[]), Ok(Vec::new()));
    }

    #[test]
    fn what_no_header_could_say_is_refused() {
        let forward = ["authorization", "k-bin"].map(Name::from_static);
        for (payload, why) in [
            (serde_json::json!({ "authorization": 7 }), "is not a string"),
            (serde_json::json!({ "authorization": "a\nb" }), "is not printable ASCII"),
            (serde_json::json!({ "k-bin": "!" }), "is not base64"),
            (
                serde_json::json!({ "Authorization": "a", "headers": { "authorization": "b" } }),
                "stands twice",
            ),
        ] {
            let error = read_from(payload, &forward).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        assert_eq!(
            read_from(serde_json::json!({ "authorization": null }), &forward),
            Ok(Vec::new())
        );
    }
}
