//! Config and contracts compiled into one immutable snapshot behind an atomic pointer.

pub mod backends;
pub mod build;
mod described;
pub mod graphql;
mod grpc;
pub mod reload;
pub mod schema;
pub mod soap;

use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::contract::Contract;
use crate::frontend::described::Described;
use crate::frontend::graphql::Frontend as Graphql;
use crate::frontend::grpc::Frontend as Grpc;
use crate::frontend::manners::Manners;
use crate::frontend::soap::Frontend as Soap;
use crate::frontend::{Body, Request, Response, rest};

/// The gateway as it runs: everything a call needs, compiled.
#[derive(Debug)]
pub struct Gateway {
    /// What can be called.
    pub contract: Arc<Contract>,
    /// As many as the config's listeners, in their order.
    listeners: Vec<Listener>,
}

#[derive(Debug)]
struct Listener {
    /// What holds for every frontend alike.
    manners: Manners,
    graphql: Option<Graphql>,
    grpc: Option<Arc<Grpc>>,
    soap: Option<Soap>,
    rest: Option<Arc<rest::Frontend>>,
    described: Described,
}

/// The current snapshot. A reload swaps it; calls under way keep the one they began with.
#[derive(Debug)]
pub struct Handle(ArcSwap<Gateway>);

impl Handle {
    /// Starts out with `gateway`.
    pub fn new(gateway: Gateway) -> Self {
        Self(ArcSwap::from_pointee(gateway))
    }

    /// The current snapshot.
    pub fn current(&self) -> Arc<Gateway> {
        self.0.load_full()
    }

    /// Puts another snapshot in its place.
    pub fn swap(&self, gateway: Gateway) {
        self.0.store(Arc::new(gateway));
    }
}

impl Gateway {
    /// Answers one HTTP request that came to the listener of that index.
    pub async fn handle(&self, listener: usize, peer: SocketAddr, request: Request) -> Response {
        let Some(Listener { manners, graphql, grpc, soap, rest, described }) =
            self.listeners.get(listener)
        else {
            return not_found();
        };
        let answer = |request: Request| async move {
            if let Some(grpc) = grpc
                && let Some(claim) = grpc.claim(&request)
            {
                // Boxed, as GraphQL is below.
                return Box::pin(grpc.handle(claim, request, Some(peer))).await;
            }
            if let Some(soap) = soap
                && soap.is_at(request.uri().path())
            {
                return Box::pin(soap.handle(request, Some(peer))).await;
            }
            if let Some(graphql) = graphql
                && graphql.is_at(request.uri().path())
            {
                // Boxed, so that calls of other frontends need no room for it.
                return Box::pin(graphql.handle(request, Some(peer))).await;
            }
            if let Some(page) = described.find(request.uri().path()) {
                return described.answer(page, request).await;
            }
            match rest {
                Some(rest) => rest.handle(request, Some(peer)).await,
                None => not_found(),
            }
        };
        manners.around(request, answer).await
    }
}

/// There is nothing here that could say so in a protocol's own words.
fn not_found() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = http::StatusCode::NOT_FOUND;
    response
}
