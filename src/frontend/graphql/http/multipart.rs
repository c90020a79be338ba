//! Files in a request (GraphQL multipart request specification): `operations`, then `map`, then the
//! files that it puts into the place of variables.

use std::collections::BTreeMap;
use std::error::Error as _;

use async_graphql::Value;
use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use multer::{Constraints, Field, Multipart, SizeLimit};

use super::parameters::{Ask, Asked, from_json};
use super::refusal::Refusal;
use crate::frontend::Body;
use crate::frontend::body::BodyError;

/// Forms are sent across sites without asking; a header of one of these names is not (Fetch, "CORS
/// preflight").
const PREFLIGHT: [HeaderName; 4] = [
    HeaderName::from_static("apollo-require-preflight"),
    HeaderName::from_static("x-apollo-operation-name"),
    HeaderName::from_static("graphql-require-preflight"),
    HeaderName::from_static("x-requested-with"),
];

/// What an upload may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of it, and of the files at all the places that they are put to.
    pub body: usize,
    /// Files.
    pub files: usize,
    /// Requests in one; `None`: it is no batch.
    pub batch: Option<usize>,
}

/// Reads a request of that content type.
pub async fn read(
    content_type: &str,
    headers: &HeaderMap,
    body: Body,
    limits: Limits,
) -> Result<Ask, Refusal> {
    if !PREFLIGHT.iter().any(|name| headers.contains_key(name)) {
        let message = "an upload needs a header that no page of another site can send unasked: \
                       GraphQL-Require-Preflight, Apollo-Require-Preflight or X-Requested-With";
        return Err(Refusal::bad(message));
    }
    let boundary = multer::parse_boundary(content_type).map_err(|error| refusal(error, limits))?;
    let size = SizeLimit::new().whole_stream(limits.body as u64);
    let mut form = Multipart::with_constraints(
        body.into_data_stream(),
        boundary,
        Constraints::new().size_limit(size),
    );
    let operations = part(&mut form, "operations", limits).await?;
    let mut ask = from_json(&operations, limits.batch)
        .map_err(|error| Refusal::bad(format!("operations: {error}")))?;
    let map = part(&mut form, "map", limits).await?;
    let mut map: BTreeMap<String, Vec<String>> =
        serde_json::from_slice(&map).map_err(|error| Refusal::bad(format!("map: {error}")))?;
    if map.len() > limits.files {
        return Err(Refusal::too_large(format!("there are more than {} files", limits.files)));
    }
    let mut placed = 0;
    while let Some(field) = next(&mut form, limits).await? {
        let name = field.name().unwrap_or_default().to_owned();
        let Some(paths) = map.remove(&name) else {
            return Err(Refusal::bad(format!("map has no place for the part {name:?}")));
        };
        let file = field.bytes().await.map_err(|error| refusal(error, limits))?;
        for path in paths {
            placed += file.len();
            if placed > limits.body {
                let most = limits.body;
                return Err(Refusal::too_large(format!(
                    "the files come to more than {most} bytes"
                )));
            }
            put(&file, &path, &mut ask)
                .map_err(|why| Refusal::bad(format!("map: {path}: {why}")))?;
        }
    }
    match map.keys().next() {
        None => Ok(ask),
        Some(missing) => Err(Refusal::bad(format!("there is no part {missing:?}"))),
    }
}

/// The next part, which must have that name.
async fn part(form: &mut Multipart<'static>, name: &str, limits: Limits) -> Result<Bytes, Refusal> {
    match next(form, limits).await? {
        Some(field) if field.name() == Some(name) => {
            field.bytes().await.map_err(|error| refusal(error, limits))
        }
        _ => Err(Refusal::bad(format!("expected the part {name}: operations, map, then files"))),
    }
}

async fn next(
    form: &mut Multipart<'static>,
    limits: Limits,
) -> Result<Option<Field<'static>>, Refusal> {
    form.next_field().await.map_err(|error| refusal(error, limits))
}

fn refusal(error: multer::Error, limits: Limits) -> Refusal {
    match error {
        multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. } => {
            BodyError::TooLarge { limit: limits.body as u64 }.into()
        }
        multer::Error::StreamReadFailed(cause) => match cause.downcast::<axum::Error>() {
            Ok(error) => BodyError::of(*error).into(),
            Err(error) => BodyError::Broken(error).into(),
        },
        error => match error.source() {
            Some(cause) => Refusal::bad(format!("cannot read the form: {error}: {cause}")),
            None => Refusal::bad(format!("cannot read the form: {error}")),
        },
    }
}

/// Puts a file where `variables.a.0.b` is null; in a batch the request's index stands before that.
fn put(file: &Bytes, path: &str, ask: &mut Ask) -> Result<(), String> {
    let mut segments = path.split('.');
    let asked: &mut Asked = match ask {
        Ask::One(asked) => asked,
        Ask::Many(all) => {
            let index = segments.next().and_then(|index| index.parse::<usize>().ok());
            index.and_then(|index| all.get_mut(index)).ok_or("there is no such request")?
        }
    };
    if segments.next() != Some("variables") {
        return Err("files can only be put into variables".to_owned());
    }
    let missing = || "there is no such variable".to_owned();
    let name = segments.next().ok_or_else(missing)?;
    let mut place = asked.variables.get_mut(name).ok_or_else(missing)?;
    for segment in segments {
        place = match place {
            Value::Object(fields) => fields.get_mut(segment),
            Value::List(items) => {
                segment.parse::<usize>().ok().and_then(|index| items.get_mut(index))
            }
            _ => None,
        }
        .ok_or_else(missing)?;
    }
    if *place != Value::Null {
        return Err("expected null, for the file to stand there".to_owned());
    }
    *place = Value::Binary(file.clone());
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const LIMITS: Limits = Limits { body: 1000, files: 2, batch: Some(2) };

    async fn upload(parts: &[(&str, &str)], limits: Limits) -> Result<Ask, Refusal> {
        let mut text = String::new();
        for (name, value) in parts {
            let disposition = format!("content-disposition: form-data; name=\"{name}\"");
            text.push_str(&format!("--b\r\n{disposition}\r\n\r\n{value}\r\n"));
        }
        text.push_str("--b--\r\n");
        let headers =
            HeaderMap::from_iter([(PREFLIGHT[0].clone(), HeaderValue::from_static("true"))]);
        read("multipart/form-data; boundary=b", &headers, Body::from(text), limits).await
    }

    fn operations(variables: &str) -> String {
        format!("{{\"query\":\"q\",\"variables\":{variables}}}")
    }

    #[tokio::test]
    async fn files_take_the_places_of_nulls() {
        let operations = operations(r#"{"a":null,"b":[{"c":null},null]}"#);
        let map = r#"{"0":["variables.a","variables.b.1"],"1":["variables.b.0.c"]}"#;
        let parts = [("operations", &*operations), ("map", map), ("0", "zero"), ("1", "")];
        let Ok(Ask::One(asked)) = upload(&parts, LIMITS).await else { panic!("a good upload") };
        let zero = Value::Binary(Bytes::from("zero"));
        assert_eq!(asked.variables["a"], zero);
        let Value::List(b) = &asked.variables["b"] else { panic!("a list") };
        assert_eq!(b[1], zero);
        let Value::Object(first) = &b[0] else { panic!("an object") };
        assert_eq!(first["c"], Value::Binary(Bytes::new()));
    }

    #[tokio::test]
    async fn file_goes_to_its_request_of_a_batch() {
        let operations = format!("[{},{}]", operations("{}"), operations("{\"a\":null}"));
        let parts =
            [("operations", &*operations), ("map", r#"{"x":["1.variables.a"]}"#), ("x", "f")];
        let Ok(Ask::Many(all)) = upload(&parts, LIMITS).await else { panic!("a good upload") };
        assert_eq!(all[1].variables["a"], Value::Binary(Bytes::from("f")));
    }

    #[tokio::test]
    async fn bad_uploads_are_refused_with_a_reason() {
        let operations = operations(r#"{"a":null,"b":7}"#);
        let good = ("operations", operations.as_str());
        let big = "x".repeat(400);
        let long = "x".repeat(1001);
        let forms: [&[(&str, &str)]; 13] = [
            &[],
            &[("map", "{}"), good],
            &[good],
            &[("operations", "{"), ("map", "{}")],
            &[good, ("map", "[]")],
            &[good, ("map", "{}"), ("0", "f")],
            &[good, ("map", r#"{"0":["variables.a"]}"#)],
            &[good, ("map", r#"{"0":["variables.b"]}"#), ("0", "f")],
            &[good, ("map", r#"{"0":["variables.c"]}"#), ("0", "f")],
            &[good, ("map", r#"{"0":["query"]}"#), ("0", "f")],
            &[
                good,
                ("map", r#"{"0":["variables.a"],"1":["variables.a"]}"#),
                ("0", "f"),
                ("1", "f"),
            ],
            &[good, ("map", r#"{"0":[],"1":[],"2":[]}"#)],
            &[good, ("map", r#"{"0":["variables.a"]}"#), ("0", &long)],
        ];
        let mut said = String::new();
        for form in forms {
            let refusal = upload(form, LIMITS).await.unwrap_err();
            said.push_str(&format!("{} {}\n", refusal.status.as_u16(), refusal.message));
        }
        // One file at many places is as large as many files.
        let many = self::operations(r#"{"a":[null,null,null]}"#);
        let map = r#"{"0":["variables.a.0","variables.a.1","variables.a.2"]}"#;
        let form = [("operations", many.as_str()), ("map", map), ("0", &*big)];
        let refusal = upload(&form, LIMITS).await.unwrap_err();
        said.push_str(&format!("{} {}\n", refusal.status.as_u16(), refusal.message));
        let headers = HeaderMap::new();
        let unasked =
            read("multipart/form-data; boundary=b", &headers, Body::empty(), LIMITS).await;
        said.push_str(&format!("{}\n", unasked.unwrap_err().message));
        insta::assert_snapshot!(said);
    }
}
