//! Metrics that are all zero, each made and put into the registry in one.
//!
//! All of these fail when the registry has a metric of that name already.

use prometheus::core::Collector;
use prometheus::{
    Counter, Error, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry,
};

/// What goes up.
pub fn counter(registry: &Registry, name: &str, help: &str) -> Result<IntCounter, Error> {
    register(registry, IntCounter::new(name, help)?)
}

/// A time that adds up, in seconds.
pub fn total_seconds(registry: &Registry, name: &str, help: &str) -> Result<Counter, Error> {
    register(registry, Counter::new(name, help)?)
}

/// What goes up and down.
pub fn gauge(registry: &Registry, name: &str, help: &str) -> Result<IntGauge, Error> {
    register(registry, IntGauge::new(name, help)?)
}

/// How values spread over buckets with these upper bounds.
pub fn histogram(
    registry: &Registry,
    name: &str,
    help: &str,
    bounds: &[f64],
) -> Result<Histogram, Error> {
    let options = HistogramOpts::new(name, help).buckets(bounds.to_vec());
    register(registry, Histogram::with_opts(options)?)
}

/// A counter for each value of a label.
pub fn counters_by(
    registry: &Registry,
    label: &str,
    name: &str,
    help: &str,
) -> Result<IntCounterVec, Error> {
    register(registry, IntCounterVec::new(Opts::new(name, help), &[label])?)
}

/// A gauge for each value of a label.
pub fn gauges_by(
    registry: &Registry,
    label: &str,
    name: &str,
    help: &str,
) -> Result<IntGaugeVec, Error> {
    register(registry, IntGaugeVec::new(Opts::new(name, help), &[label])?)
}

fn register<M: Collector + Clone + 'static>(registry: &Registry, metric: M) -> Result<M, Error> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}
