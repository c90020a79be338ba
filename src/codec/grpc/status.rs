//! `google.rpc.Status`: a code, a message and typed details, as gRPC carries it in
//! `grpc-status-details-bin`.

use bytes::Bytes;
use prost::Message;

use crate::call::{CallError, Detail};

/// The trailer it stands in.
pub const DETAILS: &str = "grpc-status-details-bin";

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// The message and the details; `None` where the bytes are no `google.rpc.Status`.
pub fn decode(bytes: &[u8]) -> Option<(String, Vec<Detail>)> {
    let status = Status::decode(bytes).ok()?;
    let detail =
        |any: prost_types::Any| Detail { type_url: any.type_url, value: Bytes::from(any.value) };
    Some((status.message, status.details.into_iter().map(detail).collect()))
}

/// A call error as a `google.rpc.Status`.
pub fn encode(error: &CallError) -> Vec<u8> {
    let any = |detail: &Detail| prost_types::Any {
        type_url: detail.type_url.clone(),
        value: detail.value.to_vec(),
    };
    let status = Status {
        code: i32::from(error.code().number()),
        message: error.message().to_owned(),
        details: error.details().iter().map(any).collect(),
    };
    status.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Code;

    #[test]
    fn what_was_written_is_read_back() {
        let detail = Detail { type_url: "example.com/no.such.Type".into(), value: vec![9].into() };
        let error = CallError::backend(Code::NotFound, "gone").with_details(vec![detail.clone()]);
        assert_eq!(decode(&encode(&error)), Some(("gone".to_owned(), vec![detail])));
        assert_eq!(decode(&[0xff]), None);
    }
}
