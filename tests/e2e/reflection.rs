//! What the scripted backend tells of itself by server reflection, which may change as it runs.

use std::io;
use std::sync::Mutex;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tonic_reflection::server::Builder;
use tower::ServiceExt;

use crate::backend::Body;
use crate::pool;

/// Descriptors, and how they are told.
pub struct Told(Mutex<State>);

struct State {
    descriptors: Vec<u8>,
    only_alpha: bool,
}

impl Default for Told {
    fn default() -> Self {
        Self(Mutex::new(State { descriptors: pool::DESCRIPTORS.clone(), only_alpha: false }))
    }
}

impl Told {
    /// Tells this encoded `FileDescriptorSet` from now on.
    pub fn swap(&self, descriptors: Vec<u8>) {
        self.0.lock().unwrap().descriptors = descriptors;
    }

    /// Knows reflection v1alpha and no v1 from now on.
    pub fn only_alpha(&self) {
        self.0.lock().unwrap().only_alpha = true;
    }

    /// Answers a call of the reflection service.
    pub async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let alpha = request.uri().path().starts_with("/grpc.reflection.v1alpha.");
        let (descriptors, only_alpha) = {
            let state = self.0.lock().unwrap();
            (state.descriptors.clone(), state.only_alpha)
        };
        let builder = Builder::configure().register_encoded_file_descriptor_set(&descriptors);
        let response = if alpha {
            builder.build_v1alpha().unwrap().oneshot(request).await.unwrap()
        } else if only_alpha {
            return crate::backend::unknown_method();
        } else {
            builder.build_v1().unwrap().oneshot(request).await.unwrap()
        };
        response.map(|body| body.map_err(io::Error::other).boxed_unsync())
    }
}
