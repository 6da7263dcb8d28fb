"""What a start reads of key, catalogue and fees."""

from __future__ import annotations

from domain.messages.supervision import BootCompleted
from domain.messages.venue import FeesRead, PermissionsRead, ProductsListed


def foreign_portfolio(permissions: PermissionsRead, wanted: str | None) -> str | None:
    """Return a sentence if the key belongs to another portfolio than the one that is `wanted`."""
    if wanted is None or permissions.portfolio_uuid == wanted:
        return None
    return f"the key belongs to portfolio {permissions.portfolio_uuid}, not {wanted}"


def boot_of(
    products: ProductsListed, fees: FeesRead, quote_currency: str, *, is_clean: bool = False
) -> BootCompleted:
    """Return what trading begins with: products in our currency by name, and the fee rates.

    Both answers must be whole (`failure_of`).
    """
    assert fees.maker is not None
    assert fees.taker is not None
    ours = [each for each in products.products if each.quote == quote_currency]
    by_name = tuple(sorted(ours, key=lambda product: product.id))
    return BootCompleted(by_name, fees.maker, fees.taker, is_clean)
