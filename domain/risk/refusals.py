"""The refusals that come from no rule: of sales, of what is left of entries, of what failed."""

from __future__ import annotations

from domain.messages.decisions import ExitProposed, ProtectionProposed
from domain.model.approval import Refusal
from domain.model.money import Price, Quantity, plain
from domain.model.portfolio import Lot
from domain.model.product import Product
from domain.risk import reasons


def over(observed: str, limit: str) -> Refusal:
    """Return the refusal where what is left of an entry is not bought."""
    return Refusal(reason=reasons.NOTHING_LEFT, observed=observed, limit=limit)


def closed(product: Product | None) -> Refusal:
    """Return the refusal where the venue takes no sale of `product`."""
    flags = "not in the catalogue" if product is None else product.flags.described
    return Refusal(reason=reasons.PRODUCT_DISABLED, observed=flags, limit="open for sales")


def too_small(product: Product, quantity: Quantity, price: Price) -> Refusal:
    """Return the refusal where the venue takes no sale that small."""
    return Refusal(
        reason=reasons.BELOW_MINIMUM,
        observed=f"{plain(quantity)} {product.base} at {plain(price)}",
        limit=f"{plain(product.quote_min)} {product.quote}",
    )


def nothing_to_sell(wanted: ExitProposed | ProtectionProposed, lot: Lot | None) -> Refusal:
    """Return the refusal where nothing of `lot` is left to sell, or it is none of ours."""
    if lot is None:
        return Refusal(
            reason=reasons.SHORTING_DISALLOWED, observed=f"lot {wanted.lot}", limit="an owned lot"
        )
    return Refusal(
        reason=reasons.NOTHING_OWNED, observed="all of it is being sold", limit="something to sell"
    )


def failed(what: str, error: Exception) -> Refusal:
    """Return the refusal where `what` failed to answer."""
    return Refusal(
        reason=reasons.RULE_FAILED, observed=f"{what}: {type(error).__name__}", limit="an answer"
    )
