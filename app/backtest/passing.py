"""Passes over minutes in which what is owned can only change its value: nobody is asked in them.

Between two minutes by messages stand as many as repeat the first one; the last of such a row is
told by messages again, so that bids and views are as they would be before something happens. A
look at all products in between is told to who judges products: who watches over what is owned
hears nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from actors.kernel.topology import UNIVERSE
from app.backtest.held_columns import HeldColumns
from app.backtest.instants import CYCLE_AFTER_NS, is_look, next_look
from app.backtest.system import BacktestSystem
from domain.model.instants import MINUTE, SECOND, Nanos, bucket_start
from domain.model.product import ProductId

if TYPE_CHECKING:
    from domain.model.bars import Ints

LEAST_PASSED = 3
"""Fewer minutes than these in a row are played: it takes no longer."""
LEAST_MORE = 2
"""As many have to follow a look, or an hour that is read, if it is to be passed too."""
EVERY_SECOND = ("Look of the portfolio", "Check of the exits")
"""Timers that ring whenever they are asked, and do nothing as long as nothing changes."""


class Passing:
    """Finds and values rows of such minutes."""

    def __init__(
        self,
        system: BacktestSystem,
        held: HeldColumns,
        *,
        is_wanted: Callable[[int], bool],
        look: Callable[[Nanos], None],
        value: Callable[[Nanos], None],
    ) -> None:
        """`is_wanted` says whether a strategy wants something in a minute, `look` has products
        judged without telling what is owned, `value` tells a minute of it by messages.
        """
        self._system, self._held, self._is_wanted = system, held, is_wanted
        self._look, self._value = look, value
        self._end_ns, self._recorder = system.plan.end_ns, system.recorder

    def over(self, begin_ns: Nanos) -> Nanos:
        """Value what can be passed from `begin_ns` on; return the first minute that is not valued.

        The minute before was one by messages in which nothing else was said.
        """
        news, at_ns, least = self._recorder.news, begin_ns, LEAST_PASSED
        while self._recorder.news == news:
            bids = self._quiet(at_ns, least)
            count = len(next(iter(bids.values()), ()))
            if count < least:
                break
            if is_look(at_ns):
                self._look(at_ns)
                if self._recorder.news != news:
                    self._value(at_ns)
                    return Nanos(at_ns + MINUTE)
            valued_ns = self._pass(bids, count - 1, at_ns)
            if valued_ns != at_ns + (count - 1) * MINUTE:
                return valued_ns
            at_ns, least = valued_ns, LEAST_MORE
        return at_ns

    def _pass(self, bids: dict[ProductId, Ints], count: int, begin_ns: Nanos) -> Nanos:
        system, runtime = self._system, self._system.runtime
        minutes = self._held.minutes(bids, count, begin_ns, CYCLE_AFTER_NS)
        valued_ns = Nanos(begin_ns + system.pass_over(minutes) * MINUTE)
        # As if those that ring every second had last done so just before.
        runtime.postpone(valued_ns, valued_ns - 1 + SECOND, UNIVERSE)
        if valued_ns > begin_ns:
            row = (valued_ns - begin_ns) // MINUTE - 1
            shown = {product: column[row] for product, column in minutes.bids.items()}
            self._recorder.marks.update(shown)
            if any(due_ns < valued_ns for due_ns, _ in runtime.dues()):
                system.venue.settle()
                runtime.run_to(valued_ns - 1)
                system.check()
        return valued_ns

    def _quiet(self, begin_ns: Nanos, least: int) -> dict[ProductId, Ints]:
        """Return the bids of minutes from `begin_ns` on in which nothing can happen, whatever
        is due after the first of them; nothing if there are fewer than `least`.
        """
        end_ns, soon_ns = self._steady_until(begin_ns), begin_ns + least * MINUTE
        if end_ns < soon_ns or any(map(self._is_wanted, range(begin_ns, soon_ns, MINUTE))):
            return {}
        recorder = self._recorder
        bids = self._held.quiet(recorder.lots, begin_ns, end_ns, recorder.marks)
        count = len(next(iter(bids.values()), ()))
        for number in range(least, count):
            if self._is_wanted(begin_ns + number * MINUTE):
                return {product: column[:number] for product, column in bids.items()}
        return bids

    def _steady_until(self, begin_ns: Nanos) -> Nanos:
        """Return the end of the first minute after that of `begin_ns` in which something is due,
        whatever prices do: a look at all products, a timer that does not ring every second, or
        the end. Of a timer that rings before its minute is valued, its beginning; of one of who
        judges products, the end of the minute after: it rings where its own has been passed.
        """
        end_ns = min(next_look(begin_ns + MINUTE) + MINUTE, self._end_ns)
        ringing = 0
        for due_ns, actor in self._system.runtime.dues():
            if due_ns <= begin_ns + CYCLE_AFTER_NS:
                ringing += 1
                continue
            ends_ns = bucket_start(due_ns + MINUTE - CYCLE_AFTER_NS - 1, MINUTE)
            is_late = ends_ns > due_ns
            end_ns = min(end_ns, ends_ns + MINUTE if actor == UNIVERSE and is_late else ends_ns)
        return Nanos(end_ns) if ringing == len(EVERY_SECOND) else begin_ns
