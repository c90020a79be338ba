//! What is counted per listener.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// All listeners.
#[derive(Debug, Default)]
pub(super) struct Listeners(RwLock<BTreeMap<Arc<str>, Arc<ListenerMetrics>>>);

/// What is counted for one listener, over all cores.
#[derive(Debug, Default)]
pub struct ListenerMetrics {
    open: AtomicUsize,
    accepted: AtomicU64,
    refused: AtomicU64,
    unrouted: AtomicU64,
}

/// A connection that is counted as open until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct OpenConnection(Arc<ListenerMetrics>);

impl ListenerMetrics {
    /// Counts a connection as open, or as refused where `limit` are open already.
    pub fn open(self: &Arc<Self>, limit: usize) -> Option<OpenConnection> {
        let another = |open| (open < limit).then_some(open + 1);
        match self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, another) {
            Ok(_) => {
                self.accepted.fetch_add(1, Ordering::Relaxed);
                Some(OpenConnection(Arc::clone(self)))
            }
            Err(_) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }
}

impl ListenerMetrics {
    /// Counts a request that led to no operation.
    pub fn unrouted(&self) {
        self.unrouted.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Listeners {
    pub(super) fn listener(&self, name: &str) -> Arc<ListenerMetrics> {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(name.into()).or_default())
    }
}

impl Collector for Listeners {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let help = "Connections open now";
        let mut family =
            encoder.encode_descriptor("connections_open", help, None, MetricType::Gauge)?;
        for (name, metrics) in all.iter() {
            let open = i64::try_from(metrics.open.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
            family.encode_family(&[("listener", &**name)])?.encode_gauge(&open)?;
        }
        let mut counters = |name, help, counter: fn(&ListenerMetrics) -> &AtomicU64| {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (name, metrics) in all.iter() {
                let count = counter(metrics).load(Ordering::Relaxed);
                family
                    .encode_family(&[("listener", &**name)])?
                    .encode_counter::<NoLabelSet, _, u64>(&count, None)?;
            }
            fmt::Result::Ok(())
        };
        counters("connections_accepted", "Connections accepted", |of| &of.accepted)?;
        counters("connections_refused", "Connections closed: too many", |of| &of.refused)?;
        counters("requests_unrouted", "Requests that led to no operation", |of| &of.unrouted)?;
        Ok(())
    }
}
