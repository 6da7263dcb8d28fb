"""What is counted and timed in a run, by name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from attrs import frozen

from domain.model.latency import Cells


class TimeKind(StrEnum):
    """What takes time; journals hold the last two."""

    CYCLE = "cycle"
    """A whole decision cycle; it has one name, the kind's own."""
    STAGE = "stage"
    """A stage of a cycle."""
    REQUEST = "request"
    """A request to the venue, from leaving to its answer."""
    JOURNAL = "journal"
    """A step of the journal: write, sync."""


class CountKind(StrEnum):
    """What is counted, with what it is told apart by."""

    CYCLES = "cycles"
    """By what came of it."""
    DEGRADED = "degraded"
    """Cycles that were not decided as they should be, by reason; one may have several."""
    DEGRADED_CYCLES = "degraded_cycles"
    """The same, each once."""
    ORDERS = "orders"
    """Orders that came into a state, by state."""
    FILLS = "fills"
    """By side."""
    REFUSALS = "refusals"
    """By the rule that refused."""
    TRIPS = "trips"
    """Breakers that opened or got stronger, by name."""
    FEED_GAPS = "feed_gaps"
    """Prices of a product that were not known for a while, by product."""
    PROCESS_GAPS = "process_gaps"
    """Times in which the process did not run."""
    ALERTS = "alerts"
    """Alerts written, by severity."""
    REQUESTS = "requests"
    """By endpoint and what came of it."""


@frozen
class Timed:
    """Times of one thing since they were last taken."""

    kind: TimeKind
    name: str
    cells: Cells


@frozen
class MeterReading:
    """All counts and times of a run so far, at one moment."""

    counts: Mapping[tuple[CountKind, tuple[str, ...]], int]
    times: Mapping[tuple[TimeKind, str], Cells]
