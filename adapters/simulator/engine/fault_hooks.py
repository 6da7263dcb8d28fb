"""Where something may come between the venue and its rules; by default nothing does."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING

from attrs import frozen

from adapters.simulator.engine.event_queue import NEVER
from adapters.simulator.engine.wire import Request, Response
from domain.model.instants import Nanos

if TYPE_CHECKING:
    from decimal import Decimal

    from adapters.simulator.engine.orders import VenueOrder
    from adapters.simulator.engine.rejections import RequestRejected
    from adapters.simulator.engine.ticket import Ticket
    from adapters.simulator.market_data.source import Step
    from adapters.simulator.stream_api.connection import Connection


class Close(Enum):
    """How a request ends on its connection."""

    ANSWERED = auto()
    TWICE = auto()
    """The answer is written twice."""
    DRIPS = auto()
    """The answer comes piece by piece over `after_ns`."""
    SILENT = auto()
    """Nothing comes, the connection stays."""
    RESET = auto()


@frozen(kw_only=True)
class Passage:
    """What happens to one request on its way to the venue, and to the answer on its way back.

    The durations are machine time.
    """

    before_ns: int = 0
    after_ns: int = 0
    deliveries: int = 1
    """How many times the venue gets the request."""
    instead: Response | None = None
    """What is answered, whatever the venue says."""
    alter: Callable[[Response], Response] | None = None
    ending: Close = Close.ANSWERED

    @property
    def is_reset(self) -> bool:
        """Tell whether the connection is reset instead of an answer."""
        return self.ending is Close.RESET

    def carry_out(self, handle: Callable[[], Response]) -> Response | None:
        """Let the venue have the request by `handle`; return the answer, None if none comes."""
        answer = self.instead
        for _ in range(self.deliveries):
            own = handle()
            answer = self.instead or own
        if answer is None or self.ending in (Close.SILENT, Close.RESET):
            return None
        return answer if self.alter is None else self.alter(answer)


DIRECT = Passage()
"""A request that nothing happens to."""


@frozen(kw_only=True)
class CancelFate:
    """What becomes of a cancel; `delay_ns` is market time, None that of the venue's quirks."""

    delay_ns: int | None = None
    is_lost: bool = False
    fills_first: bool = False


AS_ASKED = CancelFate()
"""A cancel that nothing happens to."""


class RequestHooks:
    """Asked about requests and their answers."""

    def passage(self, request: Request) -> Passage:
        """Return what happens to a request."""
        del request
        return DIRECT


class StreamHooks:
    """Asked about connections and their frames."""

    def connected(self, connection: Connection) -> None:
        """A stream begins; what shall come between it and its client is put there now."""


class MarketHooks:
    """Asked about steps of the market."""

    def step(self, planned: Step) -> Step | None:
        """Return a market step as it is to happen, None if it shall not."""
        return planned


class OrderHooks:
    """Asked about orders, in the order in which things happen to them."""

    def refusal(self, ticket: Ticket) -> RequestRejected | None:
        """Return why a new order is refused, None if it is not."""
        del ticket
        return None

    def accepted(self, order: VenueOrder) -> None:
        """A new order of a client has been accepted and worked."""

    def cancel(self, order: VenueOrder) -> CancelFate:
        """Return what becomes of a cancel of a working order."""
        del order
        return AS_ASKED

    def cancelled(self, order: VenueOrder) -> None:
        """A cancel that was asked for is done."""

    def resting_fill(self, order: VenueOrder, quantity: Decimal) -> Decimal:
        """Return how much of `quantity` a resting order gets."""
        del order
        return quantity

    def tells(self, order: VenueOrder) -> bool:
        """Tell whether the user channel says an order's new state now."""
        del order
        return True

    @property
    def orders_lag_ns(self) -> int:
        """For how long new orders are missing from get and list."""
        return 0

    @property
    def fills_lag_ns(self) -> int:
        """For how long new fills are missing from the list of fills."""
        return 0


class FaultHooks:
    """Where the venue may be made to misbehave, by subject. One object for one engine."""

    def __init__(
        self,
        requests: RequestHooks | None = None,
        streams: StreamHooks | None = None,
        market: MarketHooks | None = None,
        orders: OrderHooks | None = None,
    ) -> None:
        self.requests = requests or RequestHooks()
        self.streams = streams or StreamHooks()
        self.market = market or MarketHooks()
        self.orders = orders or OrderHooks()

    def next_ns(self) -> Nanos:
        """Return the market time at which `play` has something to do next."""
        return NEVER

    def play(self, until_ns: int) -> None:
        """Do what is due up to that instant."""

    @property
    def skew_ns(self) -> int:
        """By how much the venue's own clock is ahead."""
        return 0
