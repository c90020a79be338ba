//! Services that speak HTTP and JSON: an operation becomes an HTTP request by a rule
//! (`google.api.http`, or the config's), and the response its reply.
//!
//! What a rule needs is compiled once for each operation (`plan`). A call is written out of its wire
//! bytes (`request`) and the response read straight into wire bytes (`reply`, `stream`), by the same
//! codec as the REST front end's. Each core has its own connections.

mod client;
mod error;
mod pieces;
mod plan;
mod reply;
mod request;
mod stream;

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Instant, timeout_at};

use self::client::{Base, Client};
use self::plan::Plan;
use crate::call::{Answer, BoxFuture, Call, CallError, CallService, Code, Payload, Reply, core};
use crate::codec::json::{DecodeOptions, EncodeOptions, UnknownFields};
use crate::config::checked;
use crate::contract::Operation;
use crate::contract::http_rule::HttpRule;
use crate::contract::shape::Shapes;
use crate::contract::view::{JsonNames, View};
use crate::telemetry::metrics::Count;

/// A REST backend. Cheaply cloned; the clones share the connections.
#[derive(Clone)]
pub struct Backend(Arc<Shared>);

struct Shared {
    name: Arc<str>,
    base: Base,
    /// One a core.
    clients: Vec<Client>,
    /// What every request has.
    headers: HeaderMap,
    encode: EncodeOptions,
    decode: DecodeOptions,
    names: JsonNames,
    max_request: usize,
    max_reply: usize,
    redirects: usize,
    /// Why the last attempt to connect failed; `None` once one has not.
    failure: Mutex<Option<Arc<str>>>,
}

/// Why a backend cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// TLS settings.
    #[error(transparent)]
    Tls(#[from] crate::backend::tls::TlsError),
    /// The address does not make one.
    #[error("{0:?} is no address")]
    Address(String),
    /// A header that cannot be sent.
    #[error("{0:?} is no header")]
    Header(String),
}

impl Backend {
    /// Reads what the settings name and prepares what calls share. Connects to nothing.
    pub fn build(config: &checked::RestBackend, name: &Arc<str>) -> Result<Self, BuildError> {
        let base = Base::of(config)?;
        let mut headers = HeaderMap::new();
        for (name, value) in &config.headers {
            let header =
                HeaderName::try_from(name.as_str()).ok().zip(HeaderValue::try_from(value).ok());
            let (header, mut value) = header.ok_or_else(|| BuildError::Header(name.clone()))?;
            value.set_sensitive(true);
            headers.insert(header, value);
        }
        let connector = client::connector(config)?;
        let clients = (0..core::count()).map(|_| client::client(connector.clone())).collect();
        let unknown_fields = match config.unknown_fields {
            checked::UnknownFields::Refuse => UnknownFields::Refuse,
            checked::UnknownFields::Ignore => UnknownFields::Ignore,
        };
        Ok(Self(Arc::new(Shared {
            name: Arc::clone(name),
            base,
            clients,
            headers,
            encode: EncodeOptions {
                emit_defaults: config.emit_defaults,
                ..EncodeOptions::default()
            },
            decode: DecodeOptions { unknown_fields, ..DecodeOptions::default() },
            names: JsonNames { original_names: config.original_names },
            max_request: config.max_request,
            max_reply: config.max_reply,
            redirects: config.redirects,
            failure: Mutex::default(),
        })))
    }

    /// The backend's name in the config.
    pub fn name(&self) -> &Arc<str> {
        &self.0.name
    }

    /// How its messages look.
    pub fn view(&self, shapes: &Arc<Shapes>) -> Arc<View> {
        Arc::new(View::json(shapes.clone(), self.0.names))
    }

    /// What answers an operation by a rule, or why it cannot. `view` is of [`view`](Self::view), and
    /// `unknown_fields` counts what is dropped of replies.
    pub fn operation(
        &self,
        operation: &Arc<Operation>,
        rule: &HttpRule,
        view: &Arc<View>,
        unknown_fields: Count,
    ) -> Result<CallService, String> {
        let plan = Plan::compile(operation, rule, view, unknown_fields)?;
        Ok(CallService::new(Rest { backend: self.clone(), plan: Arc::new(plan) }))
    }

    /// Why no connection could be made when one was tried last.
    pub fn failure(&self) -> Option<Arc<str>> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("rest::Backend").field(&self.0.name).finish()
    }
}

/// One operation of a backend.
struct Rest {
    backend: Backend,
    plan: Arc<Plan>,
}

impl Answer for Rest {
    fn answer(&self, call: Call) -> BoxFuture<'_, Result<Reply, CallError>> {
        Box::pin(self.send(call))
    }
}

impl Rest {
    async fn send(&self, call: Call) -> Result<Reply, CallError> {
        let deadline = call.deadline.map(Instant::from_std);
        let Payload::Message(message) = &call.payload else {
            return Err(CallError::gateway(Code::Internal, "a stream where one message is sent"));
        };
        let shared = &*self.backend.0;
        let request = request::write(shared, &self.plan, message, &call)?;
        let work = async {
            let response = client::exchange(shared, request).await?;
            reply::read(self.backend.clone(), &self.plan, response, deadline).await
        };
        match deadline {
            None => work.await,
            Some(at) => timeout_at(at, work).await.unwrap_or_else(|_| Err(error::late())),
        }
    }
}
