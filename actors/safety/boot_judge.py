"""What a reconciler makes of a start: whose account it is, what can be traded, what is missing."""

from __future__ import annotations

from attrs import evolve

from actors.kernel.base import Actor
from actors.safety.list_judge import ListJudge
from actors.safety.reconcile_steps import BootLook, BoundAccount
from domain.messages.control import SweepRequested
from domain.messages.supervision import BootCompleted, ProductsChanged
from domain.messages.venue import (
    AccountsListed,
    FeesRead,
    OrdersListed,
    PermissionsRead,
    ProductsListed,
)
from domain.model.breakers import Effect
from domain.model.instants import SECOND
from domain.model.portfolio import totals_of
from domain.model.wallets import elsewhere
from domain.system.access_alerts import of_other_wallet, of_wallet
from domain.system.answers import Answers
from domain.system.boot import (
    boot_of,
    foreign_portfolio,
    no_wallet,
    nothing_to_trade,
    other_lineage,
    wrong_rights,
)

BOOT = "boot"
"""Why a start asks for a sweep and for a comparison."""
BOOTING = "boot"
"""Name of the breaker while the start is not done although it should be."""
BOOT_LOOK_NS, BOOT_WITHIN_NS = SECOND, 15 * SECOND
"""Machine time between looks at a start, and after which one that is not done is told."""
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
    wrong = wrong_rights(permissions)
    if wrong is not None:
        actor.trip("permissions", wrong, effect=Effect.BLOCK)
    products, fees = answers.of(ProductsListed), answers.of(FeesRead)
    actor.publish(ProductsChanged(products.products))
    nothing = nothing_to_trade(products, account.quote_currency)
    if nothing is not None:
        actor.trip(NO_PRODUCTS, nothing, effect=Effect.BLOCK)
    return boot_of(products, fees, account.quote_currency)


def judge_wallet(actor: Actor, accounts: AccountsListed, account: BoundAccount) -> None:
    """Tell of an account the money of which is in other currencies than the one that pays."""
    told = no_wallet(accounts, account.quote_currency)
    if told is not None:
        actor.publish(of_wallet(told))
    totals = totals_of(accounts.accounts)
    if other := elsewhere(account.quote_currency, totals):
        is_all = not totals.get(account.quote_currency)
        actor.publish(of_other_wallet(account.quote_currency, other, is_all=is_all))


def judge_past(actor: Actor, listed: OrdersListed, account: BoundAccount) -> None:
    """Stop whoever begins a journal on an account on which another one owns something."""
    if account.since_ns is not None:
        return
    told = other_lineage(listed.orders)
    if told is not None:
        actor.trip(LINEAGE, told, effect=Effect.BLOCK, is_latched=True)


class BootWatch:
    """Watches the start of `actor`: one that does not get on is told, and where lots are owned it
    opens with exits alone meanwhile.
    """

    def __init__(
        self, actor: Actor, account: BoundAccount, lists: ListJudge, *, is_over: bool
    ) -> None:
        self._actor, self._account, self._lists = actor, account, lists
        self._begun_ns = actor.clock.machine_ns()
        self._is_open = False
        self.is_over = is_over
        self._lists.is_silent = not is_over  # what a start lacks is told as `boot`

    def begin(self) -> None:
        """Look from now on until the start is over."""
        self._actor.after_machine(BOOT_LOOK_NS, BootLook())

    def look(self, waits_for: str, *, is_swept: bool) -> None:
        """Say what keeps the start from its end; where lots are owned, let exits run meanwhile.

        `waits_for` is what is being done; `is_swept`: a sweep is done or under way.
        """
        if self.is_over:
            return
        actor = self._actor
        actor.after_machine(BOOT_LOOK_NS, BootLook())
        doubt = self._lists.doubt()
        if doubt is None and actor.clock.machine_ns() - self._begun_ns < BOOT_WITHIN_NS:
            return
        why = doubt or f"it waits for the {waits_for}"
        actor.trip(BOOTING, f"the start is not complete: {why}", effect=Effect.REDUCE_ONLY)
        known = self._account.known
        if known is None or self._is_open:
            return
        self._is_open = True
        actor.publish(evolve(known, is_clean=False, is_provisional=True))
        if not is_swept:  # what is missing can wait
            actor.publish(SweepRequested(BOOT, includes_exits=False))

    def end(self, boot: BootCompleted, *, is_clean: bool) -> None:
        """Tell that the start is over, and what trading begins with."""
        self.is_over, self._lists.is_silent = True, False
        self._actor.publish(evolve(boot, is_clean=is_clean))
        self._actor.close(BOOTING, "the start is complete")
