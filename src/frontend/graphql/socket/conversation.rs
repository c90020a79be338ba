//! What is said over one WebSocket, from `connection_init` to the end.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::super::Context;
use super::super::operation::{Ask, Begin, Event};
use super::super::refusal::Reason;
use super::super::running::{Denied, Running};
use super::protocol::{Protocol, Said, bad_request};
use super::{Settings, credentials};
use crate::call::Code;
use crate::frontend::websocket::{Close, Gone, Receiver, Sender, Socket, Text};

/// Of what is no operation's answer, as many messages may wait for a client that does not read;
/// then it is not listened to either.
const MOST_WAITING: usize = 16;

/// Old clients leave where they hear nothing for 30 seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// How long the last words may take, for a client that does not read.
const LAST_WORDS: Duration = Duration::from_millis(100);

// The close codes of the newer protocol, with the reasons that it has for them; the older one has
// none of its own.
const UNAUTHORIZED: u16 = 4401;
const INIT_TIMEOUT: u16 = 4408;
const TAKEN: u16 = 4409;
const TOO_MANY_INITS: u16 = 4429;
const INTERNAL: u16 = 4500;

/// One client's WebSocket.
pub struct Conversation {
    /// What is spoken.
    pub protocol: Protocol,
    /// What the request to open it says for each call.
    pub context: Context,
    /// Begins what the client asks for.
    pub begin: Begin,
    /// What it may cost.
    pub settings: Settings,
}

/// How a conversation ends.
#[derive(Debug)]
enum End {
    /// The client has left.
    Left,
    /// It is told why it is ended.
    Close(Close),
    /// The same, for something that it did.
    Fault(Close),
}

/// What the client said so far, and what is to be said to it.
struct State {
    /// What goes with each call; `None` until `connection_init` came.
    context: Option<Context>,
    running: Arc<Running>,
    /// Signs of life, acknowledgements, ends.
    waiting: VecDeque<Text>,
    /// An operation's answer, under its id. Nothing is pulled while there is one.
    answer: Option<(Arc<str>, Text)>,
    /// The server drains.
    leaving: bool,
}

impl Conversation {
    /// Talks until one side ends it.
    pub async fn hold(self, socket: Socket, draining: CancellationToken) {
        let (mut sender, mut receiver) = socket.split();
        // Whatever was under way is cancelled by then.
        let end = self.talk(&mut sender, &mut receiver, &draining).await;
        let close = match end {
            End::Left => None,
            End::Close(close) => Some(close),
            End::Fault(close) => {
                if let Some(text) = self.protocol.before_close(&close) {
                    // Whoever does not take it does not take the close either.
                    let _ = timeout(LAST_WORDS, sender.send(text)).await;
                }
                Some(close)
            }
        };
        sender.end(receiver, close).await;
    }

    async fn talk(
        &self,
        sender: &mut Sender,
        receiver: &mut Receiver,
        draining: &CancellationToken,
    ) -> End {
        let (running, mut answers) = Running::new(self.settings.operations);
        let mut state = State::new(running);
        let mut alarm = pin!(sleep(self.settings.init_timeout));
        // Asked anew for each message it would take a lock.
        let mut drained = pin!(draining.cancelled());
        loop {
            if state.leaving && state.has_said_all() && !state.running.has_short() {
                return End::Close(Close::going_away());
            }
            let outcome = tokio::select! {
                biased;
                () = drained.as_mut(), if !state.leaving => {
                    state.leaving = true;
                    Ok(())
                }
                heard = receiver.next(), if state.has_room() => {
                    let waited = state.context.is_none();
                    let outcome = heard.map_err(End::of).and_then(|t| self.hear(&mut state, &t));
                    if waited && state.context.is_some() {
                        alarm.set(sleep(self.keep_alive()));
                    }
                    outcome
                }
                () = alarm.as_mut(), if state.awaits_alarm(self.protocol) => {
                    alarm.set(sleep(self.keep_alive()));
                    self.alarmed(&mut state)
                }
                (id, event) = answers.next(), if state.has_said_all() => {
                    self.answer(&mut state, id, event)
                }
                told = turn(sender, !state.has_said_all()) => told.and_then(|()| {
                    state.pop().map_or(Ok(()), |text| sender.put(text))
                }).map_err(End::of),
            };
            if let Err(end) = outcome {
                return end;
            }
        }
    }

    fn keep_alive(&self) -> Duration {
        self.settings.socket.ping_interval.min(KEEP_ALIVE)
    }

    /// The time for `connection_init` is over, or that for another sign of life has come.
    fn alarmed(&self, state: &mut State) -> Result<(), End> {
        if state.context.is_none() {
            let reason = "Connection initialisation timeout";
            return Err(End::Fault(Close::of_protocol(INIT_TIMEOUT, reason)));
        }
        if state.has_room() {
            state.waiting.push_back(self.protocol.keep_alive());
        }
        Ok(())
    }

    /// One message of the client's.
    fn hear(&self, state: &mut State, text: &str) -> Result<(), End> {
        match self.protocol.parse(text).map_err(End::Fault)? {
            Said::Init(payload) => self.init(state, &payload),
            Said::Ping(payload) => {
                state.waiting.push_back(self.protocol.pong(payload.as_ref()));
                Ok(())
            }
            Said::Pong => Ok(()),
            Said::Start { id, ask } => self.start(state, &id, ask),
            Said::Stop { id } => {
                let stopped = state.stop(&id);
                if stopped && self.protocol == Protocol::Legacy {
                    state.waiting.push_back(self.protocol.complete(&id));
                }
                Ok(())
            }
            Said::Terminate => Err(End::Close(Close::normal())),
        }
    }

    fn init(&self, state: &mut State, payload: &Map<String, Value>) -> Result<(), End> {
        if state.context.is_some() {
            let reason = "Too many initialisation requests";
            return Err(End::Fault(Close::of_protocol(TOO_MANY_INITS, reason)));
        }
        // A deadline of the request that opened it is not one of what is asked later.
        let mut context = Context { deadline: None, ..self.context.clone() };
        credentials::read(payload, &self.settings.forward, &mut context.metadata)
            .map_err(|why| End::Fault(bad_request(why)))?;
        state.context = Some(context);
        state.waiting.push_back(self.protocol.ack());
        if self.protocol == Protocol::Legacy {
            state.waiting.push_back(self.protocol.keep_alive());
        }
        Ok(())
    }

    fn start(&self, state: &mut State, id: &str, ask: Ask) -> Result<(), End> {
        let Some(mut context) = state.context.clone() else {
            return Err(End::Fault(Close::of_protocol(UNAUTHORIZED, "Unauthorized")));
        };
        if state.leaving {
            // It will ask again where it comes back to.
            return Ok(());
        }
        match state.running.check(id) {
            Ok(()) => {}
            Err(Denied::Taken) if self.protocol == Protocol::Legacy => {
                state.stop(id);
            }
            Err(Denied::Taken) => {
                let reason = format!("Subscriber for {} already exists", id.trim_matches('"'));
                return Err(End::Fault(Close::of_protocol(TAKEN, &reason)));
            }
            Err(Denied::TooMany | Denied::Closed) => {
                let most = self.settings.operations;
                let message = format!("{most} operations are under way here, no more may be");
                let answer = Reason::new(Code::ResourceExhausted, message).answer();
                state.waiting.push_back(self.protocol.error(id, &answer));
                return Ok(());
            }
        }
        context.source.arrived = Instant::now();
        let started = state.running.start(id, (self.begin)(ask, context));
        debug_assert_eq!(started, Ok(()), "nobody else starts any");
        Ok(())
    }

    /// What an operation says; `None` is its end.
    fn answer(&self, state: &mut State, id: Arc<str>, event: Option<Event>) -> Result<(), End> {
        let text = match &event {
            Some(Event::Next(answer)) => self
                .protocol
                .next(&id, answer)
                .map_err(|_| End::Close(Close::of_protocol(INTERNAL, "an answer is not UTF-8")))?,
            Some(Event::Refused(answer)) => self.protocol.error(&id, answer),
            None => self.protocol.complete(&id),
        };
        state.answer = Some((id, text));
        Ok(())
    }
}

impl State {
    fn new(running: Arc<Running>) -> Self {
        Self { context: None, running, waiting: VecDeque::new(), answer: None, leaving: false }
    }

    fn awaits_alarm(&self, protocol: Protocol) -> bool {
        self.context.is_none() || protocol == Protocol::Legacy
    }

    fn has_room(&self) -> bool {
        self.waiting.len() < MOST_WAITING
    }

    fn has_said_all(&self) -> bool {
        self.waiting.is_empty() && self.answer.is_none()
    }

    /// Stops an operation, of which nothing is said any more. Says whether there was one.
    fn stop(&mut self, id: &str) -> bool {
        self.answer.take_if(|(of, _)| **of == *id);
        self.running.stop(id)
    }

    /// What is to be said next: an answer before what was asked after it.
    fn pop(&mut self) -> Option<Text> {
        match self.answer.take() {
            Some((_, text)) => Some(text),
            None => self.waiting.pop_front(),
        }
    }
}

impl End {
    fn of(gone: Gone) -> Self {
        match gone {
            Gone::Left => Self::Left,
            Gone::Fault(close) if close.is_unsupported() => {
                Self::Fault(bad_request(close.reason()))
            }
            Gone::Fault(close) => Self::Close(close),
        }
    }
}

/// Waits until the client can be told something; where there is nothing to tell, does not end
/// before the client is gone.
async fn turn(sender: &mut Sender, waiting: bool) -> Result<(), Gone> {
    match waiting {
        true => sender.ready().await,
        false => Err(sender.attend().await),
    }
}
