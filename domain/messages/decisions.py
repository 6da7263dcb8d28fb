"""From the clock of the cycle to what strategies propose and the gate answers."""

from __future__ import annotations

from attrs import field, frozen

from domain.model.approval import ApprovedOrder, ExitReason, Purpose, Reason, Refusal
from domain.model.context import Context
from domain.model.cycle import CycleStatus, StageTime, Stopwatch
from domain.model.foregone import RefusedEntry
from domain.model.funnel import Funnel
from domain.model.instants import Nanos
from domain.model.money import Amount, Price, Quantity
from domain.model.product import ProductId, Side
from domain.model.proposal import TradeProposal


@frozen
class CycleDue:
    """Time to decide. `slot_ns` is the slot's start and `next_ns` the next cycle's, market time.

    `watch` runs from when it was due; None where nobody times it. `fired` are strategies with the
    products whose triggers may be true, where somebody knows already; None: all have to be asked.
    """

    cycle: int
    slot_ns: Nanos
    next_ns: Nanos
    watch: Stopwatch | None = None
    fired: frozenset[tuple[str, ProductId]] | None = None


@frozen
class Decide:
    """Ask a strategy for its proposals on this context; `fired`: on no other products than these,
    the others' triggers are known to be false.
    """

    cycle: int
    context: Context = field(eq=False)
    fired: frozenset[ProductId] | None = None


@frozen
class Proposed:
    """A strategy's answer.

    It was asked about the products that `triggered`; `beyond` had triggered too, more than it may
    be asked about in one cycle.
    """

    cycle: int
    strategy: str
    proposals: tuple[TradeProposal, ...]
    triggered: tuple[ProductId, ...] = ()
    beyond: tuple[ProductId, ...] = ()


@frozen
class LeaveProposed:
    """A strategy wants to be out of what it holds of these products."""

    strategy: str
    products: tuple[ProductId, ...]


@frozen
class EntryProposed:
    """One proposal that survived the round. `bar_ns` is the start of the bar it was decided on."""

    strategy: str
    proposal: TradeProposal
    bar_ns: Nanos


@frozen
class RoundProposed:
    """All entries of one round, best conviction first. `late` strategies did not answer in time.

    `funnel` is how far products came up to here, `watch` has the stages up to here.
    """

    cycle: int
    next_ns: Nanos
    entries: tuple[EntryProposed, ...]
    answered: int
    late: tuple[str, ...]
    funnel: Funnel = Funnel()
    watch: Stopwatch | None = None


@frozen
class RestProposed:
    """What is left of an entry that has ended is to be bought at the price of now.

    `client_order_id` is the order that has ended. `takes`: at once and then no more, else it rests
    again.
    """

    client_order_id: str
    strategy: str
    product: ProductId
    takes: bool


@frozen
class ExitProposed:
    """A lot, or `quantity` of it, has to be sold. `bid` is the price that made it due.

    `why` says more than the reason, as which cap a trim is for. `reach_bps` is how far below the
    bid it may be sold in this try, None: at any price.
    """

    lot: str
    product: ProductId
    quantity: Quantity
    reason: ExitReason
    bid: Price
    why: str = ""
    reach_bps: int | None = None


@frozen
class StopRaised:
    """The market has gone up, and the stop of a lot follows: it is `stop_price` from now on.

    `bid` is the best bid that it follows.
    """

    lot: str
    product: ProductId
    stop_price: Price
    bid: Price


@frozen
class ProtectionProposed:
    """`quantity` of a lot is to be protected by an order at the venue that waits for its stop."""

    lot: str
    product: ProductId
    quantity: Quantity


@frozen
class ProtectionWithdrawn:
    """The order that protects a lot at the venue has nothing to protect any more; `why` says so."""

    lot: str
    why: str


@frozen
class OrderApproved:
    """The gate lets this order pass, once."""

    order: ApprovedOrder


@frozen
class ProposalRefused:
    """The gate says no; every broken rule is listed, the headline first.

    `lot` and `exit_reason` are of an exit; records of before it was kept have no such reason. What
    is left of an entry has as `lot` that of the order that has ended. `wanted` is the order that an
    entry would have been, None where it has no size.
    """

    purpose: Purpose
    strategy: str
    product: ProductId
    side: Side
    refusals: tuple[Refusal, ...]
    lot: str = ""
    exit_reason: ExitReason | None = None
    wanted: RefusedEntry | None = None


@frozen
class ExitHindered:
    """A due exit of a lot can't be done because of `hindrance`; None: nothing hinders it now.

    `is_dust`: the lot is too small to be sold; it is not tried until it can be.
    """

    lot: str
    product: ProductId
    hindrance: str | None
    is_dust: bool


@frozen
class RoundJudged:
    """The record of one cycle: approved products and (product, reason) of refusals.

    `funnel` is how far products came, `status` what came of it all, `degraded` why it was not
    decided as it should be, `times` how long its stages took. `nlv` is the equity that the gate
    saw, None where it is not known. Records of before these were kept have none.
    """

    cycle: int
    next_ns: Nanos
    approved: tuple[ProductId, ...]
    refused: tuple[tuple[ProductId, Reason], ...]
    late: tuple[str, ...]
    funnel: Funnel | None = None
    status: CycleStatus | None = None
    degraded: tuple[str, ...] = ()
    times: tuple[StageTime, ...] = ()
    nlv: Amount | None = None
