"""Between the primary's actors and the shadow: nothing of the shadow's comes back through here.

In virtual time the shadow works where it is told, which costs no market time; on threads it has one
of its own, behind a queue that never makes anybody wait. If it falls behind, it lets prices and
cycles go; if it fails, it is over, and the trader goes on as if it had never been there.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from queue import SimpleQueue
from typing import Any, Protocol

from actors.kernel.ports import Log
from adapters.runtime.binding import Seen
from app.shadow.comparison import ShadowComparison
from app.shadow.pipeline import HEARD, PRICES, SAID, Pipeline
from domain.messages.decisions import CycleDue
from domain.model.errors import TradingError
from domain.model.instants import Nanos, iso

BEHIND = 5_000
"""What may wait before prices and cycles are left out; a cycle that is not decided isn't compared.
"""
LOST = 50_000
"""What may wait at all: beyond it the books of the shadow would miss a fill."""
STOP_WITHIN_S = 2.0
_SPARED = frozenset((*PRICES, CycleDue))


class TooFarBehind(TradingError):
    """More waits for the shadow than may wait."""


class Records(Protocol):
    """Where the shadow writes."""

    def append(self, record: Mapping[str, Any]) -> None:
        """Keep one record."""

    def close(self) -> None:
        """Write what is left."""


class Shadow:
    """The shadow of one run: told by the primary's actors what they handle and say."""

    def __init__(
        self,
        pipeline: Pipeline,
        comparison: ShadowComparison,
        records: Records,
        log: Log,
        report: str,
    ) -> None:
        """`report` is the command that shows what it has written."""
        self._look = f"type: {report}"
        self._pipeline = pipeline
        self._comparison = comparison
        self._records = records
        self._log = log
        self._now_ns = Nanos(0)
        self.is_over = False

    def see(self, seen: Seen) -> None:
        """Take in what one of the primary's actors handles or says."""
        if not self.is_over and type(seen.message) in (SAID if seen.is_said else HEARD):
            self._take(seen)

    def end(self) -> None:
        """Write the last sums: the run is over."""
        self._finish("stopped")

    def _take(self, seen: Seen) -> None:
        self._now_ns = max(self._now_ns, seen.market_ns)
        try:
            self._pipeline.take(seen)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the shadow's alone
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        cause = f"{type(error).__name__}: {error}"
        self._finish(cause)
        self._log.warning(
            f"the shadow has ended, trading goes on without it; {self._look}", reason=cause
        )

    def _finish(self, how: str) -> None:
        if self.is_over:
            return
        self.is_over = True
        try:
            self._comparison.sum_up(self._now_ns)
            self._records.append({"kind": "end", "at": iso(self._now_ns), "how": how})
            self._records.close()
        except Exception as error:  # noqa: BLE001 - a full disk is no reason to end the run
            self._log.warning("the shadow's last record is missing", reason=str(error))


class ThreadedShadow(Shadow):
    """A shadow with a thread of its own."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._waiting: SimpleQueue[Seen | None] = SimpleQueue()
        self._is_lost = self._is_behind = self._is_told = False
        self._thread = threading.Thread(target=self._work, name="shadow", daemon=True)
        self._thread.start()

    def see(self, seen: Seen) -> None:
        """Put it where the shadow's thread finds it; on any thread, and without waiting."""
        if (
            self._is_lost
            or self.is_over
            or type(seen.message) not in (SAID if seen.is_said else HEARD)
        ):
            return
        waiting = self._waiting.qsize()
        if waiting >= LOST:
            self._is_lost = True
        elif waiting >= BEHIND and type(seen.message) in _SPARED:
            self._is_behind = True
        else:
            self._waiting.put(seen)

    def end(self) -> None:
        """Let it come to its end, within two seconds: else what it has written has to do."""
        self._waiting.put(None)
        self._thread.join(STOP_WITHIN_S)
        if self._thread.is_alive():
            self._log.warning(f"the shadow is still at work and is left behind; {self._look}")

    def _work(self) -> None:
        while (seen := self._waiting.get()) is not None:
            if self._is_lost and not self.is_over:
                self._fail(TooFarBehind(f"more than {LOST} messages waited"))
            if not self.is_over:
                self._take(seen)
            self._tell()
        self._finish("stopped")

    def _tell(self) -> None:
        """Tell once that it does not keep up; how many cycles were left out is in its report."""
        if self._is_behind and not self._is_told:
            self._is_told = True
            self._log.warning(f"the shadow does not keep up and leaves out cycles; {self._look}")
