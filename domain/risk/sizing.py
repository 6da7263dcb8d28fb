"""From a wish in percent to a legal order: the one sizing function, fees included."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from domain.model.approval import Refusal
from domain.model.market import Quote
from domain.model.money import BPS, ONE, ZERO, Amount, Price, Quantity, Rate, notional, plain
from domain.model.product import Product
from domain.model.proposal import TradeProposal
from domain.risk import reasons

HUNDRED = Decimal(100)


@frozen(kw_only=True)
class Sized:
    """A legal entry: `worst_case` is what it costs if all of it is filled at the taker rate."""

    quantity: Quantity
    limit_price: Price
    post_only: bool
    worst_case: Amount
    is_raised: bool


def entry_price(product: Product, quote: Quote, offset_bps: Decimal) -> Price:
    """Return the limit price of a buy `offset_bps` below the best bid.

    A negative offset crosses: it is measured upwards from the best ask.
    """
    if offset_bps >= 0:
        return product.price_down(quote.bid * (ONE - offset_bps / BPS))
    return product.price_up(quote.ask * (ONE - offset_bps / BPS))


def smallest_quantity(
    product: Product, price: Price, stop_loss_pct: Decimal, taker: Rate
) -> Quantity:
    """Return the smallest entry whose half could still be sold at the stop, after fees.

    Half at the stop price less the taker fee must meet the venue's minimum; both legs must meet
    the base minimum.
    """
    stop = price * (ONE - stop_loss_pct / HUNDRED)
    half = product.quote_min / (stop * (ONE - taker))
    return product.quantity_up(max(2 * half, 2 * product.base_min))


def size_entry(
    proposal: TradeProposal,
    product: Product,
    quote: Quote,
    nlv: Amount,
    taker: Rate,
    multiplier: Decimal,
    offset_bps: Decimal,
    ceiling: Amount,
    most: Amount | None = None,
) -> Sized | Refusal:
    """Return the order for `proposal`, or why there is no legal one.

    The notional with taker fees is at most notional_pct of `nlv` times `multiplier`; a size below
    the smallest entry is raised to it if that costs no more than `ceiling` (quote currency). None
    of them costs more than `most`, where the tier says one.
    """
    price = entry_price(product, quote, offset_bps)
    if not price > 0:
        return _refuse("price", plain(price), "above 0")
    if most is not None:
        ceiling = min(ceiling, most)
    unit_cost = price * (ONE + taker)
    wanted = nlv * proposal.notional_pct / HUNDRED * multiplier
    wanted = wanted if most is None else min(wanted, most)
    largest = min(wanted / unit_cost, product.base_max, product.quote_max / price)
    quantity = product.quantity_down(largest)
    smallest = smallest_quantity(product, price, proposal.stop_loss_pct, taker)
    is_raised = quantity < smallest
    if is_raised:
        quantity = smallest
    worst_case = Amount(notional(price, quantity) * (ONE + taker))
    is_too_much = not worst_case <= ceiling or quantity > product.base_max
    if is_raised and (multiplier <= ZERO or is_too_much):
        return _refuse(
            "smallest entry", f"{plain(smallest)} {product.base}", f"{plain(ceiling)} in cost"
        )
    return Sized(
        quantity=quantity,
        limit_price=price,
        post_only=offset_bps >= 0,
        worst_case=worst_case,
        is_raised=is_raised,
    )


def size_rest(
    product: Product,
    price: Price,
    left: Quantity,
    stop_loss_pct: Decimal,
    taker: Rate,
    *,
    rests: bool,
) -> Sized | Refusal:
    """Return the order that buys what is `left` of an entry at `price`, or why there is none.

    It makes a lot of its own, so it is no smaller than the smallest entry, and never raised.
    """
    if not price > 0:
        return _refuse("price", plain(price), "above 0")
    quantity = product.quantity_down(min(left, product.base_max, product.quote_max / price))
    smallest = smallest_quantity(product, price, stop_loss_pct, taker)
    if quantity < smallest:
        return _refuse(
            "what is left", f"{plain(quantity)} {product.base}", f"at least {plain(smallest)}"
        )
    return Sized(
        quantity=quantity,
        limit_price=price,
        post_only=rests,
        worst_case=Amount(notional(price, quantity) * (ONE + taker)),
        is_raised=False,
    )


def _refuse(what: str, observed: str, limit: str) -> Refusal:
    return Refusal(reason=reasons.BELOW_MINIMUM, observed=f"{what} {observed}", limit=limit)
