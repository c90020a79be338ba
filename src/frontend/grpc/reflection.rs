//! Server reflection (`grpc.reflection.v1`, and `v1alpha`, whose messages are the same on the wire) of
//! what a listener exposes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
};

use crate::call::{
    Answer, BoxFuture, Call, CallError, Code, Messages, Metadata, Payload, Reply, Step,
};
use crate::contract::Contract;

/// Answers what clients ask of the contract.
pub(super) struct Reflection(Arc<Known>);

struct Known {
    contract: Arc<Contract>,
    /// Exposed services and the gateway's own.
    services: BTreeSet<String>,
    /// The gateway's own: the file of each service, which imports nothing.
    own: BTreeMap<String, (String, Bytes)>,
}

/// What is read of a file of the gateway's own.
#[derive(Clone, PartialEq, Message)]
struct Set {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<Bytes>,
}

const OWN: [(&str, &[u8]); 3] = [
    ("grpc.health.v1.Health", tonic_health::pb::FILE_DESCRIPTOR_SET),
    ("grpc.reflection.v1.ServerReflection", tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET),
    (
        "grpc.reflection.v1alpha.ServerReflection",
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ),
];

impl Reflection {
    /// Of those services, and of those of the gateway's own that are among them.
    pub fn new(contract: Arc<Contract>, services: Vec<String>) -> Self {
        let services: BTreeSet<String> = services.into_iter().collect();
        let mut own = BTreeMap::new();
        for (service, set) in OWN {
            let set = Set::decode(set).unwrap_or_default();
            let file = set.file.into_iter().find_map(|bytes| {
                let file = prost_types::FileDescriptorProto::decode(bytes.clone()).ok()?;
                Some((file.name().to_owned(), bytes))
            });
            if let Some(file) = file.filter(|_| services.contains(service)) {
                own.insert(service.to_owned(), file);
            }
        }
        Self(Arc::new(Known { contract, services, own }))
    }
}

impl Known {
    fn answer(&self, request: ServerReflectionRequest) -> ServerReflectionResponse {
        let original = request.clone();
        let response = match request.message_request {
            None => error(Code::InvalidArgument, "nothing is asked".to_owned()),
            Some(MessageRequest::ListServices(_)) => {
                let service = self.services.iter();
                let service = service.map(|name| ServiceResponse { name: name.clone() }).collect();
                MessageResponse::ListServicesResponse(ListServiceResponse { service })
            }
            Some(MessageRequest::FileByFilename(name)) => self.file(&name),
            Some(MessageRequest::FileContainingSymbol(symbol)) => self.symbol(&symbol),
            Some(MessageRequest::FileContainingExtension(asked)) => {
                let number = u32::try_from(asked.extension_number).unwrap_or_default();
                match self.contract.file_of_extension(&asked.containing_type, number) {
                    Some(name) => self.file(&name),
                    None => error(
                        Code::NotFound,
                        format!("no extension {number} of {}", asked.containing_type),
                    ),
                }
            }
            Some(MessageRequest::AllExtensionNumbersOfType(base)) => {
                match self.contract.extension_numbers(&base) {
                    Some(numbers) => {
                        let extension_number =
                            numbers.into_iter().filter_map(|number| i32::try_from(number).ok());
                        MessageResponse::AllExtensionNumbersResponse(ExtensionNumberResponse {
                            extension_number: extension_number.collect(),
                            base_type_name: base,
                        })
                    }
                    None => error(Code::NotFound, format!("no message named {base}")),
                }
            }
        };
        ServerReflectionResponse {
            valid_host: original.host.clone(),
            original_request: Some(original),
            message_response: Some(response),
        }
    }

    /// The file of that name, and all that it imports, behind it.
    fn file(&self, name: &str) -> MessageResponse {
        let own = self.own.values().find(|(own, _)| own == name);
        let files = match own {
            Some((_, bytes)) => vec![bytes.clone()],
            None => self.contract.file_with_imports(name),
        };
        if files.is_empty() {
            return error(Code::NotFound, format!("no file named {name}"));
        }
        let file_descriptor_proto = files.iter().map(|bytes| bytes.to_vec()).collect();
        MessageResponse::FileDescriptorResponse(FileDescriptorResponse { file_descriptor_proto })
    }

    fn symbol(&self, symbol: &str) -> MessageResponse {
        let own = self.own.iter().find(|(service, _)| {
            let package = service.rsplit_once('.').map_or("", |(package, _)| package);
            symbol.strip_prefix(package).is_some_and(|rest| rest.starts_with('.'))
        });
        if let Some((_, (name, _))) = own {
            return self.file(name);
        }
        // A service that is not exposed is not there; nor are its methods.
        let hidden = |name: &str| {
            self.contract.services().contains_key(name) && !self.services.contains(name)
        };
        let parent = symbol.rsplit_once('.').map_or("", |(parent, _)| parent);
        match self.contract.file_of_symbol(symbol) {
            Some(name) if !hidden(symbol) && !hidden(parent) => self.file(&name),
            _ => error(Code::NotFound, format!("no symbol named {symbol}")),
        }
    }
}

fn error(code: Code, message: String) -> MessageResponse {
    let error_code = i32::from(code.number());
    MessageResponse::ErrorResponse(ErrorResponse { error_code, error_message: message })
}

impl Answer for Reflection {
    fn answer(&self, call: Call) -> BoxFuture<'_, Result<Reply, CallError>> {
        let known = self.0.clone();
        Box::pin(async move {
            let Payload::Stream(questions) = call.payload else {
                return Err(CallError::client(Code::Unimplemented, "it takes a stream"));
            };
            let answers = Messages::unfold((questions, known), |(mut questions, known)| async {
                let Some(question) = questions.next().await.transpose()? else {
                    return Ok(Step::End(Metadata::default()));
                };
                let question = ServerReflectionRequest::decode(question).map_err(|error| {
                    CallError::client(Code::InvalidArgument, "no ServerReflectionRequest")
                        .because(error)
                })?;
                let answer = known.answer(question).encode_to_vec();
                Ok(Step::Message(answer.into(), (questions, known)))
            });
            Ok(Reply::stream(answers))
        })
    }
}
