//! The admin listener: health, readiness, metrics and the config, for operators on this host.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::{Request as Incoming, State as Shared};
use axum::http::{StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Json, Response as Answer};
use axum::routing::get;
use tower::ServiceExt;

use super::Handler;
use super::readiness::Readiness;
use crate::config::checked::{Limits, Listener};
use crate::frontend::{Request, Response};
use crate::telemetry::metrics::Metrics;

const INDEX: &str = "/healthz  the process lives\n\
                     /readyz   it can do all it is configured to, or what is missing\n\
                     /metrics  for Prometheus\n\
                     /config   the config, secrets masked\n";

/// What the admin listener shows.
#[derive(Debug, Clone)]
pub struct State {
    /// Whether the gateway is ready.
    pub readiness: Arc<Readiness>,
    /// What has been counted.
    pub metrics: Arc<Metrics>,
    /// The config in force, secrets masked.
    pub config: Arc<ArcSwap<String>>,
}

/// The admin listener's routes.
#[derive(Debug)]
pub(super) struct Admin(Router);

impl Admin {
    pub(super) fn new(state: State) -> Self {
        let routes = Router::new()
            .route("/", get(INDEX))
            .route("/healthz", get("ok\n"))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .route("/config", get(config))
            .layer(from_fn(only_local_names))
            .with_state(state);
        Self(routes)
    }
}

impl Handler for Admin {
    async fn handle(&self, _: usize, _: SocketAddr, request: Request) -> Response {
        match self.0.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// The admin listener's own settings: nobody sends bodies here, and few come.
pub(super) fn listener(address: SocketAddr) -> Listener {
    Listener {
        grpc: None,
        soap: None,
        name: "admin".into(),
        address,
        tls: None,
        expose: Vec::new(),
        rest: None,
        graphql: None,
        cors: None,
        compression: None,
        websocket: None,
        limits: Limits {
            headers: 16 << 10,
            body: 0,
            stream: 0,
            connections: 64,
            streams_per_connection: 16,
            headers_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            depth: 1,
        },
    }
}

async fn ready(Shared(state): Shared<State>) -> Answer {
    let status = state.readiness.status();
    let code = if status.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(status)).into_response()
}

async fn metrics(Shared(state): Shared<State>) -> Answer {
    match state.metrics.encode() {
        Ok(text) => ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

async fn config(Shared(state): Shared<State>) -> Answer {
    let yaml = [(header::CONTENT_TYPE, "application/yaml")];
    (yaml, state.config.load().to_string()).into_response()
}

/// A web page can make its own name mean this host, and then read what a browser here may read.
/// So a name must be a local one; an address was not looked up and cannot be turned.
async fn only_local_names(request: Incoming, next: Next) -> Answer {
    let host = match request.headers().get(header::HOST) {
        Some(host) => host.to_str().ok().and_then(|host| host.parse::<Uri>().ok()),
        // HTTP/2 has it in the target; without any, no browser is asking.
        None if request.uri().host().is_none() => return next.run(request).await,
        None => Some(request.uri().clone()),
    };
    match host.as_ref().and_then(Uri::host) {
        Some(host) if is_local(host) => next.run(request).await,
        _ => (StatusCode::FORBIDDEN, "the admin listener answers to local names only\n")
            .into_response(),
    }
}

fn is_local(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || address.parse::<IpAddr>().is_ok()
}
