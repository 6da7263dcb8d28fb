"""The risk gate: the only place in the system where an `ApprovedEntry` or `ApprovedExit` is made.

Every rule is asked and every refusal kept. A rule that fails to answer refuses. There is no way
around: paper, backtest and live use the same gate.
"""

from __future__ import annotations

from contextlib import suppress

from attrs import evolve

from domain.messages.decisions import EntryProposed, ExitProposed, OrderApproved, ProposalRefused
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
from domain.model.money import ONE, ZERO, Amount, Price, Quantity, plain
from domain.model.portfolio import Lot
from domain.model.product import ProductId, Side
from domain.model.proposal import TradeProposal
from domain.risk import reasons
from domain.risk.exit_types import sale_type
from domain.risk.rule import Candidate, EntryRule
from domain.risk.sizing import HUNDRED, Sized, size_entry
from domain.risk.view import RiskView

Rules = tuple[EntryRule, ...]
"""In order of headline: the first refusal is the main reason."""


def judge_entry(
    entry: EntryProposed, view: RiskView, approval: int, rules: Rules
) -> OrderApproved | ProposalRefused:
    """Return the approved order, or the refusal of each of `rules` that refuses `entry`."""
    found = _size(entry, view, rules)
    sized = found if isinstance(found, Sized) else None
    wanted = Candidate(entry, sized)
    asked = (_ask(rule, wanted, view) for rule in rules)
    refusals = [refusal for refusal in asked if refusal is not None]
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


def judge_exit(
    wanted: ExitProposed, view: RiskView, approval: int
) -> OrderApproved | ProposalRefused:
    """Return the approved sale of (what is left to sell of) a lot, or why not.

    Exits pass every entry guard; only KILL, the venue's flags and ownership stop them.
    """
    lot = next((each for each in _lots(view) if each.id == wanted.lot), None)
    strategy = lot.strategy if lot is not None else ""
    refusals: list[Refusal] = []
    breaker = view.breaker_for_exit(wanted.product)
    if breaker is not None and breaker.effect >= Effect.KILL:
        refusals.append(Refusal(reason=reasons.KILLED, observed=breaker.reason, limit="no kill"))
    product = view.products.get(wanted.product)
    order_type = None if product is None else sale_type(product, wanted.bid)
    if order_type is None:
        flags = "not in the catalogue" if product is None else product.flags.described
        refusals.append(
            Refusal(reason=reasons.PRODUCT_DISABLED, observed=flags, limit="open for sales")
        )
    free = ZERO
    if lot is not None:
        free = min(wanted.quantity, lot.held - view.exposure.selling(lot.id))
    if product is not None:
        free = product.sale_of(free)
    if lot is None or not free > 0:
        refusals.append(_nothing(wanted, lot))
    elif product is not None and not product.can_sell(free, _worst_price(order_type, wanted.bid)):
        minimum = f"{plain(product.quote_min)} {product.quote}"
        refusals.append(
            Refusal(
                reason=reasons.BELOW_MINIMUM,
                observed=f"{plain(free)} {product.base} at {plain(wanted.bid)}",
                limit=minimum,
            )
        )
    if refusals or lot is None or order_type is None:
        return _refused(wanted, strategy, tuple(refusals))
    return OrderApproved(_exit_order(wanted, lot, Quantity(free), order_type, view, approval))


def limits_used(view: RiskView, rules: Rules) -> tuple[LimitUse, ...]:
    """Return how far the limits of `rules` are used; a rule that fails to answer tells nothing."""
    found: list[LimitUse] = []
    for rule in rules:
        with suppress(Exception):  # it refuses every entry for the same cause, and says so
            found.extend(rule.uses(view))
    return tuple(found)


def _ask(rule: EntryRule, wanted: Candidate, view: RiskView) -> Refusal | None:
    try:
        return rule.judge(wanted, view)
    except Exception as error:  # noqa: BLE001 - a rule that fails refuses
        return _failed(rule.CODE, error)


def _size(entry: EntryProposed, view: RiskView, rules: Rules) -> Sized | Refusal:
    try:
        return _sized(entry, view, rules)
    except Exception as error:  # noqa: BLE001 - whatever fails here must refuse
        return _failed("sizing", error)


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
    return ApprovedEntry(
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
    )


def _why(wanted: TradeProposal, sized: Sized) -> str:
    """Return why this is bought: the strategy's reason, and whether its size was raised."""
    parts = [wanted.reason] if wanted.reason else []
    parts += ["raised to the smallest entry"] if sized.is_raised else []
    return "; ".join(parts) or "signal"


def _exit_order(
    wanted: ExitProposed,
    lot: Lot,
    quantity: Quantity,
    order_type: OrderType,
    view: RiskView,
    approval: int,
) -> ApprovedExit:
    return ApprovedExit(
        approval=approval,
        strategy=lot.strategy,
        product=wanted.product,
        quantity=quantity,
        order_type=order_type,
        lot=lot.id,
        reason=ExitReason(wanted.reason),
        approved_ns=view.machine_ns,
    )


def _worst_price(order_type: OrderType | None, bid: Price) -> Price:
    """Return the price by which the venue measures whether a sale is large enough."""
    return order_type.price if isinstance(order_type, Limit) else bid


def _lots(view: RiskView) -> tuple[Lot, ...]:
    return view.portfolio.lots if view.portfolio is not None else ()


def _refused(wanted: ExitProposed, strategy: str, refusals: tuple[Refusal, ...]) -> ProposalRefused:
    side, lot, reason = Side.SELL, wanted.lot, wanted.reason
    return ProposalRefused(Purpose.EXIT, strategy, wanted.product, side, refusals, lot, reason)


def _nothing(wanted: ExitProposed, lot: Lot | None) -> Refusal:
    if lot is None:
        return Refusal(
            reason=reasons.SHORTING_DISALLOWED, observed=f"lot {wanted.lot}", limit="an owned lot"
        )
    return Refusal(
        reason=reasons.NOTHING_OWNED, observed="all of it is being sold", limit="something to sell"
    )


def _failed(what: str, error: Exception) -> Refusal:
    return Refusal(
        reason=reasons.RULE_FAILED, observed=f"{what}: {type(error).__name__}", limit="an answer"
    )
