"""What the operator and the safety actors ask for, and what came of it."""

from __future__ import annotations

from attrs import field, frozen

from domain.model.breakers import GLOBAL, Scope, Severity
from domain.model.instants import Nanos
from domain.model.product import ProductId, Side

RESUME, RELEASE, ADOPT = "resume", "release", "adopt"
CLOSE, LIQUIDATE = "close", "liquidate"
"""Verbs of an operator, in requests and on record; `domain/system/pause.py` has two more."""


LIQUIDATION = "liquidation"
"""Name of the halt under which everything is sold; it stays until `resume`."""


@frozen
class DiscrepancyFound:
    """Venue and we disagree about an order or a balance in a way that no rule explains."""

    subject: str
    ours: str
    theirs: str


@frozen
class SweepRequested:
    """Cancel at the venue, from the venue's own list: entries, or everything of ours.

    `awaits_ours`: not over before every request that left has its outcome or can't create an order
    any more, and every order that our books call alive its end.
    """

    reason: str
    includes_exits: bool
    scope: Scope = field(default=GLOBAL, converter=Scope)
    awaits_ours: bool = True


@frozen
class SweepFinished:
    """Two complete listings in a row showed nothing of the sweep's scope alive, nor do our books.

    `reasons`: every request and every breaker that it answered, in order.
    """

    reasons: tuple[str, ...]
    cancelled: int
    took_ns: Nanos


@frozen
class SyncRequested:
    """Ask an actor to answer once everything before this message is handled."""

    token: int


@frozen
class Synced:
    """Everything before the request with this token has been handled and published.

    `unsettled` are product and side of each order of ours that may still fill, or whose fills are
    not all booked; only the order manager knows some.
    """

    actor: str
    token: int
    unsettled: tuple[tuple[ProductId, Side], ...] = ()


@frozen(kw_only=True)
class AlertRaised:
    """Something a person should know. Fields in the fixed order of the alert body (AL1).

    `topic` is what it is about, where something can end that: an alert of code RESOLVED with the
    same topic does. "" for what only a person can take note of.
    """

    severity: Severity
    code: str
    what: str
    done: str
    owned: str
    worst: str
    command: str
    topic: str = ""


@frozen
class StopRequested:
    """The run is to end: entries cancelled, then everything down; `reason` as in STOPPED."""

    reason: str


@frozen
class StatusRequested:
    """The guardian wants the present status; it waits behind all that moved before."""

    token: int


@frozen
class StatusPublished:
    """A status that has everything before the request with this token is published."""

    token: int


@frozen
class KillSeen:
    """The signal file (or signal) is there. `includes_exits`: protection is cancelled too."""

    reason: str
    includes_exits: bool


@frozen
class OperatorActed:
    """An operator's deed, for the record: written before the breakers that it closes."""

    verb: str
    reason: str


@frozen
class SettleRequested:
    """A person wants to know what became of the orders that the venue denies, and what it denies
    everywhere given up for `reason`.
    """

    request_id: str
    reason: str


@frozen
class Settled:
    """That is done: `given_up` are client order ids, `items` a sentence for each order in doubt."""

    request_id: str
    given_up: tuple[str, ...]
    items: tuple[str, ...]


@frozen
class ReconcileRequested:
    """Compare orders, fills and balances with the venue now."""

    reason: str


@frozen
class ReconcileFinished:
    """Outcome of the comparison that was asked for with `reason`."""

    reason: str
    is_clean: bool
    problems: tuple[str, ...]


@frozen
class CloseOrdered:
    """A person wants every lot of `product` sold that is owned now."""

    product: ProductId


@frozen
class ReleaseRequested:
    """The owner says that what is missing of a lot stays away: take it out of the books."""

    request_id: str
    lot: str
    reason: str


@frozen
class AdoptRequested:
    """The owner hands foreign coins over: `wanted` as `domain/portfolio/adoption.py` writes it."""

    request_id: str
    wanted: str
    reason: str


@frozen
class ReleaseAnswered:
    """Whether the lot of a request was released, or adopted; `text` says what was, or why not."""

    request_id: str
    is_done: bool
    text: str
