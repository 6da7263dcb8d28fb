"""Each metric has a value of its own source, and none where its source knows nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telemetry.metrics import METRICS, Metric, MetricKind, Sources
from domain.model.instants import SECOND, iso
from domain.model.meters import CountKind, MeterReading, TimeKind
from tests.builders.messages import NOW

pytestmark = pytest.mark.req("OB1")

BY_NAME = {each.full_name: each for each in METRICS}
NOTHING = MeterReading({}, {})
STATUS: dict[str, Any] = {
    "mode": "paper",
    "world": "w",
    "config_hash": "c",
    "policy_hash": "p",
    "market_time": iso(NOW - 2 * SECOND),
    "quote": "USD",
    "equity": "9993.53",
    "cash": "9642.1",
    "pnl_net": "-6.47",
    "fees": "2.13",
    "halted": True,
    "positions": [{"protected_at": "venue"}, {"protected_at": "nobody"}],
    "limits": [
        {"name": "daily_loss", "used": "1", "limit": "4"},
        {"name": "spread SOL-USD", "used": "1", "limit": "2"},
        {"name": "spread BTC-USD", "used": "3", "limit": "2"},
        {"name": "no limit", "used": "1", "limit": "0"},
    ],
    "orders_open": [{"state": "OPEN"}, {"state": "OPEN"}],
    "breakers": [
        {"name": "daily_loss", "scope": "global", "state": "OK"},
        {"name": "late", "scope": "strategy:a", "state": "BLOCK"},
    ],
    "actors": [
        {"name": "feed", "state": "idle", "restarts": 2, "mailbox": 5, "conflated": 7},
        {"name": "exits", "state": "down", "restarts": 0, "mailbox": 0, "conflated": 0},
    ],
    "market_data": [
        {"product": "BTC-USD", "price_at": iso(NOW - SECOND)},
        {"product": "ETH-USD", "price_at": None},
    ],
    "rate_budgets": {"private": {"used": 3, "limit": 30, "waiting": 1, "refused": 2}},
}


def read(
    name: str, status: dict[str, Any] = STATUS, meters: MeterReading = NOTHING
) -> dict[tuple[str, ...], float]:
    metric = BY_NAME[name]
    sources = Sources(status=status, meters=meters, market_ns=NOW, resident=42)
    return dict(metric.read(sources))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("bulkhead_run_info", {("paper", "w", "c", "p"): 1.0}),
        ("bulkhead_status_age_seconds", {(): 2.0}),
        ("bulkhead_equity", {("USD",): 9993.53}),
        ("bulkhead_cash", {("USD",): 9642.1}),
        ("bulkhead_pnl_net", {("USD",): -6.47}),
        ("bulkhead_fees", {("USD",): 2.13}),
        ("bulkhead_positions", {(): 2.0}),
        ("bulkhead_positions_unprotected", {(): 1.0}),
        ("bulkhead_limit_used_ratio", {("daily_loss",): 0.25, ("spread",): 1.5}),
        ("bulkhead_halted", {(): 1.0}),
        ("bulkhead_breaker_open", {("late", "strategy:a", "BLOCK"): 1.0}),
        ("bulkhead_actor_up", {("feed",): 1.0, ("exits",): 0.0}),
        ("bulkhead_actor_restarts_total", {("feed",): 2.0, ("exits",): 0.0}),
        ("bulkhead_actor_mailbox", {("feed",): 5.0, ("exits",): 0.0}),
        ("bulkhead_actor_conflated_total", {("feed",): 7.0, ("exits",): 0.0}),
        ("bulkhead_price_age_seconds", {("BTC-USD",): 1.0}),
        ("bulkhead_rate_budget_used", {("private",): 3.0}),
        ("bulkhead_rate_budget_limit", {("private",): 30.0}),
        ("bulkhead_rate_budget_waiting", {("private",): 1.0}),
        ("bulkhead_rate_budget_refused_total", {("private",): 2.0}),
        ("bulkhead_resident_bytes", {(): 42.0}),
    ],
)
def test_a_value_is_read_from_the_status(name: str, values: dict[tuple[str, ...], float]) -> None:
    assert read(name) == values


def test_open_orders_show_each_state_that_is_not_the_end() -> None:
    found = read("bulkhead_orders_open")

    assert found["open",] == 2.0
    assert found["unknown",] == 0.0
    assert ("filled",) not in found


COUNTS = {
    "bulkhead_cycles_total": (CountKind.CYCLES, ("traded",)),
    "bulkhead_degraded_cycles_total": (CountKind.DEGRADED_CYCLES, ()),
    "bulkhead_degraded_reasons_total": (CountKind.DEGRADED, ("late",)),
    "bulkhead_orders_total": (CountKind.ORDERS, ("filled",)),
    "bulkhead_fills_total": (CountKind.FILLS, ("buy",)),
    "bulkhead_refusals_total": (CountKind.REFUSALS, ("total_cap",)),
    "bulkhead_breaker_trips_total": (CountKind.TRIPS, ("late",)),
    "bulkhead_feed_gaps_total": (CountKind.FEED_GAPS, ("BTC-USD",)),
    "bulkhead_process_gaps_total": (CountKind.PROCESS_GAPS, ()),
    "bulkhead_requests_total": (CountKind.REQUESTS, ("GET /", "200")),
    "bulkhead_alerts_total": (CountKind.ALERTS, ("CRITICAL",)),
}


@pytest.mark.parametrize(("name", "key"), COUNTS.items())
def test_a_count_is_read_from_the_meters(name: str, key: tuple[CountKind, tuple[str, ...]]) -> None:
    found = read(name, {}, MeterReading({key: 3}, {}))

    assert {labels: value for labels, value in found.items() if value} == {key[1]: 3.0}
    assert len(BY_NAME[name].labels) == len(key[1])


def test_every_kind_of_count_and_time_is_shown_by_a_metric() -> None:
    timed = {each.timed for each in METRICS if each.kind is MetricKind.HISTOGRAM}

    assert {kind for kind, _ in COUNTS.values()} == set(CountKind)
    assert timed == set(TimeKind)


@pytest.mark.parametrize("metric", METRICS, ids=lambda each: str(each.full_name))
def test_a_metric_is_named_as_prometheus_wants_it_and_says_what_it_is(metric: Metric) -> None:
    assert metric.full_name.startswith("bulkhead_")
    assert metric.full_name.replace("_", "").isalnum()
    assert metric.full_name.endswith("_total") is (metric.kind is MetricKind.COUNTER)
    assert metric.text.endswith(".")


def test_no_name_stands_twice() -> None:
    assert len(BY_NAME) == len(METRICS)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(STATUS)), JUNK))
def test_a_status_that_is_not_what_it_should_be_hides_values_and_breaks_nothing(
    status: dict[str, Any],
) -> None:
    sources = Sources(status=status, meters=NOTHING, market_ns=NOW, resident=1)
    for metric in METRICS:
        for labels, value in metric.read(sources):
            assert len(labels) == len(metric.labels)
            assert isinstance(value, float)
