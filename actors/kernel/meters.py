"""Counts and times of one run: with the board and the clock all that actors share.

Not an actor: whoever measures adds to it on its own thread, and whoever shows it reads a copy.
"""

from __future__ import annotations

import threading
from collections import Counter

from domain.model.latency import Histogram
from domain.model.meters import CountKind, MeterReading, Timed, TimeKind

MOST_LABELS = 2_000
"""Different things that are counted or timed; what is new beyond that counts as `OTHER`."""
OTHER = "other"
JOURNALED = (TimeKind.REQUEST, TimeKind.JOURNAL)
"""What is taken for the journal from time to time; cycles have a record each."""


class Meters:
    """Implements `Meter`, and shows what was measured. Any thread may call anything."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[CountKind, tuple[str, ...]]] = Counter()
        self._times: dict[tuple[TimeKind, str], Histogram] = {}
        self._untaken: dict[tuple[TimeKind, str], Histogram] = {}

    def count(self, what: CountKind, *labels: str) -> None:
        """Count one more."""
        key = what, labels
        with self._lock:
            if key not in self._counts and len(self._counts) >= MOST_LABELS:
                key = what, (OTHER,) * len(labels)
            self._counts[key] += 1

    def time(self, kind: TimeKind, name: str, took_ns: int) -> None:
        """Count how long something took."""
        key = kind, name
        with self._lock:
            if key not in self._times and len(self._times) >= MOST_LABELS:
                key = kind, OTHER
            self._times.setdefault(key, Histogram()).add(took_ns)
            if kind in JOURNALED:
                self._untaken.setdefault(key, Histogram()).add(took_ns)

    def take(self) -> tuple[Timed, ...]:
        """Return what is to be journaled and was not taken yet, by kind and name."""
        with self._lock:
            taken, self._untaken = self._untaken, {}
        return tuple(Timed(*key, taken[key].cells) for key in sorted(taken))

    def read(self) -> MeterReading:
        """Return everything so far."""
        with self._lock:
            counts = dict(self._counts)
            times = {key: each.copy() for key, each in self._times.items()}
        # Put in order after the lock: nobody who trades waits for it.
        return MeterReading(counts, {key: each.cells for key, each in times.items()})
