"""The life of actors and breakers: up, down, proven, ready."""

from __future__ import annotations

from attrs import field, frozen

from domain.model.breakers import Breaker, DrillKind, Scope
from domain.model.instants import Nanos
from domain.model.money import Rate
from domain.model.product import Product


@frozen
class BreakerTripped:
    """A breaker opened, or an open one got stronger."""

    breaker: Breaker


BY_OPERATOR, BY_PROOF = "operator", "proof"


@frozen
class BreakerReset:
    """A breaker closed; `evidence` says what proved it.

    `by` is "proof", "operator", or "policy" (paper's one release by itself after a crash).
    """

    name: str
    scope: Scope = field(converter=Scope)
    by: str
    evidence: str


@frozen
class ActorDown:
    """An actor died or hangs. `cause` is the exception's type and text, no values of variables.

    `fingerprint` names message, exception and line: equal ones are the same bug again.
    `is_shortage`: it died for want of threads, files, memory or room, which is no bug.
    """

    actor: str
    epoch: int
    cause: str
    fingerprint: str = ""
    is_shortage: bool = False


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


@frozen
class Drill:
    """Break the actor that handles this, from inside: only by the operator's `--drill`."""

    kind: DrillKind


@frozen
class DrillStarted:
    """For the record, before it happens: what follows at `actor` was asked for."""

    kind: DrillKind
    actor: str


@frozen
class RebuildFinished:
    """The actors are up again from the journal; or `failure` says why none of them is.

    `is_shortage`: it failed for want of threads, files, memory or room, and is worth another try.
    """

    token: int
    started: tuple[tuple[str, int], ...]
    failure: str | None
    is_shortage: bool = False


@frozen
class ReviveRequested:
    """The operator wants everything that is down to be tried once more."""

    request_id: str


@frozen
class Revived:
    """Everything is up that can be; `items` says what is not."""

    request_id: str
    items: tuple[str, ...]


@frozen
class GapSeen:
    """The process did not run for `length_ns`: all that was known before is old."""

    length_ns: Nanos


@frozen(kw_only=True)
class ClockChecked:
    """This machine's clock was compared: it is `drift_ns` ahead (below zero: behind) by `source`.

    None: nobody could be believed. `doubts` say who was not, and why; `fault` what is wrong.
    """

    drift_ns: Nanos | None
    limit_ns: Nanos
    source: str
    doubts: tuple[str, ...]
    fault: str | None


@frozen
class BootCompleted:
    """Recovery is done: trading may begin as far as breakers allow.

    `is_provisional`: it is not done, but lots are owned: exits run on what an earlier run knew.
    """

    products: tuple[Product, ...]
    maker_rate: Rate
    taker_rate: Rate
    is_clean: bool
    is_provisional: bool = False


@frozen
class ProductsChanged:
    """The catalogue was read: steps and flags of every product, before any fill is booked."""

    products: tuple[Product, ...]


@frozen
class TradingReady:
    """First cycle may start. `history` says what was back-filled, for the READY line."""

    history: str
