"""Every metric that is served: its name, what it means, and where its value comes from.

`docs/metrics.md` is printed from `METRICS`. Whatever a source does not know is left out: no metric
ever shows a zero for something that nobody measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from attrs import frozen

from domain.model.breakers import Severity
from domain.model.cycle import CycleStatus
from domain.model.instants import SECOND, parse_iso
from domain.model.meters import CountKind, MeterReading, TimeKind
from domain.model.orders import TERMINAL, OrderState
from domain.model.product import Side

PREFIX = "bulkhead_"


class MetricKind(StrEnum):
    """How Prometheus takes a metric."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@frozen(kw_only=True)
class Sources:
    """What metrics are read from, at one moment: nothing of it changes any more.

    `status` is the status document that was published last, empty before the first; `market_ns` is
    market time now, `resident` the bytes of memory that the process has.
    """

    status: Mapping[str, Any]
    meters: MeterReading
    market_ns: int
    resident: int


Labels = tuple[str, ...]
Sample = tuple[Labels, float]


@frozen(kw_only=True)
class Metric:
    """One metric. Its full name begins with `PREFIX`; a counter's ends with `_total`."""

    name: str
    kind: MetricKind
    text: str
    labels: Labels = ()
    read: Callable[[Sources], Iterable[Sample]] = lambda _: ()
    timed: TimeKind | None = None

    @property
    def full_name(self) -> str:
        """Return the name that Prometheus knows it by."""
        return PREFIX + self.name + ("_total" if self.kind is MetricKind.COUNTER else "")


def _rows(sources: Sources, member: str) -> Iterator[Mapping[str, Any]]:
    told = sources.status.get(member)
    for row in told if isinstance(told, list) else ():
        if isinstance(row, Mapping):
            yield row


def _number(value: object) -> float | None:
    """Return a number or a decimal text of the status; None where it is not known."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, OverflowError):
            return None
    return None


def _age(sources: Sources, at: object) -> float | None:
    """Return the seconds since a moment of the status; None where it names none."""
    try:
        return (sources.market_ns - parse_iso(str(at))) / SECOND
    except ValueError:
        return None


def _told(labels: Labels, value: object) -> Iterator[Sample]:
    number = _number(value)
    if number is not None:
        yield labels, number


def _member(name: str) -> Callable[[Sources], Iterable[Sample]]:
    return lambda sources: _told((), sources.status.get(name))


def _money(name: str) -> Callable[[Sources], Iterable[Sample]]:
    return lambda sources: _told((str(sources.status.get("quote")),), sources.status.get(name))


def _of_each(member: str, label: str, value: str) -> Callable[[Sources], Iterable[Sample]]:
    def read(sources: Sources) -> Iterator[Sample]:
        for row in _rows(sources, member):
            yield from _told((str(row.get(label)),), row.get(value))

    return read


def _budgets(value: str) -> Callable[[Sources], Iterable[Sample]]:
    def read(sources: Sources) -> Iterator[Sample]:
        told = sources.status.get("rate_budgets")
        for name, row in told.items() if isinstance(told, Mapping) else ():
            if isinstance(row, Mapping):
                yield from _told((str(name),), row.get(value))

    return read


def _counted(what: CountKind, known: Iterable[str] = ()) -> Callable[[Sources], Iterable[Sample]]:
    """Return how to read what is counted; what is `known` shows from the beginning, with 0."""
    known = tuple(known)

    def read(sources: Sources) -> Iterator[Sample]:
        counts: dict[Labels, int] = {(each,): 0 for each in known}
        counts |= {labels: n for (of, labels), n in sources.meters.counts.items() if of is what}
        for labels, count in counts.items():
            yield labels, float(count)

    return read


def _counted_once(what: CountKind) -> Callable[[Sources], Iterable[Sample]]:
    return lambda sources: [((), float(sources.meters.counts.get((what, ()), 0)))]


def _run(sources: Sources) -> Iterator[Sample]:
    names = ("mode", "world", "config_hash", "policy_hash")
    if sources.status:
        yield tuple(str(sources.status.get(name)) for name in names), 1.0


def _halted(sources: Sources) -> Iterator[Sample]:
    halted = sources.status.get("halted")
    if isinstance(halted, bool):
        yield (), float(halted)


def _breakers(sources: Sources) -> Iterator[Sample]:
    for row in _rows(sources, "breakers"):
        if row.get("state") != "OK":
            yield tuple(str(row.get(name)) for name in ("name", "scope", "state")), 1.0


def _limits(sources: Sources) -> Iterator[Sample]:
    fullest: dict[str, float] = {}
    for row in _rows(sources, "limits"):
        used, limit = _number(row.get("used")), _number(row.get("limit"))
        if used is not None and limit:
            name = _ONE_OF_MANY.sub("", str(row.get("name")))
            fullest[name] = max(used / limit, fullest.get(name, used / limit))
    for name, share in fullest.items():
        yield (name,), share


def _open_orders(sources: Sources) -> Iterator[Sample]:
    states = [str(row.get("state")) for row in _rows(sources, "orders_open")]
    if sources.status:
        for state in ALIVE:
            yield (state.value.lower(),), float(states.count(state.value))


def _positions(sources: Sources) -> Iterator[Sample]:
    if "positions" in sources.status:
        yield (), float(len(list(_rows(sources, "positions"))))


def _unprotected(sources: Sources) -> Iterator[Sample]:
    if "positions" in sources.status:
        guards = [row.get("protected_at") for row in _rows(sources, "positions")]
        yield (), float(sum(each in UNPROTECTED for each in guards))


def _actors_up(sources: Sources) -> Iterator[Sample]:
    for row in _rows(sources, "actors"):
        yield (str(row.get("name")),), float(row.get("state") != "down")


def _price_ages(sources: Sources) -> Iterator[Sample]:
    for row in _rows(sources, "market_data"):
        yield from _told((str(row.get("product")),), _age(sources, row.get("price_at")))


def _status_age(sources: Sources) -> Iterator[Sample]:
    yield from _told((), _age(sources, sources.status.get("market_time")))


ALIVE = tuple(each for each in OrderState if each not in TERMINAL)
_ONE_OF_MANY = re.compile(r" [A-Z0-9][A-Z0-9_-]*$")
"""Ends the name of a limit with the product, asset, tier or theme that is fullest just now: whose
turn it is changes all the time, and would be a new series each time."""
UNPROTECTED = ("nobody", "missing at the venue")
"""What `status` says of a lot that nobody sells when its stop is passed."""
_GAUGE, _COUNTER, _HISTOGRAM = MetricKind


def _gauge(
    name: str, text: str, read: Callable[[Sources], Iterable[Sample]], *labels: str
) -> Metric:
    return Metric(name=name, kind=_GAUGE, text=text, labels=labels, read=read)


def _counter(
    name: str, text: str, read: Callable[[Sources], Iterable[Sample]], *labels: str
) -> Metric:
    return Metric(name=name, kind=_COUNTER, text=text, labels=labels, read=read)


def _histogram(name: str, text: str, timed: TimeKind, *labels: str) -> Metric:
    return Metric(name=name, kind=_HISTOGRAM, text=text, labels=labels, timed=timed)


METRICS = (
    _gauge(
        "run_info",
        "What runs; the value is always 1.",
        _run,
        *("mode", "world", "config_hash", "policy_hash"),
    ),
    _gauge("status_age_seconds", "Market time since the status was published.", _status_age),
    _gauge("equity", "Cash and lots at the best bid, after fees.", _money("equity"), "currency"),
    _gauge("cash", "Cash of the account.", _money("cash"), "currency"),
    _gauge("pnl_net", "Profit after fees, realised and not.", _money("pnl_net"), "currency"),
    _gauge("fees", "Fees paid so far.", _money("fees"), "currency"),
    _gauge("positions", "Lots that are owned.", _positions),
    _gauge("positions_unprotected", "Lots that nobody would sell at their stop.", _unprotected),
    _gauge(
        "limit_used_ratio",
        "How much of a limit is used, 1 is all; of those on one of many, the fullest.",
        _limits,
        "limit",
    ),
    _counter(
        "cycles",
        "Decision cycles by what came of them.",
        _counted(CountKind.CYCLES, CycleStatus),
        "status",
    ),
    _counter(
        "degraded_cycles",
        "Cycles that were not decided as they should be.",
        _counted_once(CountKind.DEGRADED_CYCLES),
    ),
    _counter(
        "degraded_reasons",
        "Why cycles were degraded; one may have several reasons.",
        _counted(CountKind.DEGRADED),
        "reason",
    ),
    _histogram("cycle_seconds", "From when a cycle was due to its last verdict.", TimeKind.CYCLE),
    _histogram("stage_seconds", "Stages of a cycle.", TimeKind.STAGE, "stage"),
    _gauge("orders_open", "Orders that have not ended.", _open_orders, "state"),
    _counter(
        "orders",
        "Orders that came into a state.",
        _counted(CountKind.ORDERS, (each.value.lower() for each in OrderState)),
        "state",
    ),
    _counter(
        "fills", "Fills.", _counted(CountKind.FILLS, (each.value.lower() for each in Side)), "side"
    ),
    _counter(
        "refusals", "Proposals refused, by the first rule.", _counted(CountKind.REFUSALS), "rule"
    ),
    _gauge("halted", "1 while trading is halted.", _halted),
    _gauge("breaker_open", "1 for each open breaker.", _breakers, "breaker", "scope", "effect"),
    _counter(
        "breaker_trips",
        "Breakers that opened or got stronger.",
        _counted(CountKind.TRIPS),
        "breaker",
    ),
    _gauge("actor_up", "1 while an actor lives.", _actors_up, "actor"),
    _counter(
        "actor_restarts",
        "Times an actor was brought back.",
        _of_each("actors", "name", "restarts"),
        "actor",
    ),
    _gauge(
        "actor_mailbox",
        "Messages that wait for an actor.",
        _of_each("actors", "name", "mailbox"),
        "actor",
    ),
    _counter(
        "actor_conflated",
        "Messages that a newer one of their kind replaced.",
        _of_each("actors", "name", "conflated"),
        "actor",
    ),
    _gauge(
        "price_age_seconds",
        "Market time since the price of a product was last true.",
        _price_ages,
        "product",
    ),
    _counter(
        "feed_gaps",
        "Times the price of a product was not known.",
        _counted(CountKind.FEED_GAPS),
        "product",
    ),
    _counter(
        "process_gaps",
        "Times the process did not run for a while.",
        _counted_once(CountKind.PROCESS_GAPS),
    ),
    _gauge("rate_budget_used", "Requests within the last window.", _budgets("used"), "budget"),
    _gauge("rate_budget_limit", "Requests that may be made in it.", _budgets("limit"), "budget"),
    _gauge("rate_budget_waiting", "Requests held up.", _budgets("waiting"), "budget"),
    _counter(
        "rate_budget_refused",
        "Requests that the venue refused for their rate.",
        _budgets("refused"),
        "budget",
    ),
    _counter(
        "requests",
        "Requests to the venue: the status of the answer, or why there was none.",
        _counted(CountKind.REQUESTS),
        *("endpoint", "outcome"),
    ),
    _histogram(
        "request_seconds", "Requests, from leaving to the answer.", TimeKind.REQUEST, "endpoint"
    ),
    _histogram("journal_seconds", "Steps of the journal.", TimeKind.JOURNAL, "step"),
    _counter("alerts", "Alerts written.", _counted(CountKind.ALERTS, Severity), "severity"),
    _gauge(
        "resident_bytes", "Memory of the process.", lambda sources: [((), float(sources.resident))]
    ),
)
"""Every metric, in the order of the page."""
