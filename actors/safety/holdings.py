"""What a reconciler makes of balances that no fill of ours explains."""

from __future__ import annotations

from collections.abc import Sequence

from actors.kernel.base import Actor
from actors.kernel.topology import OPERATOR
from domain.messages.control import (
    AdoptRequested,
    DiscrepancyFound,
    ReleaseAnswered,
    ReleaseRequested,
)
from domain.messages.portfolio import CashFlowSeen, LotAdopted, LotReleased, LotsMissing
from domain.model.breakers import Effect, Scope
from domain.model.instants import MILLISECOND, SECOND, Nanos
from domain.model.money import plain
from domain.model.portfolio import AccountBalance, Lot
from domain.model.product import Product, ProductId
from domain.portfolio.adoption import adoption_of, hindrance
from domain.portfolio.ledger import lot_of
from domain.portfolio.reconcile import Comparison, News, Unsettled
from domain.system.alerts import LEDGER, of_cash_flow, of_missing_lot

BREAKER = "reconcile"
"""Name of the breaker while a comparison has not been clean."""
MISSING = "missing"
"""Name of the breaker of a product while coins of our lots of it are not at the venue."""
AGAIN_NS = Nanos(500 * MILLISECOND)
COMPARISONS = 4
"""A difference must survive so many comparisons: a fill may be on its way."""
CONFIRM_NS = Nanos(5 * SECOND)
"""Machine time until a difference that no order of ours explains is looked at once more."""
LOOKS = 3
"""So many times in one pass balances may turn out to have moved on; then they are not believed."""


class Holdings:
    """Judges comparisons for `actor`: blocks while books differ, books what explains it, freezes
    the products of which coins are missing, and takes released lots out.
    """

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._problems: tuple[str, ...] = ()
        self._seen: News = ()
        self._tries = self._looks = 0
        self._releases: list[ReleaseRequested] = []
        self._adoptions: list[AdoptRequested] = []

    # Differences.

    def begin(self) -> None:
        """A new pass begins: what an earlier one saw confirms nothing."""
        self._seen, self._tries, self._looks = (), 0, 0

    def next_look(
        self, found: Comparison, lots: Sequence[Lot], *, is_hurried: bool
    ) -> Nanos | None:
        """Return the machine time until the pass must compare again, None if it is over.

        A difference that stays, and that no order of ours explains, blocks entries until a later
        look has shown the same; then it is booked, and the next look proves that the books agree.
        `is_hurried`: somebody waits for the end of the pass, which leaves that to the next one.
        """
        if found.problems and self._tries < COMPARISONS:
            self._tries += 1
            return AGAIN_NS
        if is_hurried or not found.news:
            return None
        if found.news == self._seen:
            self._seen = ()
            self._book(found.news, lots)
            return AGAIN_NS
        if self._looks >= LOOKS:
            return None
        self._seen, self._looks = found.news, self._looks + 1
        self._actor.trip(BREAKER, "; ".join(found.problems), effect=Effect.BLOCK, may_flap=True)
        return CONFIRM_NS

    def _book(self, news: News, lots: Sequence[Lot]) -> None:
        for each in news:
            if isinstance(each, LotsMissing):
                self._freeze_products(each, lots)
            self._actor.publish(each)
            if isinstance(each, CashFlowSeen):
                self._actor.publish(of_cash_flow(each))
            else:
                self._tell_missing(each, lots)

    def judge(self, problems: tuple[str, ...]) -> None:
        """Block entries while the last comparison of a pass still differs."""
        if not problems:
            self._actor.close(BREAKER, "venue and ledger agree")
        elif problems != self._problems:
            self._actor.trip(BREAKER, "; ".join(problems), effect=Effect.BLOCK)
            for problem in problems:
                self._actor.publish(DiscrepancyFound("balance", LEDGER, problem))
        self._problems = problems

    def freeze(self, lots: Sequence[Lot]) -> None:
        """Keep every product frozen of which something is missing, and no other."""
        missing = {lot.product: lot for lot in lots if lot.missing}
        for breaker in self._actor.board.open:
            is_over = breaker.scope not in map(Scope.of_product, missing)
            if breaker.name == MISSING and is_over:
                self._actor.close(
                    MISSING, "the venue holds all of our lots again", scope=breaker.scope
                )
        for product in sorted(missing):
            self._freeze(product)

    def _freeze_products(self, found: LotsMissing, lots: Sequence[Lot]) -> None:
        """Freeze what is about to be marked, so that nobody sees it marked and not frozen."""
        known = {lot.id: lot.product for lot in lots}
        for product in sorted({known[name] for name, _ in found.lots if name in known}):
            self._freeze(product)

    def _freeze(self, product: ProductId) -> None:
        reason = f"coins of our lots of {product} are not at the venue any more"
        scope = Scope.of_product(product)
        self._actor.trip(MISSING, reason, effect=Effect.BLOCK, scope=scope)

    def _tell_missing(self, found: LotsMissing, lots: Sequence[Lot]) -> None:
        known = {lot.id: lot for lot in lots}
        for name, missing in found.lots:
            if name in known and known[name].missing < missing:
                self._actor.publish(of_missing_lot(known[name], missing))
        if not found.lots:
            self._actor.log.warning("the venue holds all of our lots again", of=found.currency)

    # Lots that their owner gives up.

    def ask(self, request: ReleaseRequested | AdoptRequested) -> None:
        """Keep a request until the comparison that it waits for is over."""
        if isinstance(request, AdoptRequested):
            self._adoptions.append(request)
        else:
            self._releases.append(request)

    def adopt(
        self,
        problems: tuple[str, ...],
        accounts: Sequence[AccountBalance],
        products: Sequence[Product],
        lots: Sequence[Lot],
        unsettled: Unsettled,
    ) -> None:
        """Make lots of foreign coins as far as the comparison shows them, and answer for each."""
        asked, self._adoptions = self._adoptions, []
        owned, now_ns = list(lots), self._actor.clock.market_ns()
        for request in asked:
            wanted = adoption_of(request.wanted)
            text = "; ".join(problems) or hindrance(wanted, products, accounts, owned, unsettled)
            if text:
                self._answer(request, f"not adopted: {text}", is_done=False)
                continue
            adopted = LotAdopted(
                f"adopted-{request.request_id}",
                wanted.product,
                wanted.quantity,
                wanted.cost,
                wanted.stop,
                now_ns,
                request.reason,
            )
            owned.append(lot_of(adopted))
            self._actor.publish(adopted)
            what = f"{plain(wanted.quantity)} {wanted.product} as lot {adopted.lot}"
            self._answer(
                request, f"adopted {what}, sold at {plain(wanted.stop)} or below", is_done=True
            )

    def release(self, problems: tuple[str, ...], lots: Sequence[Lot]) -> bool:
        """Answer every request by a comparison; tell whether a lot was taken out."""
        asked, self._releases = self._releases, []
        known = {lot.id: lot for lot in lots}
        released = False
        for request in asked:
            lot = known.get(request.lot)
            hindrance = "; ".join(problems) or _not_missing(request.lot, lot)
            if lot is None or hindrance:
                self._answer(request, f"not released: {hindrance}", is_done=False)
                continue
            del known[lot.id]
            released = True
            self._actor.publish(LotReleased(lot.id, lot.product, lot.missing, request.reason))
            what = f"{plain(lot.missing)} {lot.product} of lot {lot.id}"
            self._answer(
                request, f"released {what} at its cost, {lot.missing_cost:.2f}", is_done=True
            )
        return released

    def _answer(
        self, request: ReleaseRequested | AdoptRequested, text: str, *, is_done: bool
    ) -> None:
        self._actor.send(OPERATOR, ReleaseAnswered(request.request_id, is_done, text))


def _not_missing(name: str, lot: Lot | None) -> str:
    """Return why a lot of this name can't be released, "" if it can."""
    if lot is None:
        return f"no lot {name} is owned"
    return "" if lot.missing else f"all of lot {name} is at the venue and stays protected"
