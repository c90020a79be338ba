//! Operations over a WebSocket, many at once, in the protocols of npm's `graphql-ws` and of the
//! older `subscriptions-transport-ws`.

mod conversation;
mod credentials;
mod protocol;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};

use self::conversation::Conversation;
use self::protocol::Protocol;
use super::Context;
use super::operation::Begin;
use super::refusal::{Reason, refuse};
use crate::call::{Code, Name};
use crate::frontend::Response;
use crate::frontend::websocket::{self, Handshake, Refused};

/// What a client may do over one WebSocket, and how long it may take.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What holds for every WebSocket.
    pub socket: websocket::Settings,
    /// How long its first message, `connection_init`, may take to come.
    pub init_timeout: Duration,
    /// How many operations may be under way at once.
    pub operations: usize,
    /// What `connection_init` may say that becomes metadata of each call.
    pub forward: Arc<[Name]>,
}

/// Answers a request to open a WebSocket: opens it, in the first protocol of the client's that is
/// spoken here. `context` is what the request itself says for each call; it has no deadline for
/// them. What is wrong with the request has an HTTP status, later errors have messages or close
/// codes.
pub fn open(
    handshake: Result<Handshake, Refused>,
    headers: &HeaderMap,
    context: Context,
    begin: Begin,
    settings: Settings,
) -> Response {
    let mut handshake = match handshake {
        Ok(handshake) => handshake,
        Err(refused) => {
            let code = match &refused {
                Refused::Origin(_) => Code::PermissionDenied,
                Refused::Version | Refused::Header { .. } => Code::InvalidArgument,
            };
            let mut response = refuse(refused.status(), Reason::new(code, refused.to_string()));
            if let Some(version) = refused.version() {
                response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, version);
            }
            return response;
        }
    };
    let names = Protocol::ALL.map(Protocol::name);
    let settled = handshake.settle(headers, &names);
    let Some(protocol) = Protocol::ALL.into_iter().find(|known| Some(known.name()) == settled)
    else {
        let message = format!("sec-websocket-protocol must offer {}", names.join(" or "));
        return refuse(StatusCode::BAD_REQUEST, Reason::new(Code::InvalidArgument, message));
    };
    let socket = settings.socket;
    let conversation = Conversation { protocol, context, begin, settings };
    handshake.accept(socket, move |socket, draining| conversation.hold(socket, draining))
}

#[cfg(test)]
mod tests;
