//! What a backend says of itself by gRPC server reflection: its services, and the files that
//! define them with all they import.
//!
//! Asks `grpc.reflection.v1` and, where that is not served, `v1alpha`, whose messages are the
//! same. Some servers answer a symbol with one file, some with everything it imports; whatever is
//! missing is asked for by name.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::Message;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use super::{Backend, Request};
use crate::call::{CallError, Code, Messages, Metadata, Payload};
use crate::contract::Streaming;

/// `v1` and what came before it.
const PATHS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// The services that do the telling, and are not told of.
const OWN: &str = "grpc.reflection.";

const MAX_SERVICES: usize = 10_000;
const MAX_FILES: usize = 10_000;
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// What a backend serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Full names of its services, sorted; those of reflection itself and those it cannot describe
    /// are left out.
    pub services: Vec<String>,
    /// `google.protobuf.FileDescriptorProto`s as they came, sorted by name, each once, everything
    /// that is imported included.
    pub files: Vec<Bytes>,
    /// Imported files that the backend does not have (some leave out the well-known ones).
    pub missing: Vec<String>,
}

/// Why there is no description.
#[derive(Debug, thiserror::Error)]
pub enum ReflectionError {
    /// It is not there, or does not answer in time.
    #[error("{0}")]
    Unreachable(#[source] CallError),
    /// It is there, and has no reflection.
    #[error("the backend does not serve gRPC reflection (v1 or v1alpha)")]
    NotServed,
    /// It has reflection, and says no.
    #[error("the backend's reflection refused: {0}")]
    Refused(String),
    /// It answered what makes no sense.
    #[error("the backend's reflection makes no sense: {0}")]
    Nonsense(String),
    /// It says more than the limits allow.
    #[error("the backend describes more than {0}")]
    TooMuch(&'static str),
}

/// What is asked of a file to follow its imports. The rest of it is kept as it came.
#[derive(Clone, PartialEq, Message)]
struct FileHead {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, repeated, tag = "3")]
    dependency: Vec<String>,
}

/// Asks the backend for all it serves, within `limit`.
pub async fn fetch(backend: &Backend, limit: Duration) -> Result<Described, ReflectionError> {
    let deadline = Instant::now() + limit;
    for path in PATHS {
        let path = PathAndQuery::from_static(path);
        match fetch_by(backend, &path, deadline).await {
            Err(ReflectionError::NotServed) => {}
            result => return result,
        }
    }
    Err(ReflectionError::NotServed)
}

async fn fetch_by(
    backend: &Backend,
    path: &PathAndQuery,
    deadline: Instant,
) -> Result<Described, ReflectionError> {
    let mut dialogue = Dialogue::open(backend, path, deadline);
    let services = match dialogue.ask(MessageRequest::ListServices("*".to_owned())).await? {
        MessageResponse::ListServicesResponse(list) => list.service,
        other => return Err(unexpected(&other)),
    };
    if services.len() > MAX_SERVICES {
        return Err(ReflectionError::TooMuch("10000 services"));
    }
    let services: BTreeSet<_> = services
        .into_iter()
        .map(|service| service.name)
        .filter(|name| !name.starts_with(OWN))
        .collect();

    let mut files = Files::default();
    let mut described = Vec::with_capacity(services.len());
    for service in services {
        match dialogue.files(MessageRequest::FileContainingSymbol(service.clone())).await {
            // None where the server sends each file once only.
            Ok(found) => files.add(found)?,
            Err(ReflectionError::Refused(reason)) => {
                tracing::warn!(backend = %backend.name(), service, reason, "not described");
                continue;
            }
            Err(error) => return Err(error),
        }
        described.push(service);
    }
    if files.is_empty() && !described.is_empty() {
        return Err(ReflectionError::Nonsense("services without a file".to_owned()));
    }
    let mut missing = Vec::new();
    while let Some(name) = files.next_missing() {
        match dialogue.files(MessageRequest::FileByFilename(name.clone())).await {
            Ok(found) => files.add(found)?,
            Err(ReflectionError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
        if !files.has(&name) {
            missing.push(name);
        }
    }
    Ok(Described { services: described, files: files.sorted(), missing })
}

/// One stream of questions and answers.
struct Dialogue<'a> {
    backend: &'a Backend,
    path: &'a PathAndQuery,
    deadline: Instant,
    state: State,
}

enum State {
    /// Nothing was sent yet: many servers send no headers before the first question is there.
    New,
    Open {
        questions: mpsc::Sender<Bytes>,
        answers: Messages,
    },
}

impl<'a> Dialogue<'a> {
    fn open(backend: &'a Backend, path: &'a PathAndQuery, deadline: Instant) -> Self {
        Self { backend, path, deadline, state: State::New }
    }

    async fn files(&mut self, request: MessageRequest) -> Result<Vec<Vec<u8>>, ReflectionError> {
        match self.ask(request).await? {
            MessageResponse::FileDescriptorResponse(files) => Ok(files.file_descriptor_proto),
            other => Err(unexpected(&other)),
        }
    }

    async fn ask(&mut self, request: MessageRequest) -> Result<MessageResponse, ReflectionError> {
        let request =
            ServerReflectionRequest { host: String::new(), message_request: Some(request) };
        let question = Bytes::from(request.encode_to_vec());
        let left = self.deadline.saturating_duration_since(Instant::now());
        let answer = timeout(left, self.exchange(question))
            .await
            .unwrap_or_else(|_| Err(super::too_late()))
            .map_err(refusal)?;
        let answer = ServerReflectionResponse::decode(answer)
            .map_err(|error| ReflectionError::Nonsense(error.to_string()))?;
        match answer.message_response {
            Some(MessageResponse::ErrorResponse(error)) => {
                let code = Code::from_number(error.error_code).map_or("UNKNOWN", Code::name);
                Err(ReflectionError::Refused(format!("{code}: {}", error.error_message)))
            }
            Some(answer) => Ok(answer),
            None => Err(ReflectionError::Nonsense("an empty answer".to_owned())),
        }
    }

    async fn exchange(&mut self, question: Bytes) -> Result<Bytes, CallError> {
        let ended = || CallError::backend(Code::Internal, "the stream ended before the answer");
        if let State::New = self.state {
            let (questions, asked) = mpsc::channel(1);
            // The channel is empty and open.
            let _ = questions.try_send(question);
            let payload = Payload::Stream(Messages::new(ReceiverStream::new(asked).map(Ok)));
            let metadata = Metadata::default();
            let request = Request {
                path: self.path,
                request_id: None,
                streaming: Streaming::Both,
                metadata: &metadata,
                deadline: Some(self.deadline),
            };
            let reply = self.backend.exchange(request, payload).await?;
            let Payload::Stream(answers) = reply.payload else { return Err(ended()) };
            self.state = State::Open { questions, answers };
        } else if let State::Open { questions, .. } = &self.state
            && questions.send(question).await.is_err()
        {
            return Err(ended());
        }
        match &mut self.state {
            State::Open { answers, .. } => answers.next().await.unwrap_or_else(|| Err(ended())),
            State::New => Err(ended()),
        }
    }
}

/// The files so far, and what they import.
#[derive(Default)]
struct Files {
    files: HashMap<String, Bytes>,
    imports: VecDeque<String>,
    bytes: usize,
}

impl Files {
    /// Adds what is not here yet.
    fn add(&mut self, files: Vec<Vec<u8>>) -> Result<(), ReflectionError> {
        for file in files {
            let head = FileHead::decode(&file[..])
                .map_err(|error| ReflectionError::Nonsense(format!("a broken file: {error}")))?;
            if self.has(&head.name) {
                continue;
            }
            self.bytes = self.bytes.saturating_add(file.len());
            if self.bytes > MAX_BYTES {
                return Err(ReflectionError::TooMuch("64 MiB of files"));
            }
            if self.files.len() >= MAX_FILES {
                return Err(ReflectionError::TooMuch("10000 files"));
            }
            self.imports.extend(head.dependency);
            self.files.insert(head.name, file.into());
        }
        Ok(())
    }

    fn next_missing(&mut self) -> Option<String> {
        loop {
            let name = self.imports.pop_front()?;
            if !self.has(&name) {
                return Some(name);
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    fn sorted(self) -> Vec<Bytes> {
        let mut files: Vec<_> = self.files.into_iter().collect();
        files.sort();
        files.into_iter().map(|(_, file)| file).collect()
    }
}

fn refusal(error: CallError) -> ReflectionError {
    match error.code() {
        Code::Unimplemented => ReflectionError::NotServed,
        Code::Unavailable | Code::DeadlineExceeded => ReflectionError::Unreachable(error),
        _ => ReflectionError::Refused(error.to_string()),
    }
}

fn unexpected(answer: &MessageResponse) -> ReflectionError {
    let what = match answer {
        MessageResponse::FileDescriptorResponse(_) => "files",
        MessageResponse::AllExtensionNumbersResponse(_) => "extension numbers",
        MessageResponse::ListServicesResponse(_) => "services",
        MessageResponse::ErrorResponse(_) => "an error",
    };
    ReflectionError::Nonsense(format!("an answer to another question, with {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_bounded_in_number_and_size() {
        let file = |name: String| FileHead { name, dependency: Vec::new() }.encode_to_vec();
        let many = (0..=MAX_FILES).map(|number| file(number.to_string())).collect();
        assert!(matches!(Files::default().add(many), Err(ReflectionError::TooMuch(_))));

        let large = (0..2).map(|number| file(number.to_string().repeat(MAX_BYTES / 2))).collect();
        assert!(matches!(Files::default().add(large), Err(ReflectionError::TooMuch(_))));
    }

    #[test]
    fn a_file_sent_twice_is_kept_once_and_as_it_came() {
        let file = FileHead { name: "a".to_owned(), dependency: vec!["b".to_owned()] };
        // A field that is not looked at.
        let file = [file.encode_to_vec(), vec![0x7a, 1, 9]].concat();
        let mut files = Files::default();
        files.add(vec![file.clone(), file.clone()]).expect("small");
        assert_eq!(files.next_missing().as_deref(), Some("b"));
        assert_eq!(files.next_missing(), None);
        assert_eq!(files.sorted(), [file]);
    }
}
