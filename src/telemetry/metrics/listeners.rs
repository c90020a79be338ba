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
    preflights_refused: AtomicU64,
    compressed_from: AtomicU64,
    compressed_to: AtomicU64,
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

    /// Counts a browser that asked for a page whose origin may not call.
    pub fn preflight_refused(&self) {
        self.preflights_refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts bytes of responses that were compressed, as they were before.
    pub fn compressed_from(&self, bytes: usize) {
        self.compressed_from.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts bytes of responses that were compressed, as they were sent.
    pub fn compressed_to(&self, bytes: usize) {
        self.compressed_to.fetch_add(bytes as u64, Ordering::Relaxed);
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
        let help = "CORS preflights for origins that may not call";
        counters("preflights_refused", help, |of| &of.preflights_refused)?;
        let help = "Bytes of compressed responses before they were compressed";
        counters("response_compression_in_bytes", help, |of| &of.compressed_from)?;
        let help = "Bytes of compressed responses as they were sent";
        counters("response_compression_out_bytes", help, |of| &of.compressed_to)?;
        Ok(())
    }
}
