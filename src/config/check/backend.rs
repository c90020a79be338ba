//! Checks `backends:`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::context::Context;
use crate::config::checked;
use crate::config::written::{self, At, Duration, Entry, Map, Size};

const LONGEST: Duration = Duration::seconds(24 * 60 * 60);
const SHORTEST: Duration = Duration(std::time::Duration::from_millis(1));
/// gRPC writes a message's length in 32 bits; beyond 1 GiB other ends give up anyway.
const LARGEST: Size = Size::mib(1024);

pub fn check(
    context: &mut Context<'_>,
    written: &At<Map<written::Backend>>,
) -> BTreeMap<Arc<str>, checked::Backend> {
    let Some(map) = written.get() else { return BTreeMap::new() };
    if map.0.is_empty() {
        context.error(
            written.span(),
            "there are no backends",
            "name one under `backends`, for example `shop: { grpc: { endpoints: [\"http://127.0.0.1:50051\"] } }`",
        );
    }
    map.0.iter().filter_map(|entry| backend(context, entry)).collect()
}

/// A deadline, here or of an operation.
pub fn deadline(context: &mut Context<'_>, at: &At<Duration>) -> std::time::Duration {
    context.within(at, SHORTEST, LONGEST).0
}

fn backend(
    context: &mut Context<'_>,
    Entry { name, value }: &Entry<written::Backend>,
) -> Option<(Arc<str>, checked::Backend)> {
    let name: Arc<str> = context.text(name, "a backend's name").into();
    let backend = value.get()?;
    let stream_deadline = deadline(context, &backend.stream_deadline);
    let deadline = deadline(context, &backend.deadline);
    let kind = match (&backend.grpc, &backend.rest) {
        (Some(grpc), None) => checked::BackendKind::Grpc(self::grpc(context, grpc.get()?, grpc)),
        (None, Some(rest)) => checked::BackendKind::Rest(self::rest(context, rest.get()?)),
        (None, None) => {
            context.error(
                value.span(),
                format!("backend `{name}` names no protocol"),
                "add `grpc: { endpoints: [...] }` or `rest: { url: ... }`",
            );
            return None;
        }
        (Some(_), Some(rest)) => {
            context.error(
                rest.span(),
                format!("backend `{name}` names two protocols"),
                "make two backends of it",
            );
            return None;
        }
    };
    Some((Arc::clone(&name), checked::Backend { name, deadline, stream_deadline, kind }))
}

fn grpc(context: &mut Context<'_>, grpc: &written::Grpc, at: &At<written::Grpc>) -> checked::Grpc {
    let endpoints = endpoints(context, grpc, at);
    if let Some(tls) = &grpc.tls
        && !endpoints.is_empty()
        && endpoints.iter().all(|endpoint| !endpoint.tls)
    {
        let problem = context
            .problem(tls.span(), "TLS settings without an `https` endpoint have no effect")
            .warning()
            .with_hint("write the endpoint as `https://host:port`");
        context.report(problem);
    }
    checked::Grpc {
        endpoints,
        tls: grpc.tls.as_ref().map(|tls| self::tls(context, tls)).unwrap_or_default(),
        connect_timeout: context.within(&grpc.connect_timeout, SHORTEST, LONGEST).0,
        keep_alive_interval: context
            .within(&grpc.keep_alive_interval, Duration::seconds(1), LONGEST)
            .0,
        keep_alive_timeout: context
            .within(&grpc.keep_alive_timeout, Duration::seconds(1), LONGEST)
            .0,
        max_request: context.within(&grpc.max_request, Size(1), LARGEST).0,
        max_reply: context.within(&grpc.max_reply, Size(1), LARGEST).0,
        compression: compression(grpc.compression.as_ref().and_then(|at| at.get())),
    }
}

fn rest(context: &mut Context<'_>, rest: &written::RestBackend) -> checked::RestBackend {
    let endpoint = rest.url.get().map(|url| url.0.clone());
    let endpoint =
        endpoint.unwrap_or(checked::Endpoint { tls: false, host: String::new(), port: 0 });
    if let (Some(tls), false) = (&rest.tls, endpoint.tls) {
        let problem = context
            .problem(tls.span(), "TLS settings without an `https` address have no effect")
            .warning()
            .with_hint("write the address as `https://host:port`");
        context.report(problem);
    }
    let prefix = rest.prefix.value();
    if !prefix.is_empty() && (!prefix.starts_with('/') || prefix.contains(['?', '#'])) {
        context.error(rest.prefix.span(), "this is no path", "write it like `/api/v2`");
    }
    let mut headers = BTreeMap::new();
    for entry in rest.headers.get().map(|map| map.0.as_slice()).unwrap_or_default() {
        let (Some(name), Some(value)) = (entry.name.get(), entry.value.get()) else { continue };
        if http::HeaderName::try_from(name.as_str()).is_err() {
            context.report(
                context.problem(entry.name.span(), format!("`{name}` is no name of a header")),
            );
        } else if http::HeaderValue::try_from(value).is_err() {
            context.report(context.problem(entry.value.span(), "a header cannot hold this"));
        }
        headers.insert(name.to_ascii_lowercase(), value.clone());
    }
    checked::RestBackend {
        endpoint,
        prefix,
        tls: rest.tls.as_ref().map(|tls| self::tls(context, tls)).unwrap_or_default(),
        headers,
        original_names: rest.original_names.value(),
        emit_defaults: rest.emit_defaults.value(),
        unknown_fields: super::listener::unknown_fields(&rest.unknown_fields),
        redirects: context.within(&rest.redirects, 0, 20),
        connect_timeout: context.within(&rest.connect_timeout, SHORTEST, LONGEST).0,
        max_request: context.within(&rest.max_request, Size(1), LARGEST).0,
        max_reply: context.within(&rest.max_reply, Size(1), LARGEST).0,
    }
}

pub fn compression(written: Option<&written::Compression>) -> Option<checked::Compression> {
    written.map(|one| match one {
        written::Compression::Gzip => checked::Compression::Gzip,
        written::Compression::Zstd => checked::Compression::Zstd,
    })
}

fn endpoints(
    context: &mut Context<'_>,
    grpc: &written::Grpc,
    at: &At<written::Grpc>,
) -> Vec<checked::Endpoint> {
    let Some(written) = grpc.endpoints.get() else { return Vec::new() };
    if written.is_empty() {
        let span = grpc.endpoints.span().or(at.span());
        context.error(span, "there are no endpoints", "write `endpoints: [\"http://host:port\"]`");
    }
    let mut endpoints = Vec::with_capacity(written.len());
    for at in written {
        let Some(endpoint) = at.get() else { continue };
        if endpoints.contains(&endpoint.0) {
            context.report(context.problem(at.span(), "the same endpoint stands here twice"));
        } else {
            endpoints.push(endpoint.0.clone());
        }
    }
    endpoints
}

fn tls(context: &mut Context<'_>, at: &At<written::ClientTls>) -> checked::ClientTls {
    let Some(tls) = at.get() else { return checked::ClientTls::default() };
    checked::ClientTls {
        ca: tls.ca.as_ref().map(|ca| context.file(ca)),
        identity: tls.identity.as_ref().and_then(|identity| context.identity(identity)),
        server_name: tls.server_name.as_ref().map(|name| context.text(name, "a server name")),
    }
}
