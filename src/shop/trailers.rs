//! Trailers of a successful answer. tonic has no way to say them, so a handler leaves them in the
//! response's extensions and a layer appends them to the body's own.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use tonic::Status;
use tonic::body::Body;

/// What a handler wants to say after its last message.
#[derive(Clone)]
pub struct Trailers(pub HeaderMap);

/// Appends what the handler left, where it left something.
pub fn append(mut response: http::Response<Body>) -> http::Response<Body> {
    match response.extensions_mut().remove::<Trailers>() {
        None => response,
        Some(Trailers(more)) => response.map(|body| Body::new(WithTrailers { body, more })),
    }
}

struct WithTrailers {
    body: Body,
    more: HeaderMap,
}

impl http_body::Body for WithTrailers {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(frame.map(|frame| {
            frame.map(|mut frame| {
                if let Some(trailers) = frame.trailers_mut() {
                    trailers.extend(self.more.drain());
                }
                frame
            })
        }))
    }
}
