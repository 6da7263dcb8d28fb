"""Passes over minutes in which what is owned can only change its value: nobody is asked in them.

Between two minutes by messages stand as many as repeat the first one; the last of such a row is
told by messages again, so that bids and views are as they would be before something happens. A
look at all products in between is told to who judges products: who watches over what is owned
hears nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from actors.kernel.topology import UNIVERSE
from app.backtest.held_columns import HeldColumns
from app.backtest.instants import CYCLE_AFTER_NS, is_look, next_look
from app.backtest.system import BacktestSystem
from domain.messages.portfolio import MinutesPassed
from domain.model.instants import DAY, HOUR, MINUTE, SECOND, Nanos, bucket_start
from domain.model.product import ProductId

if TYPE_CHECKING:
    from domain.model.bars import Ints

LEAST_PASSED = 3
"""Fewer minutes than these in a row are played: it takes no longer."""
LEAST_MORE = 2
"""As many have to follow a look, or an hour that is read, if it is to be passed too."""
EVERY_SECOND = ("Look of the portfolio", "Check of the exits")
"""Timers that ring whenever they are asked, and do nothing as long as nothing changes."""


@frozen(eq=False)
class _Ahead:
    """Bids of the minutes from `begin_ns` on that are quiet, looked for up to `until_ns`."""

    begin_ns: Nanos
    until_ns: Nanos
    bids: Mapping[ProductId, Ints]

    def tells(self, end_ns: Nanos) -> bool:
        """Tell whether the minutes before `end_ns` were looked at, or come after one that is not
        quiet.
        """
        count = len(next(iter(self.bids.values()), ()))
        return end_ns <= self.until_ns or self.begin_ns + count * MINUTE < self.until_ns

    def part(self, begin_ns: Nanos, end_ns: Nanos) -> dict[ProductId, Ints]:
        """Return the bids of those from `begin_ns` on, before `end_ns`."""
        part = slice((begin_ns - self.begin_ns) // MINUTE, (end_ns - self.begin_ns) // MINUTE)
        return {product: column[part] for product, column in self.bids.items()}


class Passing:
    """Finds and values rows of such minutes."""

    def __init__(
        self,
        system: BacktestSystem,
        held: HeldColumns,
        *,
        first_wanted: Callable[[Nanos, Nanos], Nanos],
        look: Callable[[Nanos], None],
        value: Callable[[Nanos], None],
    ) -> None:
        """`first_wanted` says in which minute of a stretch a strategy first wants something, else
        where it ends; `look` has products judged without telling what is owned, `value` tells a
        minute of it by messages.
        """
        self._system, self._held, self._first_wanted = system, held, first_wanted
        self._look, self._value = look, value
        self._end_ns, self._recorder = system.plan.end_ns, system.recorder
        self._ahead: _Ahead | None = None
        self._reach_ns = HOUR

    def over(self, begin_ns: Nanos) -> Nanos:
        """Value what can be passed from `begin_ns` on; return the first minute that is not valued.

        The minute before was one by messages in which nothing else was said.
        """
        news, at_ns, least = self._recorder.news, begin_ns, LEAST_PASSED
        self._ahead, self._reach_ns = None, HOUR  # what is owned, or where it stands, is another
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

    def idle(self, now_ns: Nanos) -> None:
        """Let the account be valued in a minute in which nothing is owned: by messages if more may
        follow from it.
        """
        system, runtime, end_ns = self._system, self._system.runtime, now_ns + MINUTE
        minute = MinutesPassed((Nanos(now_ns + CYCLE_AFTER_NS),), {})
        if self._steady_until(now_ns) < end_ns or not system.pass_over(minute):
            self._value(now_ns)
            return
        runtime.postpone(end_ns, end_ns - 1 + SECOND, UNIVERSE)
        system.venue.settle()
        runtime.run_to(end_ns - 1)
        system.check()

    def _pass(self, bids: dict[ProductId, Ints], count: int, begin_ns: Nanos) -> Nanos:
        system, runtime = self._system, self._system.runtime
        minutes = self._held.minutes(bids, count, begin_ns, CYCLE_AFTER_NS)
        valued_ns = Nanos(begin_ns + system.pass_over(minutes) * MINUTE)
        # As if those that ring every second had last done so just before.
        runtime.postpone(valued_ns, valued_ns - 1 + SECOND, UNIVERSE)
        if valued_ns > begin_ns:
            row = (valued_ns - begin_ns) // MINUTE - 1
            shown = {product: column.price(row) for product, column in minutes.bids.items()}
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
        end_ns, soon_ns = self._steady_until(begin_ns), Nanos(begin_ns + least * MINUTE)
        if end_ns < soon_ns or self._first_wanted(begin_ns, soon_ns) < soon_ns:
            return {}
        bids = self._bids(begin_ns, end_ns)
        quiet_ns = Nanos(begin_ns + len(next(iter(bids.values()), ())) * MINUTE)
        if quiet_ns <= soon_ns:
            return bids
        count = (self._first_wanted(soon_ns, quiet_ns) - begin_ns) // MINUTE
        return {product: column[:count] for product, column in bids.items()}

    def _bids(self, begin_ns: Nanos, end_ns: Nanos) -> dict[ProductId, Ints]:
        """Return the bids of minutes from `begin_ns` on, before `end_ns`, in which nothing can
        become of what is owned: it is looked for ahead, twice as far each time.
        """
        known = self._ahead
        if known is None or not known.tells(end_ns):
            self._reach_ns = min(2 * self._reach_ns, DAY)
            until_ns = Nanos(max(end_ns, min(begin_ns + self._reach_ns, self._end_ns)))
            recorder = self._recorder
            bids = self._held.quiet(recorder.lots, begin_ns, until_ns, recorder.marks)
            known = self._ahead = _Ahead(begin_ns, until_ns, bids)
        return known.part(begin_ns, end_ns)

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
