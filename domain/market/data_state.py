"""The one word for the market data of a product, from what gate and strategies go by."""

from __future__ import annotations

from collections.abc import Iterable

from domain.messages.market import FeedStalled
from domain.model.breakers import Breaker, Scope, covering, strongest
from domain.model.instants import MILLISECOND, Nanos
from domain.model.market import DataState, Doubt, DoubtKind
from domain.model.product import Action, Product


def state_of(
    confirmed_ns: Nanos | None,
    stall: FeedStalled | None,
    obstacle: str | None,
    now_ns: Nanos,
    limit_ns: Nanos,
    doubt: Doubt | None = None,
) -> tuple[DataState, str]:
    """Return the state of a product's data at `now_ns`, and why it is no better ("" if live).

    `confirmed_ns` is when its price was last known to be true, `limit_ns` how old that may be, all
    in market time; `obstacle` says what stops entries though prices are fresh, `doubt` what is odd
    about the price.
    """
    if stall is not None:
        return stall.state, stall.reason
    if confirmed_ns is None:
        return DataState.WARMING, "no price yet"
    age_ns = now_ns - confirmed_ns
    if age_ns > limit_ns:
        age, limit = age_ns // MILLISECOND, limit_ns // MILLISECOND
        return DataState.STALE, f"last price {age} ms old, limit {limit} ms"
    if doubt is not None:
        is_young = doubt.kind is DoubtKind.HISTORY
        return DataState.WARMING if is_young else DataState.SUSPECT, doubt.text
    if obstacle is not None:
        return DataState.BLOCKED, obstacle
    return DataState.LIVE, ""


def obstacle_of(product: Product, breakers: Iterable[Breaker]) -> str | None:
    """Return what stops entries of this product alone: the venue, or a breaker; None: nothing."""
    if not product.flags.allows(Action.REST):
        return f"the venue says {product.flags.described}"
    scope = Scope.of_product(product.id)
    own = strongest(each for each in covering(breakers, product.id) if each.scope == scope)
    return None if own is None else f"{own.name}: {own.reason}"
