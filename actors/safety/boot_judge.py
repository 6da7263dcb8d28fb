"""What a reconciler makes of what it reads at a start: whose account it is, what can be traded."""

from __future__ import annotations

from actors.kernel.base import Actor
from actors.safety.reconcile_steps import BoundAccount
from domain.messages.supervision import BootCompleted, ProductsChanged
from domain.messages.venue import FeesRead, OrdersListed, PermissionsRead, ProductsListed
from domain.model.breakers import Effect
from domain.system.answers import Answers
from domain.system.boot import boot_of, foreign_portfolio, nothing_to_trade, other_lineage

LINEAGE = "lineage"
"""Name of the breaker when the account has a past that a new journal does not know."""
NO_PRODUCTS = "no_products"
"""Name of the breaker where no product is quoted in our currency: there is nothing to enter."""


def judge_catalogue(actor: Actor, answers: Answers, account: BoundAccount) -> BootCompleted:
    """Tell what there is, stop what must not be traded, and return what trading begins with."""
    permissions = answers.of(PermissionsRead)
    foreign = foreign_portfolio(permissions, account.portfolio_uuid)
    if foreign is not None:
        actor.trip("account", foreign, effect=Effect.HALT, is_latched=True)
    if not permissions.can_trade:
        actor.trip("permissions", "the key may not trade", effect=Effect.BLOCK)
    products, fees = answers.of(ProductsListed), answers.of(FeesRead)
    actor.publish(ProductsChanged(products.products))
    nothing = nothing_to_trade(products, account.quote_currency)
    if nothing is not None:
        actor.trip(NO_PRODUCTS, nothing, effect=Effect.BLOCK)
    return boot_of(products, fees, account.quote_currency)


def judge_past(actor: Actor, listed: OrdersListed, account: BoundAccount) -> None:
    """Stop whoever begins a journal on an account on which another one owns something."""
    if account.since_ns is not None:
        return
    told = other_lineage(listed.orders)
    if told is not None:
        actor.trip(LINEAGE, told, effect=Effect.BLOCK, is_latched=True)
