"""The risk gate: the only place in the system where an `ApprovedEntry` or `ApprovedExit` is made.

Every rule is asked and every refusal kept. A rule that fails to answer refuses. There is no way
around: paper, backtest and live use the same gate.
"""

from __future__ import annotations

from contextlib import suppress

import attrs
from attrs import evolve

from domain.messages.decisions import (
    EntryProposed,
    ExitProposed,
    OrderApproved,
    ProposalRefused,
    ProtectionProposed,
    RestProposed,
)
from domain.messages.portfolio import LimitUse
from domain.model.approval import (
    ApprovedEntry,
    ApprovedExit,
    ExitReason,
    Limit,
    OrderType,
    Purpose,
    Refusal,
)
from domain.model.breakers import Effect
from domain.model.errors import InvariantBroken
from domain.model.foregone import RefusedEntry
from domain.model.instants import Nanos
from domain.model.money import BPS, ONE, ZERO, Amount, Price, Quantity
from domain.model.portfolio import Lot
from domain.model.product import Action, ProductId, Side
from domain.model.proposal import TradeProposal
from domain.model.synthetic import SyntheticEntry, SyntheticProposal
from domain.risk import reasons
from domain.risk.chains import EntryChain
from domain.risk.dust import sale_without_dust
from domain.risk.exit_types import sale_type, stop_type
from domain.risk.refusals import closed, failed, nothing_to_sell, over, too_small
from domain.risk.rule import Candidate, EntryRule
from domain.risk.sizing import HUNDRED, Sized, entry_price, size_entry, size_rest
from domain.risk.view import RiskView

Rules = tuple[EntryRule, ...]
"""In order of headline: the first refusal is the main reason."""


def judge_entry(
    entry: EntryProposed, view: RiskView, approval: int, rules: Rules
) -> OrderApproved | ProposalRefused:
    """Return the approved order, or the refusal of each of `rules` that refuses `entry`.

    One with a member that is no number is refused for that alone: nobody calculates with it.
    """
    unmeasured = entry.proposal.unmeasured
    if unmeasured is not None:
        return _unmeasured(entry, unmeasured)
    found = _size(entry, view, rules)
    sized = found if isinstance(found, Sized) else None
    wanted = Candidate(entry, sized)
    refusals = _refusals(wanted, view, rules)
    if isinstance(found, Refusal):
        refusals.append(found)
    if sized is None or refusals:
        return ProposalRefused(
            Purpose.ENTRY,
            entry.strategy,
            wanted.product,
            wanted.proposal.side,
            tuple(refusals),
            wanted=None if sized is None else _refused_entry(entry, sized, view),
        )
    return OrderApproved(_entry_order(entry, sized, view, approval))


def _unmeasured(entry: EntryProposed, name: str) -> ProposalRefused:
    wanted = entry.proposal
    why = Refusal(
        reason=reasons.INVALID_PROPOSAL,
        observed=f"{name} {getattr(wanted, name)}",
        limit="a number within policy",
    )
    return ProposalRefused(Purpose.ENTRY, entry.strategy, wanted.product, wanted.side, (why,))


def judge_rest(
    chain: EntryChain, view: RiskView, approval: int, rules: Rules, *, takes: bool
) -> OrderApproved | ProposalRefused:
    """Return the approved order for what is left of an entry that has ended, or why not.

    It is the same decision, asked anew by every rule at the price of now: never more than was
    approved first, never above the highest price, never longer than its life.
    """
    try:
        found = _size_rest(chain, view, takes=takes)
    except Exception as error:  # noqa: BLE001 - whatever fails here must refuse
        found = failed("sizing", error)
    sized = found if isinstance(found, Sized) else None
    wanted = Candidate(chain.entry, sized, chain)
    refusals = _refusals(wanted, view, rules)
    if isinstance(found, Refusal):
        refusals.append(found)
    if sized is None or refusals:
        return rest_refused(chain.order, chain.ended[-1], *refusals)
    lifetime_ns = None if takes else Nanos(chain.ends_ns - view.at_ns)
    order = evolve(
        chain.order,
        approval=approval,
        quantity=sized.quantity,
        order_type=Limit(
            price=sized.limit_price, post_only=sized.post_only, lifetime_ns=lifetime_ns
        ),
        worst_case=sized.worst_case,
        approved_ns=view.machine_ns,
        replaces=chain.ended[-1],
        first=chain.ended[0],
    )
    return OrderApproved(order)


def rest_refused(order: ApprovedEntry | RestProposed, ended: str, *why: Refusal) -> ProposalRefused:
    """Return the refusal of what is left of the entry whose order `ended` has ended."""
    return ProposalRefused(Purpose.ENTRY, order.strategy, order.product, Side.BUY, why, ended)


def _size_rest(chain: EntryChain, view: RiskView, *, takes: bool) -> Sized | Refusal:
    order, working = chain.order, view.mandate.working
    product, quote = view.products.get(order.product), view.quotes.get(order.product)
    if product is None or quote is None or view.taker is None or order.highest_price is None:
        return Refusal(
            reason=reasons.NOT_READY,
            observed="product, quote, fees or highest price missing",
            limit="all known",
        )
    if takes and not working.takes_rest:
        return over("to be taken", "policy.execution.taker_fallback")
    if not takes and len(chain.ended) > working.max_reprices:
        return over(f"{len(chain.ended)} reprices", f"{working.max_reprices}")
    if not takes and view.at_ns >= chain.ends_ns:
        return over("its time is over", "within its life")
    offset = working.offset_bps
    price = order.highest_price if takes else entry_price(product, quote, offset)
    rests = not takes and offset >= 0
    taker, stop = view.taker, order.stop_loss_pct
    return size_rest(product, price, chain.left, stop, taker, rests=rests)


def judge_exit(
    wanted: ExitProposed, view: RiskView, approval: int
) -> OrderApproved | ProposalRefused:
    """Return the approved sale of (what is left to sell of) a lot, or why not.

    Exits pass every entry guard; only KILL, the venue's flags and ownership stop them.
    """
    lot = _lot(wanted.lot, view)
    strategy = lot.strategy if lot is not None else ""
    refusals = _killed(wanted.product, view)
    product = view.products.get(wanted.product)
    order_type = None if product is None else sale_type(product, wanted.bid, wanted.reach_bps)
    if order_type is None:
        refusals.append(closed(product))
    free = ZERO
    if lot is not None:
        owned = Quantity(lot.held - view.exposure.selling(lot.id))
        free = min(wanted.quantity, owned)
        if product is not None:
            free = sale_without_dust(product, free, owned, wanted.bid)
    if product is not None and not product.can_sell(free, _worst_price(order_type, wanted.bid)):
        order_type = sale_type(product, wanted.bid)  # large enough at the bid, if at all
    if lot is None or not free > 0:
        refusals.append(nothing_to_sell(wanted, lot))
    elif product is not None and not product.can_sell(free, _worst_price(order_type, wanted.bid)):
        refusals.append(too_small(product, Quantity(free), wanted.bid))
    if refusals or lot is None or order_type is None:
        return _refused(wanted, strategy, tuple(refusals))
    sold, reason = Quantity(free), ExitReason(wanted.reason)
    return OrderApproved(_exit_order(reason, lot, sold, order_type, view, approval))


def judge_protection(
    wanted: ProtectionProposed, view: RiskView, approval: int
) -> OrderApproved | ProposalRefused:
    """Return the approved order that waits for the stop of a lot at the venue, or why not.

    As an exit it passes every entry guard. Of a lot that is being sold nothing is left to protect.
    """
    lot, product = _lot(wanted.lot, view), view.products.get(wanted.product)
    refusals = _killed(wanted.product, view)
    if product is None or not product.flags.allows_exit(Action.LIMIT):
        refusals.append(closed(product))
    if lot is None or lot.product != wanted.product:
        refusals.append(nothing_to_sell(wanted, None))
    if lot is None or product is None or refusals:
        return _refused(wanted, "" if lot is None else lot.strategy, tuple(refusals))
    stop = stop_type(product, lot.stop_price)
    free = product.sale_of(min(wanted.quantity, lot.held - view.exposure.selling(lot.id)))
    if not free > 0:
        return _refused(wanted, lot.strategy, (nothing_to_sell(wanted, lot),))
    if not product.can_sell(free, stop.price):
        return _refused(wanted, lot.strategy, (too_small(product, free, stop.price),))
    return OrderApproved(_exit_order(ExitReason.STOP, lot, free, stop, view, approval))


def limits_used(view: RiskView, rules: Rules) -> tuple[LimitUse, ...]:
    """Return how far the limits of `rules` are used; a rule that fails to answer tells nothing."""
    found: list[LimitUse] = []
    for rule in rules:
        with suppress(Exception):  # it refuses every entry for the same cause, and says so
            found.extend(rule.uses(view))
    return tuple(found)


def _refusals(wanted: Candidate, view: RiskView, rules: Rules) -> list[Refusal]:
    """Return what each of `rules` says against it, in their order."""
    found = []
    for rule in rules:
        try:
            refusal = rule.judge(wanted, view)
        except Exception as error:  # noqa: BLE001 - a rule that fails refuses
            refusal = failed(rule.CODE, error)
        if refusal is not None:
            found.append(refusal)
    return found


def _size(entry: EntryProposed, view: RiskView, rules: Rules) -> Sized | Refusal:
    try:
        return _sized(entry, view, rules)
    except Exception as error:  # noqa: BLE001 - whatever fails here must refuse
        return failed("sizing", error)


def _sized(entry: EntryProposed, view: RiskView, rules: Rules) -> Sized | Refusal:
    wanted = entry.proposal
    product, quote = view.products.get(wanted.product), view.quotes.get(wanted.product)
    nlv = view.portfolio.nlv if view.portfolio is not None else None
    if product is None or quote is None or nlv is None or view.taker is None:
        return Refusal(
            reason=reasons.NOT_READY,
            observed="product, quote, value or fees missing",
            limit="all known",
        )
    return size_entry(
        _cut_to_tier(wanted, view),
        product,
        quote,
        nlv,
        view.taker,
        view.regime.multiplier,
        view.mandate.entry_offset_bps,
        _ceiling(rules, nlv),
        _tier_most(wanted.product, nlv, view),
    )


def _cut_to_tier(wanted: TradeProposal, view: RiskView) -> TradeProposal:
    """Return the wish with no larger a size than one entry of the product's tier may have."""
    limits = view.mandate.tiers.get(view.tier_of(wanted.product))
    if limits is None or limits.size_pct is None or wanted.notional_pct <= limits.size_pct:
        return wanted
    return evolve(wanted, notional_pct=limits.size_pct)


def _ceiling(rules: Rules, nlv: Amount) -> Amount:
    """Return the most that a size may be raised to; nothing, where no rule bounds an order."""
    bounds = (rule.ceiling(nlv) for rule in rules)
    return min((bound for bound in bounds if bound is not None), default=Amount(ZERO))


def _tier_most(product: ProductId, nlv: Amount, view: RiskView) -> Amount | None:
    """Return the most that one position of the product's tier may cost; None: it is in none."""
    limits = view.mandate.tiers.get(view.tier_of(product))
    if limits is None:
        return None
    return Amount(nlv * limits.position_pct / HUNDRED * min(ONE, view.regime.multiplier))


def _refused_entry(entry: EntryProposed, sized: Sized, view: RiskView) -> RefusedEntry:
    """Return what the entry would have been: what it costs or saves is followed."""
    return RefusedEntry(
        quantity=sized.quantity,
        limit_price=sized.limit_price,
        post_only=sized.post_only,
        lifetime_ns=view.mandate.lifetime_ns,
        stop_loss_pct=entry.proposal.stop_loss_pct,
        take_profit_pct=entry.proposal.take_profit_pct,
        max_hold_ns=view.mandate.hold_of(entry.strategy),
    )


def _entry_order(
    entry: EntryProposed, sized: Sized, view: RiskView, approval: int
) -> ApprovedEntry:
    wanted = entry.proposal
    if wanted.side is not ApprovedEntry.side:
        raise InvariantBroken(f"{wanted.product}: a {wanted.side} passed every rule of entries")
    order = ApprovedEntry(
        approval=approval,
        strategy=entry.strategy,
        product=wanted.product,
        quantity=sized.quantity,
        order_type=Limit(
            price=sized.limit_price,
            post_only=sized.post_only,
            lifetime_ns=view.mandate.lifetime_ns,
        ),
        worst_case=sized.worst_case,
        stop_loss_pct=wanted.stop_loss_pct,
        take_profit_pct=wanted.take_profit_pct,
        max_hold_ns=view.mandate.hold_of(entry.strategy),
        reason=_why(wanted, sized),
        bar_ns=entry.bar_ns,
        approved_ns=view.machine_ns,
        signal=wanted.signal,
        highest_price=_highest(wanted.product, sized.limit_price, view),
    )
    return _synthetic(order) if isinstance(wanted, SyntheticProposal) else order


def _synthetic(order: ApprovedEntry) -> SyntheticEntry:
    """Return the same order as one that no gateway takes."""
    fields = attrs.fields(ApprovedEntry)
    return SyntheticEntry(**{field.name: getattr(order, field.name) for field in fields})


def _highest(product: ProductId, price: Price, view: RiskView) -> Price:
    """Return up to which price the rest of an entry may be bought: within its tier's slippage."""
    limits = view.mandate.tiers.get(view.tier_of(product))
    known = view.products.get(product)
    if limits is None or known is None:
        return price
    return known.price_down(price * (ONE + limits.slippage_bps / BPS))


def _why(wanted: TradeProposal, sized: Sized) -> str:
    """Return why this is bought: the strategy's reason, and whether its size was raised."""
    parts = [wanted.reason] if wanted.reason else []
    parts += ["raised to the smallest entry"] if sized.is_raised else []
    return "; ".join(parts) or "signal"


def _exit_order(
    reason: ExitReason,
    lot: Lot,
    quantity: Quantity,
    order_type: OrderType,
    view: RiskView,
    approval: int,
) -> ApprovedExit:
    return ApprovedExit(
        approval=approval,
        strategy=lot.strategy,
        product=lot.product,
        quantity=quantity,
        order_type=order_type,
        lot=lot.id,
        reason=reason,
        approved_ns=view.machine_ns,
        sold_at_venue=view.exposure.protected_sales.of(lot.id),
    )


def _worst_price(order_type: OrderType | None, bid: Price) -> Price:
    """Return the price by which the venue measures whether a sale is large enough."""
    return order_type.price if isinstance(order_type, Limit) else bid


def _lot(name: str, view: RiskView) -> Lot | None:
    lots = view.portfolio.lots if view.portfolio is not None else ()
    return next((each for each in lots if each.id == name), None)


def _killed(product: ProductId, view: RiskView) -> list[Refusal]:
    breaker = view.breaker_for_exit(product)
    if breaker is None or breaker.effect < Effect.KILL:
        return []
    return [Refusal(reason=reasons.KILLED, observed=breaker.reason, limit="no kill")]


def _refused(
    wanted: ExitProposed | ProtectionProposed, strategy: str, refusals: tuple[Refusal, ...]
) -> ProposalRefused:
    purpose, reason = Purpose.PROTECTION, ExitReason.STOP
    if isinstance(wanted, ExitProposed):
        purpose, reason = Purpose.EXIT, wanted.reason
    side, lot = Side.SELL, wanted.lot
    return ProposalRefused(purpose, strategy, wanted.product, side, refusals, lot, reason)
