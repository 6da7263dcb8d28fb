"""Two pipelines on the same market: where their decisions are the same, and how they differ."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from attrs import frozen

from domain.messages.decisions import OrderApproved, ProposalRefused
from domain.model.approval import ApprovedOrder, Limit
from domain.model.money import Price, Quantity
from domain.model.product import ProductId, Side


class Likeness(StrEnum):
    """How the decisions of both about one product and side in one cycle compare."""

    MATCH = "match"
    ONLY_PRIMARY = "only-primary"
    ONLY_SHADOW = "only-shadow"
    SIZE = "size-diff"
    PRICE = "price-diff"
    SIDE = "side-diff"
    GATE = "blocked-by-different-gate"


@frozen(kw_only=True)
class Verdict:
    """What one pipeline decided: an order, or by which rule it was refused ("" for none).

    `quantity` is in base currency; `price` is the limit in quote currency, None at the market.
    """

    product: ProductId
    side: Side
    strategy: str
    quantity: Quantity | None = None
    price: Price | None = None
    refused_by: str = ""

    @property
    def trades(self) -> bool:
        """Tell whether there is an order."""
        return not self.refused_by


@frozen
class Compared:
    """One decision of both; None: that pipeline did not think of it at all."""

    likeness: Likeness
    primary: Verdict | None
    shadow: Verdict | None

    @property
    def about(self) -> Verdict:
        """Return the decision that names product and side: the primary's, if it made one."""
        found = self.primary or self.shadow
        assert found is not None
        return found


def verdict_of(judged: OrderApproved | ProposalRefused) -> Verdict:
    """Return what the gate's word amounts to."""
    if isinstance(judged, OrderApproved):
        return verdict_on(judged.order)
    headline = judged.refusals[0].reason if judged.refusals else "unknown"
    return Verdict(
        product=judged.product, side=judged.side, strategy=judged.strategy, refused_by=headline
    )


def verdict_on(order: ApprovedOrder) -> Verdict:
    """Return the decision that led to `order`."""
    kind = order.order_type
    return Verdict(
        product=order.product,
        side=order.side,
        strategy=order.strategy,
        quantity=order.quantity,
        price=kind.price if isinstance(kind, Limit) else None,
    )


def compare(primary: Iterable[Verdict], shadow: Iterable[Verdict]) -> tuple[Compared, ...]:
    """Return the decisions of one cycle side by side, by product.

    Where only one of them proposed something, and its own gate refused that, neither trades and
    there is nothing to compare.
    """
    theirs, ours = ({(v.product, v.side): v for v in found} for found in (primary, shadow))
    found: dict[tuple[ProductId, Side], Compared] = {}
    for key in sorted({*theirs, *ours}):
        likeness = likeness_of(theirs.get(key), ours.get(key))
        if likeness is not None:
            found[key] = Compared(likeness, theirs.get(key), ours.get(key))
    return tuple(_with_sides(found))


def likeness_of(primary: Verdict | None, shadow: Verdict | None) -> Likeness | None:
    """Return how two decisions about one product and side compare; None: not at all."""
    if primary is not None and primary.trades:
        if shadow is None or not shadow.trades:
            return Likeness.ONLY_PRIMARY
        if primary.price != shadow.price:
            return Likeness.PRICE
        return Likeness.MATCH if primary.quantity == shadow.quantity else Likeness.SIZE
    if shadow is not None and shadow.trades:
        return Likeness.ONLY_SHADOW
    if primary is None or shadow is None:
        return None
    return Likeness.MATCH if primary.refused_by == shadow.refused_by else Likeness.GATE


def _with_sides(found: dict[tuple[ProductId, Side], Compared]) -> Iterable[Compared]:
    """Yield all, with one buying what the other sells as one difference."""
    sides = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
    for (product, side), one in found.items():
        other = found.get((product, sides[side]))
        kinds = {one.likeness, None if other is None else other.likeness}
        if other is None or kinds != {Likeness.ONLY_PRIMARY, Likeness.ONLY_SHADOW}:
            yield one
        elif one.likeness is Likeness.ONLY_PRIMARY:
            yield Compared(Likeness.SIDE, one.primary, other.shadow)
