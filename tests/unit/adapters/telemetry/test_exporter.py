"""What a scrape gets: every sample of every metric, of one moment, on this machine only."""

from __future__ import annotations

import socket

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from adapters.telemetry.exporter import BOUNDS_US, HOST, MetricsServer, RunCollector
from adapters.telemetry.metrics import Sources
from domain.model.instants import SECOND
from domain.model.latency import Histogram, rounded_us
from domain.model.meters import CountKind, MeterReading, TimeKind

pytestmark = pytest.mark.req("OB1")

CYCLE = (TimeKind.CYCLE, "cycle")


def sources() -> Sources:
    times = Histogram()
    for took_ns in (SECOND // 1_000, SECOND, SECOND + 1, 40 * SECOND):
        times.add(took_ns)
    counts: dict[tuple[CountKind, tuple[str, ...]], int] = {
        (CountKind.REQUESTS, ("GET /x", "200")): 3
    }
    meters = MeterReading(counts, {CYCLE: times.cells, (TimeKind.STAGE, "gate"): times.cells})
    return Sources(status={}, meters=meters, market_ns=0, resident=1_000)


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_scrape_over_the_wire_reads_counts_gauges_and_times() -> None:
    server = MetricsServer(0, sources)
    try:
        found = samples(requests.get(server.url, timeout=10).text)
    finally:
        server.stop()

    assert found["bulkhead_resident_bytes", ()] == 1_000
    labels = (("endpoint", "GET /x"), ("outcome", "200"))
    assert found["bulkhead_requests_total", labels] == 3
    assert found["bulkhead_cycle_seconds_bucket", (("le", "1.0"),)] == 2
    assert found["bulkhead_cycle_seconds_bucket", (("le", "2.0"),)] == 3
    assert found["bulkhead_cycle_seconds_bucket", (("le", "+Inf"),)] == 4
    assert found["bulkhead_cycle_seconds_count", ()] == 4
    assert found["bulkhead_stage_seconds_count", (("stage", "gate"),)] == 4


def test_what_has_no_value_is_left_out() -> None:
    names = {family.name for family in RunCollector(sources).collect()}

    assert "bulkhead_equity" not in names
    assert "bulkhead_journal_seconds" not in names
    assert "bulkhead_cycles" in names


def test_each_bound_is_a_time_that_is_kept_exactly() -> None:
    assert [rounded_us(us * 1_000) for us in BOUNDS_US] == list(BOUNDS_US)
    assert list(BOUNDS_US) == sorted(BOUNDS_US)


def test_it_listens_on_this_machine_only_and_not_after_its_end() -> None:
    server = MetricsServer(0, sources)
    port = int(server.url.rpartition(":")[2].partition("/")[0])
    assert server.url == f"http://{HOST}:{port}/metrics"
    with pytest.raises(OSError, match=r"."):
        MetricsServer(port, sources)
    server.stop()

    with socket.socket() as probe:
        assert probe.connect_ex((HOST, port)) != 0
