"""Life of the system itself: start, stop, breakers, operator, alerts, statements."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import ClassVar

from attrs import frozen

from domain.instants import Nanos
from domain.money import Amount, Rate
from domain.portfolio_view import AccountBalance, PortfolioView
from domain.product import Product, ProductId

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
    """One open breaker. `scope` is "global", "venue", "product:BTC-USD" or "strategy:NAME".

    A latched one needs the operator's `resume`. `at_ns` is market time.
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
    """A breaker closed; `by` is "proof" or "operator", `evidence` says what proved it."""

    LANE: ClassVar[int] = CONTROL_LANE
    name: str
    scope: str
    by: str
    evidence: str


@frozen
class ActorDown:
    """An actor died. `cause` is the exception's type and text, without values of variables."""

    LANE: ClassVar[int] = CONTROL_LANE
    actor: str
    epoch: int
    cause: str


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
    """An operator's deed, for the record."""

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
class JournalCreated:
    """First record of a lineage; `lineage` is 32 hex digits."""

    lineage: str


@frozen
class TailCut:
    """The last run ended within a line; `size` bytes without a line end were cut."""

    size: int
