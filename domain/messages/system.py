"""Life of the system itself: start, stop, breakers, operator, alerts, statements."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import ClassVar

from attrs import frozen

from domain.model.instants import Nanos
from domain.model.money import Amount, Rate
from domain.model.portfolio import AccountBalance, PortfolioView
from domain.model.product import Product, ProductId

CONTROL_LANE = 0


class Effect(IntEnum):
    """What an open breaker does; the stronger includes the weaker."""

    NONE = 0
    BLOCK = 1
    REDUCE_ONLY = 2
    HALT = 3
    KILL = 4


class Severity(StrEnum):
    """How loud an alert is."""

    INFO = "INFO"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


@frozen(kw_only=True)
class Breaker:
    """One open breaker.

    `scope` is what it covers: "global", "venue", "product:BTC-USD", "strategy:NAME", or "actor",
    which covers no order and only says that the actor of this name is down. A latched one needs
    the operator's `resume`. `at_ns` is market time.
    """

    name: str
    scope: str
    effect: Effect
    reason: str
    is_latched: bool
    at_ns: Nanos


@frozen
class BreakerTripped:
    """A breaker opened, or an open one got stronger."""

    LANE: ClassVar[int] = CONTROL_LANE
    breaker: Breaker


@frozen
class BreakerReset:
    """A breaker closed; `evidence` says what proved it.

    `by` is "proof", "operator", or "policy" (paper's one release by itself after a crash).
    """

    LANE: ClassVar[int] = CONTROL_LANE
    name: str
    scope: str
    by: str
    evidence: str


@frozen
class ActorDown:
    """An actor died or hangs. `cause` is the exception's type and text, no values of variables.

    `fingerprint` names message, exception and line: equal ones are the same bug again.
    """

    LANE: ClassVar[int] = CONTROL_LANE
    actor: str
    epoch: int
    cause: str
    fingerprint: str = ""


@frozen
class ActorRestarted:
    """A fresh incarnation of an actor is up and knows only what it was rebuilt from."""

    actor: str
    epoch: int


@frozen
class ActorProven:
    """A fresh incarnation has done its work once; `evidence` says what it did."""

    actor: str
    epoch: int
    evidence: str


class DrillKind(StrEnum):
    """How a drill breaks an actor."""

    CRASH = "crash"
    HANG = "hang"
    EXIT = "exit"


@frozen
class Drill:
    """Break the actor that handles this, from inside: only by the operator's `--drill`."""

    LANE: ClassVar[int] = CONTROL_LANE
    kind: DrillKind


@frozen
class DrillStarted:
    """For the record, before it happens: what follows at `actor` was asked for."""

    LANE: ClassVar[int] = CONTROL_LANE
    kind: DrillKind
    actor: str


@frozen
class RebuildFinished:
    """The actors are up again from the journal; or `failure` says why none of them is."""

    token: int
    started: tuple[tuple[str, int], ...]
    failure: str | None


@frozen
class ReviveRequested:
    """The operator wants everything that is down to be tried once more."""

    LANE: ClassVar[int] = CONTROL_LANE
    request_id: str


@frozen
class Revived:
    """Everything is up that can be; `items` says what is not."""

    request_id: str
    items: tuple[str, ...]


@frozen
class GapSeen:
    """The process did not run for `length_ns`: all that was known before is old."""

    LANE: ClassVar[int] = CONTROL_LANE
    length_ns: Nanos


@frozen
class LossesMeasured:
    """How far each loss limit is used: (breaker, lost, limit), percent or quote currency."""

    LANE: ClassVar[int] = 2
    losses: tuple[tuple[str, Decimal, Decimal], ...]

    @property
    def key(self) -> str:
        """What a newer message of this kind replaces."""
        return "losses"


@frozen
class BootCompleted:
    """Recovery is done: trading may begin as far as breakers allow."""

    products: tuple[Product, ...]
    maker_rate: Rate
    taker_rate: Rate
    is_clean: bool


@frozen
class ProductsChanged:
    """The catalogue was read: steps and flags of every product, before any fill is booked."""

    products: tuple[Product, ...]


@frozen
class TradingReady:
    """First cycle may start. `history` says what was back-filled, for the READY line."""

    history: str


@frozen
class StatementTaken:
    """The venue's balances at a quiet moment (start, hourly, stop), checked against the ledger."""

    occasion: str
    accounts: tuple[AccountBalance, ...]


@frozen
class CashFlowSeen:
    """A change of the balance that is no fill of ours: it moves capital, not performance."""

    currency: str
    amount: Amount
    kind: str


@frozen
class PortfolioMoved:
    """The newest view of the portfolio."""

    LANE: ClassVar[int] = 2
    view: PortfolioView

    @property
    def key(self) -> str:
        """What a newer message of this kind replaces."""
        return "portfolio"


@frozen
class EquityMarked:
    """Equity at a cycle, journaled for drawdown and continuity. None: a mark was missing."""

    cycle: int
    nlv: Amount | None
    opening_nlv: Amount


@frozen
class LotsListed:
    """Every owned lot and whether something protects it, at start and stop."""

    occasion: str
    protected: tuple[str, ...]
    unprotected: tuple[str, ...]


@frozen(kw_only=True)
class AlertRaised:
    """Something a person should know. Fields in the fixed order of the alert body (AL1)."""

    severity: Severity
    code: str
    what: str
    done: str
    owned: str
    worst: str
    command: str


@frozen
class StopRequested:
    """The run is to end: entries cancelled, then everything down; `reason` as in STOPPED."""

    LANE: ClassVar[int] = CONTROL_LANE
    reason: str


@frozen
class KillSeen:
    """The signal file (or signal) is there. `includes_exits`: protection is cancelled too."""

    LANE: ClassVar[int] = CONTROL_LANE
    reason: str
    includes_exits: bool


@frozen
class OperatorActed:
    """An operator's deed, for the record: written before the breakers that it closes."""

    LANE: ClassVar[int] = CONTROL_LANE
    verb: str
    reason: str


@frozen
class ReconcileRequested:
    """Compare orders, fills and balances with the venue now."""

    LANE: ClassVar[int] = CONTROL_LANE
    reason: str


@frozen
class ReconcileFinished:
    """Outcome of a comparison. `products` stay blocked (their orders are not resolved yet)."""

    reason: str
    is_clean: bool
    problems: tuple[str, ...]
    products: tuple[ProductId, ...]


@frozen
class Tick:
    """An actor's own timer. `what` names the timer."""

    LANE: ClassVar[int] = CONTROL_LANE
    what: str


@frozen
class RunStarted:
    """First record of each start. Hashes are of configuration; `round_trip_cost` is a fraction."""

    mode: str
    venue: str
    world: str
    config_hash: str
    policy_hash: str
    seed: int


@frozen
class RunStopped:
    """Last record of a clean end."""

    reason: str
    cycles: int
    orders: int
    fills: int


@frozen
class JournalReopened:
    """First record of a segment that goes on within the same run, after the writer was rebuilt."""

    run: str


@frozen
class JournalCreated:
    """First record of a lineage; `lineage` is 32 hex digits."""

    lineage: str


@frozen
class TailCut:
    """The last run ended within a line; `size` bytes without a line end were cut."""

    size: int
