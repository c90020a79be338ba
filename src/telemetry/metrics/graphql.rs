//! What is counted per GraphQL request. Each of its calls is counted as one, too.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use super::sharded::Durations;

/// All listeners that speak GraphQL.
#[derive(Debug, Default)]
pub(super) struct Requests(RwLock<BTreeMap<Arc<str>, Arc<GraphqlMetrics>>>);

/// What is counted for the GraphQL requests of one listener.
#[derive(Debug, Default)]
pub struct GraphqlMetrics {
    /// By kind and outcome; some of them never happen and are never made.
    durations: [[OnceLock<Box<Durations>>; OUTCOMES.len()]; KINDS.len()],
}

/// How a request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphqlOutcome {
    /// All of the data is there.
    Complete,
    /// There is data, with errors beside it.
    Partial,
    /// The document is not a good one.
    Invalid,
    /// It was refused for another reason.
    Refused,
}

const KINDS: [&str; 4] = ["query", "mutation", "subscription", "unknown"];
const OUTCOMES: [&str; 4] = ["complete", "partial", "invalid", "refused"];

impl GraphqlMetrics {
    /// A request was answered, or the stream of one ended. `kind` is `query`, `mutation` or
    /// `subscription`; `None` where the document was not read.
    pub fn record(&self, kind: Option<&'static str>, outcome: GraphqlOutcome, duration: Duration) {
        let unknown = KINDS.len() - 1;
        let kind = KINDS.iter().position(|known| Some(*known) == kind).unwrap_or(unknown);
        self.durations[kind][outcome as usize].get_or_init(Box::default).observe(duration);
    }
}

impl Requests {
    pub(super) fn listener(&self, name: &str) -> Arc<GraphqlMetrics> {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(name.into()).or_default())
    }

    fn each(
        &self,
        mut write: impl FnMut(&[(&str, &str); 3], &Durations) -> fmt::Result,
    ) -> fmt::Result {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for (listener, metrics) in all.iter() {
            for (kind, outcomes) in KINDS.iter().zip(&metrics.durations) {
                for (outcome, durations) in OUTCOMES.iter().zip(outcomes) {
                    let Some(durations) = durations.get() else { continue };
                    let labels = [("listener", &**listener), ("kind", kind), ("outcome", outcome)];
                    write(&labels, durations)?;
                }
            }
        }
        Ok(())
    }
}

impl Collector for Requests {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let help = "GraphQL requests answered";
        let mut family =
            encoder.encode_descriptor("graphql_requests", help, None, MetricType::Counter)?;
        self.each(|labels, durations| {
            family
                .encode_family(labels)?
                .encode_counter::<NoLabelSet, _, u64>(&durations.snapshot().count, None)
        })?;
        let mut family = encoder.encode_descriptor(
            "graphql_request_duration_seconds",
            "How long GraphQL requests took",
            None,
            MetricType::Histogram,
        )?;
        self.each(|labels, durations| {
            let snapshot = durations.snapshot();
            family.encode_family(labels)?.encode_histogram::<NoLabelSet>(
                snapshot.seconds,
                snapshot.count,
                &snapshot.buckets,
                None,
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Metrics;
    use super::*;

    #[test]
    fn requests_are_counted_by_kind_and_outcome() {
        let metrics = Metrics::new();
        let of = metrics.graphql("public");
        of.record(Some("query"), GraphqlOutcome::Complete, Duration::from_millis(1));
        of.record(Some("mutation"), GraphqlOutcome::Partial, Duration::from_millis(1));
        of.record(None, GraphqlOutcome::Invalid, Duration::from_millis(1));
        of.record(None, GraphqlOutcome::Refused, Duration::from_millis(1));
        metrics.graphql("public").record(None, GraphqlOutcome::Refused, Duration::from_secs(1));
        let text = metrics.encode().unwrap();
        for (kind, outcome, count) in [
            ("query", "complete", 1),
            ("mutation", "partial", 1),
            ("unknown", "invalid", 1),
            ("unknown", "refused", 2),
        ] {
            let labels = format!("listener=\"public\",kind=\"{kind}\",outcome=\"{outcome}\"");
            let line = format!("dragoman_graphql_requests_total{{{labels}}} {count}");
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert!(text.contains("dragoman_graphql_request_duration_seconds_bucket{le=\"0.001\","));
    }
}
