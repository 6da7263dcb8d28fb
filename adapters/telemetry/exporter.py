"""Serves the metrics of a run to Prometheus, on this machine only.

It reads what was published and what was measured, on threads of its own, and asks no actor: who
looks at metrics holds up nobody who trades.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import start_http_server
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector, CollectorRegistry

from adapters.telemetry.metrics import METRICS, PREFIX, Metric, MetricKind, Sources
from domain.model.latency import Histogram

HOST = "127.0.0.1"
BOUNDS_US = (
    *(10, 100, 1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000),
    *(1_000_000, 2_000_000, 5_000_000, 10_000_000, 30_000_000),
)
"""Bounds of the buckets in microseconds, the objectives among them. Each has at most three digits,
so that what stays within is counted exactly."""
MICROSECONDS = 1e6


class RunCollector(Collector):
    """Makes the families of all metrics whenever somebody asks."""

    def __init__(self, sources: Callable[[], Sources]) -> None:
        """`sources` gives what there is at that moment; it is called on threads of the server."""
        self._sources = sources

    def collect(self) -> Iterator[Family]:
        """Yield each metric that has a value."""
        sources = self._sources()
        for metric in METRICS:
            family = _family(metric, sources)
            if family.samples:
                yield family


class MetricsServer:
    """Listens until it is stopped."""

    def __init__(self, port: int, sources: Callable[[], Sources]) -> None:
        """Listen at `port`, 0 for any free one.

        Raises:
            OSError: it is not free.
        """
        registry = CollectorRegistry(auto_describe=False)
        registry.register(RunCollector(sources))
        self._server: WSGIServer
        self._thread: Thread
        self._server, self._thread = start_http_server(port, HOST, registry)

    @property
    def url(self) -> str:
        """Return the address of the metrics."""
        return f"http://{HOST}:{self._server.server_port}/metrics"

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _family(metric: Metric, sources: Sources) -> Family:
    if metric.kind is MetricKind.HISTOGRAM:
        return _histogram(metric, sources)
    name, labels = PREFIX + metric.name, metric.labels
    kind = GaugeMetricFamily if metric.kind is MetricKind.GAUGE else CounterMetricFamily
    family = kind(name, metric.text, labels=labels)
    for values, value in metric.read(sources):
        family.add_metric(values, value)
    return family


def _histogram(metric: Metric, sources: Sources) -> Family:
    family = HistogramMetricFamily(PREFIX + metric.name, metric.text, labels=metric.labels)
    for (kind, name), cells in sources.meters.times.items():
        if kind is not metric.timed:
            continue
        times = Histogram(cells)
        buckets = [(str(us / MICROSECONDS), float(times.within(us))) for us in BOUNDS_US]
        buckets.append(("+Inf", float(times.count)))
        named = (name,) if metric.labels else ()
        family.add_metric(named, buckets, times.sum_us / MICROSECONDS)
    return family
