//! `grpc.health.v1.Health` (<https://grpc.io/docs/guides/health-checking/>): whether the backends of
//! the services that a listener exposes can be reached.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use prost::Message;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::call::{Answer, BoxFuture, Call, CallError, Code, Messages, Payload, Reply, Step};

/// Whether a service can be reached now.
pub type Reachable = Arc<dyn Fn() -> bool + Send + Sync>;

/// How often somebody who watches is told of a change, at most.
const LOOK: Duration = Duration::from_secs(1);

/// Services that one answer lists at most (the specification's number).
const MOST_LISTED: usize = 100;

/// The services of a listener.
pub(super) struct Health(BTreeMap<String, Reachable>);

/// One method of the service.
pub(super) struct Method {
    health: Arc<Health>,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Check,
    List,
    Watch,
}

/// `grpc.health.v1.HealthListResponse`.
#[derive(Clone, PartialEq, Message)]
struct List {
    #[prost(btree_map = "string, message", tag = "1")]
    statuses: BTreeMap<String, HealthCheckResponse>,
}

impl Health {
    pub fn new(services: Vec<(String, Reachable)>) -> Self {
        Self(services.into_iter().collect())
    }

    /// Answers that method.
    pub fn of(self: &Arc<Self>, method: &str) -> Method {
        let kind = match method {
            "List" => Kind::List,
            "Watch" => Kind::Watch,
            _ => Kind::Check,
        };
        Method { health: self.clone(), kind }
    }

    /// The status of a service, or of all as one; `None` for one that is not exposed.
    fn status(&self, service: &str) -> Option<ServingStatus> {
        let reachable = match service {
            "" => self.0.values().all(|reachable| reachable()),
            _ => self.0.get(service)?(),
        };
        Some(if reachable { ServingStatus::Serving } else { ServingStatus::NotServing })
    }

    fn list(&self) -> Bytes {
        let names = std::iter::once("").chain(self.0.keys().map(String::as_str)).take(MOST_LISTED);
        let statuses = names.filter_map(|name| {
            let status = self.status(name)? as i32;
            Some((name.to_owned(), HealthCheckResponse { status }))
        });
        List { statuses: statuses.collect() }.encode_to_vec().into()
    }

    fn watch(self: Arc<Self>, service: String) -> Messages {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let state = (self, service, ticks, None);
        Messages::unfold(state, |(health, service, mut ticks, told)| async move {
            let status = health.next(&service, &mut ticks, told).await;
            Ok(Step::Message(response(status), (health, service, ticks, Some(status))))
        })
    }

    /// Waits until there is something else to tell.
    async fn next(
        &self,
        service: &str,
        ticks: &mut Interval,
        told: Option<ServingStatus>,
    ) -> ServingStatus {
        loop {
            ticks.tick().await;
            // Who watches waits for a service that may come to be.
            let status = self.status(service).unwrap_or(ServingStatus::ServiceUnknown);
            if told != Some(status) {
                return status;
            }
        }
    }
}

fn response(status: ServingStatus) -> Bytes {
    HealthCheckResponse { status: status as i32 }.encode_to_vec().into()
}

impl Answer for Method {
    fn answer(&self, call: Call) -> BoxFuture<'_, Result<Reply, CallError>> {
        Box::pin(async move {
            let Payload::Message(message) = call.payload else {
                return Err(CallError::client(Code::Unimplemented, "it takes one message"));
            };
            let asked = HealthCheckRequest::decode(message).map_err(|error| {
                CallError::client(Code::InvalidArgument, "no HealthCheckRequest").because(error)
            })?;
            let service = asked.service;
            match self.kind {
                Kind::List => Ok(Reply::message(self.health.list())),
                Kind::Watch => Ok(Reply::stream(self.health.clone().watch(service))),
                Kind::Check => match self.health.status(&service) {
                    Some(status) => Ok(Reply::message(response(status))),
                    None => Err(CallError::client(
                        Code::NotFound,
                        format!("no service named {service:?} is exposed here"),
                    )),
                },
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    async fn ask(health: &Arc<Health>, method: &str, service: &str) -> Result<Reply, CallError> {
        let mut call = crate::call::tests::call();
        let request = HealthCheckRequest { service: service.to_owned() };
        call.payload = Payload::Message(request.encode_to_vec().into());
        health.of(method).answer(call).await
    }

    fn read(message: Bytes) -> ServingStatus {
        HealthCheckResponse::decode(message).expect("a response").status()
    }

    #[tokio::test]
    async fn health_follows_the_backends() {
        let up = Arc::new(AtomicBool::new(true));
        let seen = up.clone();
        let health = Arc::new(Health::new(vec![
            ("a.A".to_owned(), Arc::new(move || seen.load(Ordering::Relaxed)) as Reachable),
            ("b.B".to_owned(), Arc::new(|| true) as Reachable),
        ]));
        let check = async |service: &str| {
            let reply = ask(&health, "Check", service).await?;
            let Payload::Message(message) = reply.payload else { panic!("a stream") };
            Ok::<_, CallError>(read(message))
        };
        for service in ["", "a.A", "b.B"] {
            assert_eq!(check(service).await.ok(), Some(ServingStatus::Serving), "{service}");
        }
        assert_eq!(check("c.C").await.map_err(|error| error.code()), Err(Code::NotFound));

        let Payload::Stream(mut watched) =
            ask(&health, "Watch", "a.A").await.expect("watched").payload
        else {
            panic!("no stream")
        };
        let mut next = async || read(watched.next().await.expect("no end").expect("no error"));
        assert_eq!(next().await, ServingStatus::Serving);
        up.store(false, Ordering::Relaxed);
        assert_eq!(next().await, ServingStatus::NotServing);
        assert_eq!(check("").await.ok(), Some(ServingStatus::NotServing));

        let Payload::Message(list) = ask(&health, "List", "").await.expect("listed").payload else {
            panic!("a stream")
        };
        let list = List::decode(list).expect("a list");
        let names: Vec<_> =
            list.statuses.iter().map(|(name, one)| (name.as_str(), one.status)).collect();
        assert_eq!(names, [("", 2), ("a.A", 2), ("b.B", 1)]);
    }
}
