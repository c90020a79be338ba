//! What is counted per call.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use super::sharded::{Durations, Sharded};
use crate::call::{Code, Origin};

const ORIGINS: [Origin; 3] = [Origin::Client, Origin::Gateway, Origin::Backend];

/// One place for OK, and one for each code of each origin.
const OUTCOMES: usize = 1 + Code::ALL.len() * ORIGINS.len();

type Key = (Arc<str>, &'static str);

/// All operations that have been asked for.
#[derive(Debug, Default)]
pub(super) struct Calls(RwLock<BTreeMap<Key, Arc<OperationMetrics>>>);

/// What is counted for one operation through one frontend.
#[derive(Debug)]
pub struct OperationMetrics {
    /// By outcome; most of them never happen and are never made.
    durations: [OnceLock<Box<Durations>>; OUTCOMES],
    in_flight: Sharded<AtomicI64>,
    request_bytes: Sharded<AtomicU64>,
    reply_bytes: Sharded<AtomicU64>,
    unknown_fields: Sharded<AtomicU64>,
}

/// A call that is counted as in flight until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct InFlight(Arc<OperationMetrics>);

impl OperationMetrics {
    /// A call begins.
    pub fn begin(self: &Arc<Self>) -> InFlight {
        self.in_flight.add(1);
        InFlight(Arc::clone(self))
    }

    /// A call has ended: well (`None`), or with a code that is somebody's fault.
    pub fn record(
        &self,
        failure: Option<(Code, Origin)>,
        duration: Duration,
        request_bytes: usize,
        reply_bytes: usize,
    ) {
        if let Some(place) = self.durations.get(place(failure)) {
            place.get_or_init(Box::default).observe(duration);
        }
        self.request_bytes.add(request_bytes as u64);
        self.reply_bytes.add(reply_bytes as u64);
    }

    /// A request had fields that its message does not have, and they were dropped.
    pub fn ignored_unknown_fields(&self, count: usize) {
        self.unknown_fields.add(count as u64);
    }

    fn new() -> Self {
        Self {
            durations: [const { OnceLock::new() }; OUTCOMES],
            in_flight: Sharded::default(),
            request_bytes: Sharded::default(),
            reply_bytes: Sharded::default(),
            unknown_fields: Sharded::default(),
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.add(-1);
    }
}

impl Calls {
    pub(super) fn operation(
        &self,
        operation: &str,
        frontend: &'static str,
    ) -> Arc<OperationMetrics> {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(OperationMetrics::new());
        Arc::clone(all.entry((operation.into(), frontend)).or_insert_with(new))
    }
}

fn place(failure: Option<(Code, Origin)>) -> usize {
    let Some((code, origin)) = failure else { return 0 };
    let origin = match origin {
        Origin::Client => 0,
        Origin::Gateway => 1,
        Origin::Backend => 2,
    };
    usize::from(code.number()) + origin * Code::ALL.len()
}

/// The labels `code` and `origin` of each place, in order.
fn labels() -> impl Iterator<Item = (&'static str, &'static str)> {
    let failures = ORIGINS
        .into_iter()
        .flat_map(|origin| Code::ALL.into_iter().map(move |code| (code.name(), origin.name())));
    [("OK", "none")].into_iter().chain(failures)
}

impl Collector for Calls {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);

        let mut family =
            encoder.encode_descriptor("calls", "Calls answered", None, MetricType::Counter)?;
        each_outcome(&all, |labels, durations| {
            family
                .encode_family(labels)?
                .encode_counter::<NoLabelSet, _, u64>(&durations.snapshot().count, None)
        })?;

        let mut family = encoder.encode_descriptor(
            "call_duration_seconds",
            "How long calls took",
            None,
            MetricType::Histogram,
        )?;
        each_outcome(&all, |labels, durations| {
            let snapshot = durations.snapshot();
            family.encode_family(labels)?.encode_histogram::<NoLabelSet>(
                snapshot.seconds,
                snapshot.count,
                &snapshot.buckets,
                None,
            )
        })?;

        let mut family = encoder.encode_descriptor(
            "calls_in_flight",
            "Calls being answered",
            None,
            MetricType::Gauge,
        )?;
        for ((operation, frontend), metrics) in all.iter() {
            family
                .encode_family(&[("operation", &**operation), ("frontend", frontend)])?
                .encode_gauge(&metrics.in_flight.sum())?;
        }

        let mut sums = |name, help, sum: fn(&OperationMetrics) -> u64| {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            each_sum(&all, &mut family, sum)
        };
        sums("request_bytes", "Size of requests as messages", |of| of.request_bytes.sum())?;
        sums("reply_bytes", "Size of replies as messages", |of| of.reply_bytes.sum())?;
        sums("unknown_fields", "Fields that were ignored", |of| of.unknown_fields.sum())?;
        Ok(())
    }
}

fn each_outcome(
    all: &BTreeMap<Key, Arc<OperationMetrics>>,
    mut write: impl FnMut(&[(&str, &str); 4], &Durations) -> fmt::Result,
) -> fmt::Result {
    for ((operation, frontend), metrics) in all {
        for ((code, origin), durations) in labels().zip(&metrics.durations) {
            let Some(durations) = durations.get() else { continue };
            let labels = [
                ("operation", &**operation),
                ("frontend", *frontend),
                ("code", code),
                ("origin", origin),
            ];
            write(&labels, durations)?;
        }
    }
    Ok(())
}

fn each_sum(
    all: &BTreeMap<Key, Arc<OperationMetrics>>,
    family: &mut MetricEncoder<'_>,
    sum: impl Fn(&OperationMetrics) -> u64,
) -> fmt::Result {
    for ((operation, frontend), metrics) in all {
        family
            .encode_family(&[("operation", &**operation), ("frontend", frontend)])?
            .encode_counter::<NoLabelSet, _, u64>(&sum(metrics), None)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Metrics;
    use super::*;

    #[test]
    fn each_outcome_has_its_own_place_and_label() {
        let labels: Vec<_> = labels().collect();
        assert_eq!(labels.len(), OUTCOMES);
        assert_eq!(labels[place(None)], ("OK", "none"));
        for code in Code::ALL {
            for origin in ORIGINS {
                let place = place(Some((code, origin)));
                assert_eq!(labels[place], (code.name(), origin.name()));
            }
        }
    }

    #[test]
    fn calls_are_counted_by_outcome() {
        let metrics = Metrics::new();
        let operation = metrics.operation("shop.v1.Products/Get", "rest");
        let in_flight = operation.begin();
        operation.record(None, Duration::from_millis(3), 10, 200);
        let late = Some((Code::DeadlineExceeded, Origin::Backend));
        operation.record(late, Duration::from_secs(2), 10, 0);
        // A reload asks again and goes on counting.
        metrics.operation("shop.v1.Products/Get", "rest").ignored_unknown_fields(2);
        let text = metrics.encode().unwrap();
        let of = "operation=\"shop.v1.Products/Get\",frontend=\"rest\"";
        for line in [
            format!("dragoman_calls_total{{{of},code=\"OK\",origin=\"none\"}} 1"),
            format!("dragoman_calls_total{{{of},code=\"DEADLINE_EXCEEDED\",origin=\"backend\"}} 1"),
            format!("dragoman_calls_in_flight{{{of}}} 1"),
            format!("dragoman_request_bytes_total{{{of}}} 20"),
            format!("dragoman_reply_bytes_total{{{of}}} 200"),
            format!("dragoman_unknown_fields_total{{{of}}} 2"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert!(text.contains("dragoman_call_duration_seconds_bucket{le=\"0.005\","), "{text}");
        drop(in_flight);
        assert!(metrics.encode().unwrap().contains(&format!("dragoman_calls_in_flight{{{of}}} 0")));
    }
}
