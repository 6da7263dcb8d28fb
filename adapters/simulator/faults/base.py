"""What faults have in common: when, how often, for whom."""

from __future__ import annotations

import random
import re
from decimal import Decimal

from attrs import frozen

from adapters.simulator.faults import forms
from adapters.simulator.faults.forms import member
from domain.model.product import ProductId, Side

ENDPOINTS = (
    "place", "cancel", "edit", "preview", "orders", "fills", "accounts", "fees", "permissions",
    "portfolios", "convert_quote", "convert", "conversions", "products", "candles", "quotes",
    "trades", "time",
)  # fmt: skip
"""Classes of requests; public twins belong to the class of the request with a key."""
ALL = "all"
MARKET, USER = "market", "user"
STREAMS = forms.one_of(MARKET, USER, ALL)
CHANNELS = ("l2_data", "market_trades", "ticker", "heartbeats", "status", "user")
CLOSINGS = (1000, 1001, 1006, 1011)
"""Close codes; 1006 is what a client sees when the connection breaks without one."""


@frozen(kw_only=True)
class Fault:
    """What every fault has. `where` names it in messages, such as faults.jsonl:3."""

    at_ns: int = member("at", forms.DURATION, "when it begins; default 0s: at once", 0)
    seed: int = member(
        "seed", forms.whole(0, 2**63 - 1), "of what it draws; default the number of its line", 0
    )
    where: str = "fault"

    def problem(self) -> str | None:
        """Return what does not fit together, None if all does."""
        return None

    def draws(self, world_seed: int) -> random.Random:
        """Return the chance of this fault alone: the same draws in every run of a world."""
        return random.Random(f"{world_seed}:{self.seed}:{kind_of(self)}:{self.at_ns}")


@frozen(kw_only=True)
class Lasting(Fault):
    """A fault that lasts."""

    for_ns: int | None = member(
        "for", forms.PERIOD, "how long; without it to the end of the run", None
    )


@frozen(kw_only=True)
class Condition(Lasting):
    """A fault that holds for everything while it lasts: it has struck once when it has begun."""


@frozen(kw_only=True)
class Striking(Lasting):
    """A fault that strikes single requests, frames or orders.

    With neither `for` nor `count` it strikes once.
    """

    count: int | None = member("count", forms.whole(1, 1_000_000), "how many times", None)
    probability: Decimal = member(
        "probability", forms.SHARE, "how often it strikes what it could; default 1", Decimal(1)
    )

    @property
    def strikes(self) -> int | None:
        """How many times it strikes at most."""
        return 1 if self.count is None and self.for_ns is None else self.count


@frozen(kw_only=True)
class RequestFault(Striking):
    """A fault of requests."""

    endpoints: tuple[str, ...] = member(
        "endpoint", forms.some_of(*ENDPOINTS, ALL), "which requests; default all", (ALL,)
    )


@frozen(kw_only=True)
class Unreliable(RequestFault):
    """An answer that says nothing about what became of the request."""

    is_handled: bool = member(
        "handled",
        forms.SWITCH,
        "whether the request is carried out all the same; default no",
        False,
    )


@frozen(kw_only=True)
class FrameFault(Striking):
    """A fault of single frames."""

    channel: str = member(
        "channel", forms.one_of(*CHANNELS, ALL), "frames of which channel; default all", ALL
    )


@frozen(kw_only=True)
class OrderFault(Striking):
    """A fault of single orders of ours."""

    product: ProductId | None = member("product", forms.PRODUCT, "only orders on it", None)
    side: Side | None = member("side", forms.SIDE, "only orders of this side", None)


@frozen(kw_only=True)
class MarketFault(Condition):
    """A fault of books and trades."""

    product: ProductId | None = member("product", forms.PRODUCT, "which; default all", None)


def kind_of(fault: Fault | type[Fault]) -> str:
    """Return the name of a fault's kind in scripts: that of its class, as in http_502_html."""
    name = (fault if isinstance(fault, type) else type(fault)).__name__
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Z])", "_", name).lower()
