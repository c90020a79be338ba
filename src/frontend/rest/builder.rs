//! Builds the frontend of a listener: settings once, then one operation at one binding after another.

use std::sync::Arc;

use super::outgoing::Outgoing;
use super::route::Route;
use super::router::Router;
use super::{Frontend, sse, websocket};
use crate::call::Name;
use crate::codec::json::{DecodeOptions, EncodeOptions, UnknownFields};
use crate::config::{Place, checked};
use crate::contract::http_rule::HttpRule;
use crate::contract::view::View;
use crate::frontend::Endpoint;
use crate::frontend::websocket::Settings;
use crate::telemetry::metrics::ListenerMetrics;

/// What a [`Frontend`] is built from.
#[derive(Debug)]
pub struct Builder {
    frontend: Frontend,
    problems: Vec<Problem>,
}

/// A binding that could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The operation's name.
    pub operation: String,
    /// What is wrong with which binding.
    pub message: String,
    /// Where it stands in the config, if it does.
    pub place: Option<Place>,
}

impl Builder {
    /// Starts a frontend that sees messages through `view`.
    pub fn new(
        settings: &checked::Rest,
        websocket: Option<&checked::WebSocket>,
        limits: &checked::Limits,
        view: Arc<View>,
        metrics: Arc<ListenerMetrics>,
    ) -> Self {
        let decode = DecodeOptions {
            unknown_fields: match settings.unknown_fields {
                checked::UnknownFields::Refuse => UnknownFields::Refuse,
                checked::UnknownFields::Ignore => UnknownFields::Ignore,
            },
            max_depth: limits.depth,
        };
        let encode = EncodeOptions {
            emit_defaults: settings.emit_defaults,
            enum_as_number: settings.enum_as_number,
            max_depth: limits.depth,
        };
        let websocket = websocket.map(|websocket| websocket::Limits {
            socket: Settings { max_message: limits.body, ping_interval: websocket.ping_interval },
            patience: limits.body_timeout,
        });
        let frontend = Frontend {
            view,
            router: Router::default(),
            routes: Vec::new(),
            decode,
            encode,
            etag: settings.etag,
            errors: settings.errors,
            forward: settings.forward_headers.iter().filter_map(|name| Name::parse(name)).collect(),
            outgoing: Outgoing::build(settings),
            prefer: settings.prefer.clone(),
            max_message: limits.body,
            unescape: settings.unescape,
            sse: sse::Settings::new(&settings.sse),
            websocket,
            incomplete: None,
            metrics,
        };
        Self { frontend, problems: Vec::new() }
    }

    /// Makes unknown paths UNAVAILABLE with this message instead of NOT_FOUND: part of the
    /// contract is still missing, and the path may be in there.
    pub fn incomplete(&mut self, message: String) {
        self.frontend.incomplete = Some(message);
    }

    /// Adds one operation at one binding, with what the config says of its server-sent events.
    /// Whether that could be had; if not, it is a problem.
    pub fn add(
        &mut self,
        rule: &HttpRule,
        endpoint: &Endpoint,
        events: Option<&checked::Events>,
    ) -> bool {
        let Frontend { routes, router, view, unescape, .. } = &mut self.frontend;
        let operation = endpoint.operation.name();
        let binding = format!("{} {}", rule.method, rule.template.text);
        let mut problem = |place, message| {
            self.problems.push(Problem { operation: operation.to_owned(), message, place });
        };
        let plan = match events {
            None => sse::Plan::default(),
            Some(events) if !endpoint.operation.streaming.server() => {
                let message = "it does not answer with a stream, so it has no events";
                problem(Some(events.place.clone()), message.to_owned());
                return false;
            }
            Some(events) => match sse::Plan::build(events, endpoint.operation.output, view) {
                Ok(plan) => plan,
                Err((place, message)) => {
                    problem(Some(place), message);
                    return false;
                }
            },
        };
        match Route::build(rule, endpoint.clone(), plan, view, *unescape) {
            Err(error) => problem(None, format!("{binding}: {error}")),
            Ok(route) => match router.add(&rule.method, &rule.template, routes.len()) {
                Ok(()) => {
                    routes.push(Arc::new(route));
                    return true;
                }
                Err(conflict) => {
                    let other = routes[conflict.with].endpoint.operation.name();
                    problem(None, format!("{binding} is bound to {other} already"));
                }
            },
        }
        false
    }

    /// The frontend, and the bindings it could not have.
    pub fn build(self) -> (Frontend, Vec<Problem>) {
        (self.frontend, self.problems)
    }
}
