//! Checks `listeners:`.

use std::net::SocketAddr;

use super::context::Context;
use super::manners;
use super::{described, graphql, grpc, soap};
use crate::call::Name;
use crate::config::checked;
use crate::config::header::HeaderNames;
use crate::config::pattern::Pattern;
use crate::config::written::{self, At, Duration, Entry, Map, Size};

const DAY: Duration = Duration::seconds(24 * 60 * 60);
/// gRPC writes a message's length in 32 bits; beyond 1 GiB other ends give up anyway.
const LARGEST_MESSAGE: Size = Size::mib(1024);
const LARGEST_STREAM: Size = Size::mib(1024 * 1024);
const SHORTEST: Duration = Duration(std::time::Duration::from_millis(1));

pub fn check(
    context: &mut Context<'_>,
    written: &At<Map<written::Listener>>,
) -> Vec<checked::Listener> {
    let Some(map) = written.get() else { return Vec::new() };
    if map.0.is_empty() {
        context.error(
            written.span(),
            "there are no listeners, so nobody can call",
            "write `listeners: { public: { address: \"127.0.0.1:8000\" } }`",
        );
    }
    let mut listeners = Vec::<checked::Listener>::new();
    for entry in &map.0 {
        let Some(listener) = listener(context, entry) else { continue };
        if let Some(other) = listeners.iter().find(|one| same(one.address, listener.address)) {
            let message = format!("listener `{}` has this address already", other.name);
            let span = entry.value.get().and_then(|written| written.address.span());
            context.error(span, message, "give each listener its own port");
        }
        listeners.push(listener);
    }
    listeners
}

/// Whether both cannot be listened on at once.
pub fn same(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() != 0
        && one.port() == other.port()
        && (one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified())
}

fn listener(
    context: &mut Context<'_>,
    Entry { name, value }: &Entry<written::Listener>,
) -> Option<checked::Listener> {
    let name = context.text(name, "a listener's name");
    let listener = value.get()?;
    let rest = match &listener.rest {
        Some(rest) => rest.get().map(|rest| self::rest(context, rest, &name)),
        None if listener.graphql.is_some() || listener.grpc.is_some() => None,
        None if listener.soap.is_some() => None,
        None => Some(self::rest(context, &written::Rest::default(), &name)),
    };
    let graphql = listener.graphql.as_ref().and_then(|written| {
        let graphql = graphql::check(context, written.get()?);
        if let Some(rest) = &rest {
            graphql::collisions(context, written, &graphql, rest);
        }
        Some(graphql)
    });
    let grpc = listener.grpc.as_ref().and_then(At::get).map(|grpc| grpc::check(context, grpc));
    let soap = listener.soap.as_ref().and_then(At::get).map(|soap| soap::check(context, soap));
    let tls = listener.tls.as_ref().and_then(|tls| context.identity(tls));
    let expose = expose(context, &listener.expose);
    let cors = listener.cors.as_ref().and_then(At::get).map(|cors| manners::cors(context, cors));
    let compression = listener.compression.as_ref().and_then(At::get);
    let compression = compression.map(|written| manners::compression(context, written));
    let websocket = websocket(context, listener.websocket.get());
    let limits = limits(context, listener.limits.get());
    Some(checked::Listener {
        name: name.into(),
        address: listener.address.get()?.0,
        tls,
        expose,
        rest,
        graphql,
        grpc,
        soap,
        cors,
        compression,
        websocket,
        limits,
    })
}

fn expose(context: &mut Context<'_>, written: &At<Vec<At<String>>>) -> Vec<String> {
    let Some(patterns) = written.get() else { return Vec::new() };
    if patterns.is_empty() {
        context.error(
            written.span(),
            "this listener exposes nothing",
            "write `expose: [\"*\"]` for everything there is",
        );
    }
    for at in patterns {
        if let Some(Err(message)) = at.get().map(|text| Pattern::parse(text)) {
            context.error(
                at.span(),
                format!("no valid glob: {message}"),
                "write it like `shop.v1.*` or `shop.v1.ProductService/Get*`",
            );
        }
    }
    patterns.iter().filter_map(|at| at.get().cloned()).collect()
}

fn rest(context: &mut Context<'_>, rest: &written::Rest, listener: &str) -> checked::Rest {
    let (openapi, docs) = described::check(context, &rest.openapi, &rest.docs, listener);
    let headers = rest.forward_headers.get().map(Vec::as_slice).unwrap_or_default();
    checked::Rest {
        errors: match rest.errors.value() {
            written::ErrorFormat::Status => checked::ErrorFormat::Status,
            written::ErrorFormat::Problem => checked::ErrorFormat::Problem,
            written::ErrorFormat::Google => checked::ErrorFormat::Google,
        },
        unknown_fields: unknown_fields(&rest.unknown_fields),
        emit_defaults: rest.emit_defaults.value(),
        enum_as_number: rest.enum_as_number.value(),
        original_names: rest.original_names.value(),
        forward_headers: headers.iter().filter_map(|at| header(context, at)).collect(),
        unescape: match rest.unescape.value() {
            written::Unescape::ExceptReserved => checked::Unescape::ExceptReserved,
            written::Unescape::ExceptSlash => checked::Unescape::ExceptSlash,
            written::Unescape::All => checked::Unescape::All,
        },
        etag: rest.etag.value(),
        response_headers: response_headers(context, &rest.response_headers),
        status_header: rest.status_header.as_ref().and_then(|at| header(context, at)),
        prefer: preferences(&rest.prefer),
        default_routes: rest.default_routes.value(),
        sse: sse(context, rest.sse.get()),
        openapi,
        docs,
    }
}

pub fn unknown_fields(written: &At<written::UnknownFields>) -> checked::UnknownFields {
    match written.value() {
        written::UnknownFields::Refuse => checked::UnknownFields::Refuse,
        written::UnknownFields::Ignore => checked::UnknownFields::Ignore,
    }
}

fn response_headers(context: &mut Context<'_>, written: &At<Vec<At<String>>>) -> HeaderNames {
    let mut names = HeaderNames::default();
    for at in written.get().map(Vec::as_slice).unwrap_or_default() {
        if let Some(Err(message)) = at.get().map(|text| names.add(text)) {
            context.report(context.problem(at.span(), message));
        }
    }
    names
}

fn preferences(written: &At<Vec<At<written::Preference>>>) -> Vec<checked::Preference> {
    let listed = written.get().map(Vec::as_slice).unwrap_or_default();
    let preference = |preference: &written::Preference| match preference {
        written::Preference::Return => checked::Preference::Return,
        written::Preference::Wait => checked::Preference::Wait,
        written::Preference::Strict => checked::Preference::Strict,
        written::Preference::Lenient => checked::Preference::Lenient,
    };
    listed.iter().filter_map(|at| at.get().map(preference)).collect()
}

fn sse(context: &mut Context<'_>, sse: Option<&written::Sse>) -> checked::Sse {
    let defaults = written::Sse::default();
    let sse = sse.unwrap_or(&defaults);
    checked::Sse {
        heartbeat: context.within(&sse.heartbeat, SHORTEST, DAY).0,
        retry: sse.retry.as_ref().map(|retry| context.within(retry, SHORTEST, DAY).0),
    }
}

fn websocket(
    context: &mut Context<'_>,
    websocket: Option<&written::WebSocket>,
) -> Option<checked::WebSocket> {
    let defaults = written::WebSocket::default();
    let websocket = websocket.unwrap_or(&defaults);
    let ping_interval = context.within(&websocket.ping_interval, SHORTEST, DAY).0;
    websocket.enabled.value().then_some(checked::WebSocket { ping_interval })
}

pub fn header(context: &mut Context<'_>, at: &At<String>) -> Option<String> {
    let name = at.get()?.to_ascii_lowercase();
    if Name::parse(&name).is_none() {
        context.report(context.problem(at.span(), "this is no name that gRPC metadata can have"));
    }
    Some(name)
}

fn limits(context: &mut Context<'_>, limits: Option<&written::Limits>) -> checked::Limits {
    let defaults = written::Limits::default();
    let limits = limits.unwrap_or(&defaults);
    let body = context.within(&limits.body, Size(1), LARGEST_MESSAGE);
    let stream = context.within(&limits.stream, Size(1), LARGEST_STREAM);
    if stream < body {
        // The one that was written is to blame.
        let span = limits.stream.span().or(limits.body.span());
        context.error(
            span,
            format!("a stream of {stream} has no room for a message of {body}"),
            "`stream` bounds all messages of a stream, `body` each of them: write a larger `stream`",
        );
    }
    checked::Limits {
        headers: context.within(&limits.headers, Size::kib(1), Size::mib(1)).0,
        body: body.0,
        stream: stream.0 as u64,
        connections: context.within(&limits.connections, 1, 10_000_000),
        streams_per_connection: context.within(&limits.streams_per_connection, 1, 100_000),
        headers_timeout: context.within(&limits.headers_timeout, SHORTEST, DAY).0,
        body_timeout: context.within(&limits.body_timeout, SHORTEST, DAY).0,
        idle_timeout: context.within(&limits.idle_timeout, SHORTEST, DAY).0,
        depth: context.within(&limits.depth, 1, 200),
    }
}
