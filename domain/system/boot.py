"""What a start reads of key, catalogue and fees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.messages.supervision import BootCompleted
from domain.messages.venue import AccountsListed, FeesRead, PermissionsRead, ProductsListed
from domain.model.orders import OrderSeen
from domain.model.product import DELISTED, Product
from domain.model.spelling import product_meant
from domain.model.wording import counted
from domain.orders.identity import is_of_a_lineage

NAMED = 5
RIGHT_KEY = "create one that may view and trade, and not transfer"


def foreign_portfolio(permissions: PermissionsRead, wanted: str | None) -> str | None:
    """Return a sentence if the key belongs to another portfolio than the one that is `wanted`."""
    if wanted is None or permissions.portfolio_uuid.lower() == wanted:
        return None
    theirs = permissions.portfolio_uuid or "that the venue does not name"
    return f"the key belongs to portfolio {theirs}, not {wanted}"


def wrong_rights(permissions: PermissionsRead) -> str | None:
    """Return a sentence if the key may do less than trading needs, or more than it should."""
    wrong = []
    if not permissions.can_view:
        wrong.append("may not view the account")
    if not permissions.can_trade:
        wrong.append("may not trade")
    if permissions.can_transfer:
        wrong.append("may move money out of the account")
    if not permissions.portfolio_uuid:
        wrong.append("belongs to no portfolio that the venue names")
    return f"the key {', and '.join(wrong)}; {RIGHT_KEY}" if wrong else None


def no_wallet(accounts: AccountsListed, quote_currency: str) -> str | None:
    """Return a sentence if the account has money, and no wallet in the currency that pays."""
    held = {each.currency: each.total for each in accounts.accounts}
    others = sorted(name for name, total in held.items() if total > 0)
    if quote_currency in held or not others:
        return None
    return f"the account has no {quote_currency} wallet, but {', '.join(others[:NAMED])}"


def nothing_to_trade(products: ProductsListed, quote_currency: str) -> str | None:
    """Return a sentence if no product is quoted in our currency; it names some of those there are.

    What is delisted is listed for ever and counts as nothing.
    """
    living = [each for each in products.products if each.flags.status != DELISTED]
    if any(each.quote == quote_currency for each in living):
        return None
    known = sorted(each.id for each in living)
    names = ", ".join(known[:NAMED]) or "there is none"
    hint = product_meant(known[0]) if known else ""
    return f"{counted(len(living), 'product')}, none quoted in {quote_currency}: {names}{hint}"


def listed_anew(known: Sequence[Product], listed: Iterable[Product]) -> tuple[str, ...]:
    """Return by name what is listed now in a currency of the `known` products and is none of them.

    What is delisted is nothing new.
    """
    names = {each.id for each in known}
    ours = {each.quote for each in known}
    living = (each for each in listed if each.flags.status != DELISTED)
    return tuple(sorted(each.id for each in living if each.quote in ours and each.id not in names))


def other_lineage(orders: Iterable[OrderSeen]) -> str | None:
    """Return a sentence if orders were filled whose ids are of a journal that is not here.

    `orders` are those of the account before a new journal has sent any.
    """
    filled = [each for each in orders if each.filled > 0 and is_of_a_lineage(each.client_order_id)]
    if not filled:
        return None
    products = ", ".join(sorted({each.product for each in filled}))
    return (
        f"{counted(len(filled), 'order')} of another journal filled on this account ({products}), "
        "and what they bought may still be there without a stop: put that journal back, or resume "
        "if it is meant"
    )


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
