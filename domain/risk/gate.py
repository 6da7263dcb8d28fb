"""The risk gate: the only place in the system where an `ApprovedEntry` or `ApprovedExit` is made.

Every rule is asked and every refusal kept. A rule that fails to answer refuses. There is no way
around: paper, backtest and live use the same gate.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from domain.messages.decisions import EntryProposed, ExitProposed, OrderApproved, ProposalRefused
from domain.model.approval import (
    ApprovedEntry,
    ApprovedExit,
    ExitReason,
    Limit,
    Market,
    Purpose,
    Reason,
    Refusal,
)
from domain.model.breakers import Effect
from domain.model.errors import InvariantBroken
from domain.model.money import ZERO, Amount, Quantity, plain
from domain.model.portfolio import Lot
from domain.model.product import Action, Product, Side
from domain.risk.rules import caps, data, proposal, standing
from domain.risk.sizing import Sized, size_entry
from domain.risk.view import RiskView

Rule = Callable[[EntryProposed, Sized | None, RiskView], Refusal | None]
HUNDRED = Decimal(100)

RULES: tuple[Rule, ...] = (
    standing.no_open_breaker,
    standing.is_ready,
    proposal.no_shorts,
    proposal.within_bounds,
    proposal.product_allows,
    data.fresh_quote,
    data.fresh_bar,
    data.known_value,
    data.pays_for_costs,
    standing.once_a_bar,
    caps.order_cap,
    caps.total_cap,
    caps.position_cap,
    caps.asset_cap,
    caps.theme_cap,
    caps.strategy_cap,
    caps.enough_cash,
)
"""In order of headline: the first refusal is the main reason."""


def judge_entry(
    entry: EntryProposed, view: RiskView, approval: int, rules: tuple[Rule, ...] = RULES
) -> OrderApproved | ProposalRefused:
    """Return the approved order, or every rule that refuses `entry`."""
    refusals: list[Refusal] = []
    sized: Sized | None = None
    try:
        found = _size(entry, view)
    except Exception as error:  # noqa: BLE001 - whatever fails here must refuse
        found = _failed("sizing", error)
    if isinstance(found, Sized):
        sized = found
    for rule in rules:
        try:
            refusal = rule(entry, sized, view)
        except Exception as error:  # noqa: BLE001 - a rule that fails refuses
            refusal = _failed(rule.__name__, error)
        if refusal is not None:
            refusals.append(refusal)
    if isinstance(found, Refusal):
        refusals.append(found)
    wanted = entry.proposal
    if sized is None or refusals:
        if not refusals:
            refusals.append(_failed("sizing", ValueError("no size")))
        return ProposalRefused(
            Purpose.ENTRY, entry.strategy, wanted.product, wanted.side, tuple(refusals)
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
        refusals.append(Refusal(reason=Reason.KILLED, observed=breaker.reason, limit="no kill"))
    product = view.products.get(wanted.product)
    if product is None or not product.flags.allows(Action.MARKET):
        flags = "not in the catalogue" if product is None else str(product.flags)
        refusals.append(
            Refusal(reason=Reason.PRODUCT_DISABLED, observed=flags, limit="open for market orders")
        )
    free = ZERO
    if lot is not None:
        free = min(wanted.quantity, lot.quantity - view.exposure.selling(lot.id))
    if product is not None:
        free = product.quantity_down(min(free, product.base_max))
    if lot is None or not free > 0:
        refusals.append(_nothing(wanted, lot))
    elif product is not None and not _is_sellable(free, wanted, product):
        minimum = f"{plain(product.quote_min)} {product.quote}"
        refusals.append(
            Refusal(
                reason=Reason.BELOW_MINIMUM,
                observed=f"{plain(free)} {product.base} at {plain(wanted.bid)}",
                limit=minimum,
            )
        )
    if refusals or lot is None:
        return ProposalRefused(Purpose.EXIT, strategy, wanted.product, Side.SELL, tuple(refusals))
    return OrderApproved(_exit_order(wanted, lot, Quantity(free), view, approval))


def _size(entry: EntryProposed, view: RiskView) -> Sized | Refusal:
    wanted = entry.proposal
    product, quote = view.products.get(wanted.product), view.quotes.get(wanted.product)
    nlv = view.portfolio.nlv if view.portfolio is not None else None
    if product is None or quote is None or nlv is None or view.taker is None:
        return Refusal(
            reason=Reason.NOT_READY,
            observed="product, quote, value or fees missing",
            limit="all known",
        )
    position_room = nlv * view.limits.position_pct / HUNDRED
    return size_entry(
        wanted,
        product,
        quote,
        nlv,
        view.taker,
        view.regime.multiplier,
        view.limits.entry_offset_bps,
        Amount(min(position_room, view.limits.max_order)),
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
            lifetime_ns=view.limits.lifetime_ns,
        ),
        worst_case=sized.worst_case,
        stop_loss_pct=wanted.stop_loss_pct,
        take_profit_pct=wanted.take_profit_pct,
        max_hold_ns=view.limits.max_hold_ns,
        reason="raised to the smallest entry" if sized.is_raised else "signal",
        bar_ns=entry.bar_ns,
        approved_ns=view.machine_ns,
    )


def _exit_order(
    wanted: ExitProposed, lot: Lot, quantity: Quantity, view: RiskView, approval: int
) -> ApprovedExit:
    return ApprovedExit(
        approval=approval,
        strategy=lot.strategy,
        product=wanted.product,
        quantity=quantity,
        order_type=Market(),
        lot=lot.id,
        reason=ExitReason(wanted.reason),
        approved_ns=view.machine_ns,
    )


def _lots(view: RiskView) -> tuple[Lot, ...]:
    return view.portfolio.lots if view.portfolio is not None else ()


def _is_sellable(quantity: Decimal, wanted: ExitProposed, product: Product) -> bool:
    return quantity >= product.base_min and quantity * wanted.bid >= product.quote_min


def _nothing(wanted: ExitProposed, lot: Lot | None) -> Refusal:
    if lot is None:
        return Refusal(
            reason=Reason.SHORTING_DISALLOWED, observed=f"lot {wanted.lot}", limit="an owned lot"
        )
    return Refusal(
        reason=Reason.NOTHING_OWNED, observed="all of it is being sold", limit="something to sell"
    )


def _failed(what: str, error: Exception) -> Refusal:
    return Refusal(
        reason=Reason.RULE_FAILED, observed=f"{what}: {type(error).__name__}", limit="an answer"
    )
