"""What only the key of an account may ask: rights, portfolio, money, fees, orders, a preview."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.venues.coinbase.probe import HarmlessIntent
from app.venue_check.questions import Surroundings, VenueQuestions
from domain.model.errors import VenueError
from domain.model.instants import Nanos
from domain.model.product import Product
from domain.system.harmless_order import DISTANCES, LIFE_NS, harmless_order
from domain.system.venue_check import (
    ACCOUNTS,
    FEES,
    ORDERS,
    PORTFOLIO,
    PREVIEW,
    RIGHTS,
    THE_FEES,
    THE_ORDERS,
    THE_RIGHTS,
    CheckedStep,
    accounts_step,
    failed,
    fees_step,
    orders_step,
    portfolio_step,
    preview_step,
    rights_step,
    skipped,
)

A_PREVIEW = "a small buy far below the market is accepted"
TOO_FAR = "TOO_FAR"
"""Part of the venue's word for a price that it does not take so far from the market."""
STEPS = (
    (RIGHTS, THE_RIGHTS),
    (PORTFOLIO, "the portfolio of app.account.portfolio_uuid"),
    (ACCOUNTS, "money in the wallet that pays"),
    (FEES, THE_FEES),
    (ORDERS, THE_ORDERS),
    (PREVIEW, A_PREVIEW),
)


class AccountSteps:
    """Asks with a key, which is used no further once it turns out to be the wrong one."""

    def __init__(
        self,
        venue: VenueQuestions,
        around: Surroundings,
        *,
        quote_currency: str,
        portfolio: str | None,
    ) -> None:
        """`portfolio` is the one that the key has to belong to, None for any."""
        self._venue = venue
        self._around = around
        self._quote = quote_currency
        self._wanted = portfolio
        self.portfolio = ""
        self.intent: HarmlessIntent | None = None
        """The order that the venue would take, if it was asked about one."""
        self.is_well = False

    def run(self, product: Product | None) -> Iterator[CheckedStep]:
        """Yield what is found; `product` is what an order would be of."""
        read = self._venue.permissions()
        rights = rights_step(read)
        yield rights
        if not rights.is_well:
            yield from left_out("what the key may do is not known, or not right", since=1)
            return
        whose = portfolio_step(read, self._wanted)
        yield whose
        if not whose.is_well:
            yield from left_out("it is another account", since=2)
            return
        self.portfolio = read.portfolio_uuid
        found = [accounts_step(self._venue.accounts(), self._quote)]
        yield found[-1]
        found.append(fees_step(self._venue.fees()))
        yield found[-1]
        found.append(orders_step(self._venue.open_orders()))
        yield found[-1]
        found.append(self._preview(product))
        yield found[-1]
        self.is_well = all(each.is_well for each in found)

    def _preview(self, product: Product | None) -> CheckedStep:
        """Ask about the farthest order that the venue takes."""
        if product is None:
            return skipped(PREVIEW, A_PREVIEW, "no product is known that takes orders")
        listed = self._venue.quotes(product.id)
        if listed.failure is not None or not listed.quotes:
            why = listed.failure or "nobody bids or offers"
            return failed(PREVIEW, A_PREVIEW, f"no price of {product.id}: {why}")
        found = failed(PREVIEW, A_PREVIEW, "not asked")
        for distance in DISTANCES:
            order = harmless_order(product, listed.quotes[0].bid, distance)
            if isinstance(order, str):
                return skipped(PREVIEW, A_PREVIEW, order)
            end_ns = Nanos(self._around.wall_ns() + LIFE_NS)
            intent = self._venue.intend(order, end_ns)
            try:
                errors = self._venue.preview(intent)
            except VenueError as error:
                return failed(PREVIEW, A_PREVIEW, str(error))
            what = f"{order.quantity} {product.base} at {order.price} {product.quote}"
            found = preview_step(f"{A_PREVIEW}: {what}", errors)
            if not errors:
                self.intent = intent
            if not any(TOO_FAR in each for each in errors):
                break
        return found


def left_out(why: str, *, since: int = 0) -> Iterator[CheckedStep]:
    """Yield the steps from number `since` on as not tried."""
    for name, expected in STEPS[since:]:
        yield skipped(name, expected, why)
