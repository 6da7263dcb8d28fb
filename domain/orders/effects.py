"""What the order tracker wants done: values that the order manager carries out, in their order."""

from __future__ import annotations

from attrs import frozen

from domain.messages.control import Settled
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced, Receipt, WouldPlace
from domain.model.breakers import GLOBAL, Scope
from domain.model.instants import Nanos
from domain.model.orders import OrderIntent
from domain.model.product import ProductId


@frozen
class Publish:
    """Tell everybody."""

    message: IntentRaised | WouldPlace | OrderAdvanced | FillBooked | Settled


@frozen
class Place:
    """Send the order; the receipt is its licence."""

    intent: OrderIntent
    receipt: Receipt


@frozen
class Cancel:
    """Ask to cancel one order by its venue id."""

    order_id: str


@frozen
class AfterSnapshot:
    """A listing's reason: it closes the hole of user stream connection `connection`."""

    connection: int


@frozen
class OfDoubt:
    """A listing's reason: only the venue knows how some orders stand."""


@frozen
class OfPerson:
    """A listing's reason: a person asks what became of orders that the venue denies."""

    request: str


@frozen
class FindOrders:
    """Ask for orders by the venue's ids, however old; a reason for a listing too.

    `request` is the person's for whom it is asked, "" if for none.
    """

    order_ids: tuple[str, ...]
    request: str = ""


ListReason = AfterSnapshot | OfDoubt | OfPerson | FindOrders


@frozen
class ListOrders:
    """List every order created since market time `since_ns`."""

    since_ns: Nanos
    reason: ListReason


@frozen
class ListFills:
    """List every fill of one order; `request` as in `FindOrders`."""

    order_id: str
    request: str = ""


@frozen
class BlockEntries:
    """Open a breaker that blocks the entries that `scope` covers.

    `may_flap`: this opening says nothing about what the breaker watches. `is_latched`: a person has
    to release it.
    """

    breaker: str
    reason: str
    scope: Scope = GLOBAL
    may_flap: bool = False
    is_latched: bool = False


@frozen
class ReleaseEntries:
    """Close that breaker by proof."""

    breaker: str
    evidence: str
    scope: Scope = GLOBAL


@frozen
class TimeIsUp:
    """A timer's news: the order's time to live is over."""

    client_order_id: str


@frozen
class AskAgain:
    """A timer's news: what is in doubt is to be asked about."""


@frozen
class PriceLost:
    """A timer's news: the price of the product is not known any more, if it has not come back."""

    product: ProductId


TimerNews = TimeIsUp | AskAgain | PriceLost


@frozen
class WakeAt:
    """Bring `news` when market time reaches `at_ns`."""

    at_ns: Nanos
    news: TimerNews


@frozen
class WakeAfter:
    """Bring `news` after `delay_ns` of machine time."""

    delay_ns: Nanos
    news: TimerNews


@frozen
class OpenUserStream:
    """Connect the stream that shows our orders."""


@frozen
class RestartUserStream:
    """Drop that connection and begin anew."""

    reason: str


@frozen
class Warn:
    """A line for people: handled, yet not as it should be."""

    text: str
    reason: str
    order: str = ""


@frozen
class AfterItsEnd:
    """What people are to know: the venue has more of an order than the end that our books tell."""

    order: OrderAdvanced
    what: str


OfVenue = Place | Cancel | ListOrders | FindOrders | ListFills | OpenUserStream | RestartUserStream
"""What the venue is asked for."""

Effect = Publish | BlockEntries | ReleaseEntries | WakeAt | WakeAfter | Warn | AfterItsEnd | OfVenue
