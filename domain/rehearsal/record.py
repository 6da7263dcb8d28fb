"""What the journal says of a rehearsal: one fold over all of its runs, in their order."""

from __future__ import annotations

from decimal import Decimal

from attrs import define, field, frozen

from domain.messages.control import ReconcileFinished
from domain.messages.decisions import RoundJudged
from domain.messages.journal import RunStarted, RunStopped
from domain.messages.orders import FillBooked, OrderAdvanced
from domain.messages.supervision import ActorDown, BootCompleted
from domain.model.cycle import whole_ns
from domain.model.money import Rate
from domain.model.orders import OrderState
from domain.results.objectives import Performance, PerformanceFold


@frozen
class CyclePoint:
    """One cycle: market time, its length in seconds (None: not timed), and the equity it saw."""

    at_ns: int
    seconds: Decimal | None
    nlv: Decimal | None


@frozen(kw_only=True)
class RehearsalRecord:
    """All runs of a rehearsal.

    `begun_ns` and `ended_ns` are market time, both None before anything was written; `wall_ns` is
    how much UTC wall time lies between them and `ended_wall_ns` when it ended, None in virtual
    time. `ran_ns` is market time in which something ran. `cycles` are those of the schedule: of
    several within one interval, as after a start, one counts; `points` are all. `died` counts runs
    without a last record. `open_doubts` are why fills and books may not be those of the venue.
    """

    runs: int = 0
    died: int = 0
    modes: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()
    worlds: tuple[str, ...] = ()
    config_hashes: tuple[str, ...] = ()
    policy_hashes: tuple[str, ...] = ()
    begun_ns: int | None = None
    ended_ns: int | None = None
    wall_ns: int | None = None
    ended_wall_ns: int | None = None
    is_virtual: bool = False
    ran_ns: int = 0
    cycles: int = 0
    exceptions: tuple[str, ...] = ()
    fills: int = 0
    open_doubts: tuple[str, ...] = ()
    maker: Rate | None = None
    taker: Rate | None = None
    performance: Performance = Performance()
    points: tuple[CyclePoint, ...] = ()


@define
class RehearsalFold:
    """Takes the records of a rehearsal's runs, a start first; a cycle is due each interval."""

    interval_ns: int
    _runs: int = 0
    _stopped: int = 0
    _named: dict[str, dict[str, None]] = field(factory=dict)
    _first: tuple[int, int | None] | None = None
    _last: tuple[int, int | None] = (0, None)
    _run_ns: int = 0
    _ran_ns: int = 0
    _exceptions: list[str] = field(factory=list)
    _fills: int = 0
    _unknown: set[str] = field(factory=set)
    _is_compared: bool = True
    _problems: tuple[str, ...] = ()
    _rates: tuple[Rate, Rate] | None = None
    _performance: PerformanceFold = field(factory=PerformanceFold)
    _points: list[CyclePoint] = field(factory=list)

    def take(self, message: object, at_ns: int, wall_ns: int | None) -> None:
        """Take one record, of market time `at_ns` and UTC wall time `wall_ns` (None: virtual)."""
        if isinstance(message, RunStarted):
            self._start(message, at_ns, wall_ns)
        if self._first is None:
            return
        self._last = at_ns, wall_ns
        match message:
            case RunStopped():
                self._stopped += 1
            case RoundJudged():
                self._points.append(_point(message, at_ns))
                self._performance.take(message)
            case ActorDown(actor=actor, cause=cause):
                self._exceptions.append(f"{actor}: {cause}")
            case BootCompleted(maker_rate=maker, taker_rate=taker):
                known = self._rates or (maker, taker)
                self._rates = min(known[0], maker), min(known[1], taker)
            case FillBooked() | OrderAdvanced() | ReconcileFinished():
                self._of_books(message)
            case _ if not isinstance(message, RunStarted):
                self._performance.take(message)

    def _start(self, started: RunStarted, at_ns: int, wall_ns: int | None) -> None:
        if self._first is None:
            self._first = at_ns, wall_ns
            self._performance.take(started, is_virtual=wall_ns is None)
        else:
            self._ran_ns += self._last[0] - self._run_ns
        self._run_ns = at_ns
        self._runs += 1
        for name in ("mode", "venue", "world", "config_hash", "policy_hash"):
            self._named.setdefault(name, {})[getattr(started, name)] = None

    def _of_books(self, message: FillBooked | OrderAdvanced | ReconcileFinished) -> None:
        match message:
            case FillBooked():
                self._fills += 1
                self._is_compared = False
            case OrderAdvanced(client_order_id=name, state=OrderState.UNKNOWN):
                self._unknown.add(name)
            case OrderAdvanced(client_order_id=name):
                self._unknown.discard(name)
            case ReconcileFinished(is_clean=is_clean, problems=problems):
                self._is_compared = is_clean
                self._problems = () if is_clean else problems

    def result(self) -> RehearsalRecord:
        """Return what there is so far."""
        if self._first is None:
            return RehearsalRecord()
        begun_ns, begun_wall_ns = self._first
        ended_ns, ended_wall_ns = self._last
        is_virtual = begun_wall_ns is None or ended_wall_ns is None
        maker, taker = self._rates or (None, None)
        return RehearsalRecord(
            runs=self._runs,
            died=self._runs - self._stopped,
            modes=self._names("mode"),
            venues=self._names("venue"),
            worlds=self._names("world"),
            config_hashes=self._names("config_hash"),
            policy_hashes=self._names("policy_hash"),
            begun_ns=begun_ns,
            ended_ns=ended_ns,
            wall_ns=None if is_virtual else _length(begun_wall_ns, ended_wall_ns),
            ended_wall_ns=ended_wall_ns,
            is_virtual=is_virtual,
            ran_ns=self._ran_ns + ended_ns - self._run_ns,
            cycles=len({each.at_ns // self.interval_ns for each in self._points}),
            exceptions=tuple(self._exceptions),
            fills=self._fills,
            open_doubts=self._doubts(),
            maker=maker,
            taker=taker,
            performance=self._performance.result(),
            points=tuple(self._points),
        )

    def _names(self, name: str) -> tuple[str, ...]:
        return tuple(self._named.get(name, {}))

    def _doubts(self) -> tuple[str, ...]:
        found = [f"nobody knows what became of order {name}" for name in sorted(self._unknown)]
        found += self._problems
        if not self._is_compared and not self._problems:
            found.append("nothing was compared with the venue after the last fill")
        return tuple(found)


def _length(begun_ns: int | None, ended_ns: int | None) -> int:
    return (ended_ns or 0) - (begun_ns or 0)


def _point(judged: RoundJudged, at_ns: int) -> CyclePoint:
    seconds = Decimal(whole_ns(judged.times)).scaleb(-9) if judged.times else None
    return CyclePoint(at_ns, seconds, judged.nlv)
