"""Values of the domain with sensible defaults: a test names only what matters to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from config.plugins import rules
from domain.messages.control import ReconcileFinished, SweepFinished
from domain.messages.decisions import EntryProposed, ExitProposed
from domain.messages.orders import FillBooked, OrderAdvanced
from domain.model.approval import (
    ApprovedEntry,
    ApprovedExit,
    ApprovedOrder,
    ExitReason,
    Limit,
    Market,
    StopLimit,
)
from domain.model.breakers import Breaker, Effect
from domain.model.context import Regime
from domain.model.entries import EntryKind, Unread
from domain.model.instants import DAY, MINUTE, SECOND, Nanos
from domain.model.market import Level, Quote, Trade
from domain.model.money import ZERO, Amount, Price, Quantity, Rate
from domain.model.orders import FillSeen, OrderIntent, OrderSeen, OrderState, VenueStatus
from domain.model.portfolio import Lot, PortfolioView
from domain.model.product import Product, ProductId, Side
from domain.model.proposal import TradeProposal
from domain.model.regime import Provenance, RegimeReading
from domain.model.universe import Standing
from domain.orders.identity import client_order_id
from domain.risk.exposure import Exposure
from domain.risk.mandate import Mandate
from domain.risk.order_bound import Prospect
from domain.risk.rule import Candidate, EntryRule
from domain.risk.sizing import Sized
from domain.risk.view import RiskView
from domain.universe.limits import TierLimits

NOW = Nanos(1_702_353_600 * SECOND)
"""A whole minute: 2023-12-12T04:00:00Z."""
BTC = ProductId("BTC-USD")
ETH = ProductId("ETH-USD")
LINEAGE = "00112233445566778899aabbccddeeff"
MAKER, TAKER = Rate(Decimal("0.006")), Rate(Decimal("0.012"))


def a_product(name: str = BTC, **changes: Any) -> Product:
    base, _, quote = name.rpartition("-")
    values: dict[str, Any] = {
        "price_increment": Decimal("0.01"),
        "base_increment": Decimal("0.00000001"),
        "quote_increment": Decimal("0.01"),
        "base_min": Decimal("0.00000001"),
        "base_max": Decimal(3_000),
        "quote_min": Decimal(1),
        "quote_max": Decimal(10_000_000),
    }
    return Product(id=ProductId(name), base=base, quote=quote, **{**values, **changes})


def a_quote(
    bid: str = "100", ask: str = "100.10", *, product: str = BTC, at_ns: int = NOW
) -> Quote:
    return Quote(
        ProductId(product),
        Price(Decimal(bid)),
        Quantity(Decimal(5)),
        Price(Decimal(ask)),
        Quantity(Decimal(5)),
        Nanos(at_ns),
        Nanos(at_ns),
    )


def a_proposal(**changes: Any) -> TradeProposal:
    values: dict[str, Any] = {
        "product": BTC,
        "side": Side.BUY,
        "notional_pct": Decimal(2),
        "stop_loss_pct": Decimal(3),
        "take_profit_pct": Decimal(8),
        "conviction": Decimal("0.7"),
    }
    return TradeProposal(**{**values, **changes})


def an_entry(
    strategy: str = "breakout", bar_ns: int = NOW - MINUTE, **changes: Any
) -> EntryProposed:
    return EntryProposed(strategy, a_proposal(**changes), Nanos(bar_ns))


def an_exit(lot: Lot, reason: ExitReason = ExitReason.STOP, **changes: Any) -> ExitProposed:
    quantity = changes.get("quantity", lot.quantity)
    return ExitProposed(lot.id, lot.product, quantity, reason, changes.get("bid", lot.stop_price))


def approved(**changes: Any) -> ApprovedEntry:
    values: dict[str, Any] = {
        "approval": 1,
        "strategy": "breakout",
        "product": BTC,
        "quantity": Quantity(Decimal(2)),
        "order_type": a_limit(),
        "worst_case": Amount(Decimal("202.4")),
        "stop_loss_pct": Decimal(3),
        "take_profit_pct": Decimal(8),
        "max_hold_ns": Nanos(DAY),
        "reason": "signal",
        "bar_ns": Nanos(NOW - MINUTE),
        "approved_ns": Nanos(1),
    }
    return ApprovedEntry(**{**values, **changes})


def a_limit(price: Decimal | int = 100, **changes: Any) -> Limit:
    values: dict[str, Any] = {"post_only": True, "lifetime_ns": Nanos(45 * SECOND)}
    return Limit(price=Price(Decimal(price)), **{**values, **changes})


def approved_sale(lot: str, quantity: str = "2", **changes: Any) -> ApprovedExit:
    values: dict[str, Any] = {
        "approval": 2,
        "strategy": "breakout",
        "product": BTC,
        "quantity": Quantity(Decimal(quantity)),
        "order_type": Market(),
        "lot": lot,
        "reason": ExitReason.STOP,
        "approved_ns": Nanos(1),
    }
    return ApprovedExit(**{**values, **changes})


def approved_stop(
    lot: str = "lot-1", quantity: str = "2", stop: str = "97", **changes: Any
) -> ApprovedExit:
    """Return an order that protects a lot at the venue."""
    at = Price(Decimal(stop))
    kind = StopLimit(stop_price=at, price=Price(at * Decimal("0.95")))
    return approved_sale(lot, quantity, **{"order_type": kind, "approval": 3, **changes})


def an_intent(order: ApprovedOrder | None = None, number: int = 1) -> OrderIntent:
    return OrderIntent(number, client_order_id(LINEAGE, number), order or approved(), None)


def a_seen(
    intent: OrderIntent, status: VenueStatus = VenueStatus.OPEN, filled: str = "0"
) -> OrderSeen:
    return OrderSeen(
        order_id=f"venue-{intent.number}",
        client_order_id=intent.client_order_id,
        product=intent.order.product,
        side=intent.order.side,
        status=status,
        filled=Quantity(Decimal(filled)),
    )


def an_unread(
    kind: EntryKind = EntryKind.ORDER, *, order_id: str = "", client_order_id: str = ""
) -> Unread:
    reason = "side: expected BUY or SELL"
    return Unread(kind=kind, reason=reason, order_id=order_id, client_order_id=client_order_id)


def a_moved(intent: OrderIntent, state: OrderState, filled: str = "0") -> OrderAdvanced:
    order = intent.order
    return OrderAdvanced(
        intent.client_order_id,
        f"venue-{intent.number}",
        order.product,
        order.side,
        order.purpose,
        state,
        Quantity(Decimal(filled)),
        "",
    )


def a_fill(intent: OrderIntent, quantity: str = "2", **changes: Any) -> FillSeen:
    values: dict[str, Any] = {
        "entry_id": f"fill-{intent.number}-{quantity}",
        "order_id": f"venue-{intent.number}",
        "product": intent.order.product,
        "side": intent.order.side,
        "price": Price(Decimal(100)),
        "quantity": Quantity(Decimal(quantity)),
        "fee": Amount(Decimal("1.2")),
        "is_maker": True,
        "at_ns": NOW,
    }
    return FillSeen(**{**values, **changes})


def booked(intent: OrderIntent, quantity: str = "2", **changes: Any) -> FillBooked:
    return FillBooked(a_fill(intent, quantity, **changes), intent.client_order_id, intent.order)


def a_lot(quantity: str = "2", **changes: Any) -> Lot:
    values: dict[str, Any] = {
        "id": "lot-1",
        "product": BTC,
        "strategy": "breakout",
        "quantity": Quantity(Decimal(quantity)),
        "cost": Amount(Decimal("202.4")),
        "paid": Amount(Decimal(200)),
        "stop_price": Price(Decimal(97)),
        "target_price": Price(Decimal(108)),
        "opened_ns": NOW,
        "expires_ns": Nanos(NOW + DAY),
    }
    return Lot(**{**values, **changes})


def a_portfolio(cash: str = "10000", *lots: Lot, nlv: str | None = "") -> PortfolioView:
    """Return a portfolio whose NLV is its cash, unless the test says otherwise."""
    amount = Amount(Decimal(cash))
    value = None if nlv is None else Amount(Decimal(nlv or cash))
    return PortfolioView(
        quote_currency="USD",
        cash=amount,
        allotted=amount,
        lots=lots,
        nlv=value,
        realised=Amount(ZERO),
        fees=Amount(ZERO),
        opening_nlv=amount,
    )


def a_mandate(**changes: Any) -> Mandate:
    values: dict[str, Any] = {
        "quote_currency": "USD",
        "allotment": None,
        "themes": {},
        "tiers": {"T1": a_tier()},
        "never_trade": frozenset(),
        "budget_pct": {"breakout": Decimal(15)},
        "trades_per_cycle": {"breakout": 3},
        "entry_offset_bps": Decimal(0),
        "lifetime_ns": Nanos(45 * SECOND),
        "max_hold_ns": Nanos(DAY),
    }
    return Mandate(**{**values, **changes})


def a_prospect(nlv: int = 10_000, **changes: Any) -> Prospect:
    values: dict[str, Any] = {
        "product": BTC,
        "tier": "T1",
        "strategy": "breakout",
        "multiplier": Decimal(1),
        "mandate": a_mandate(),
    }
    return Prospect(nlv=Amount(Decimal(nlv)), **{**values, **changes})


def the_rules(**changes: Any) -> tuple[EntryRule, ...]:
    """Return every rule of the gate with its shipped settings, but for those in `changes`."""
    known = [{one.name for one in attrs.fields(rule)} for rule in rules()]
    assert set(changes) <= set().union(*known), "no rule has such a setting"
    return tuple(
        rule(**{name: value for name, value in changes.items() if name in own})
        for rule, own in zip(rules(), known, strict=True)
    )


def a_sized(worst_case: str = "202.4", **changes: Any) -> Sized:
    values: dict[str, Any] = {
        "quantity": Quantity(Decimal(2)),
        "limit_price": Price(Decimal(100)),
        "post_only": True,
        "worst_case": Amount(Decimal(worst_case)),
        "is_raised": False,
    }
    return Sized(**{**values, **changes})


def a_candidate(worst_case: str | None = None, /, **changes: Any) -> Candidate:
    """Return an entry to be judged; without a cost or `sized` there is no order for it."""
    sized = changes.pop("sized", None)
    return Candidate(an_entry(**changes), a_sized(worst_case) if worst_case else sized)


def a_view(**changes: Any) -> RiskView:
    """Return a view on which a default entry passes every rule."""
    products = {name: a_product(name) for name in (BTC, ETH)}
    values: dict[str, Any] = {
        "at_ns": NOW,
        "machine_ns": Nanos(7),
        "is_ready": True,
        "mandate": a_mandate(),
        "breakers": (),
        "products": products,
        "quotes": {name: a_quote(product=name) for name in products},
        "bar_ends": dict.fromkeys(products, NOW),
        "stalled": {},
        "portfolio": a_portfolio(),
        "maker": MAKER,
        "taker": TAKER,
        "regime": Regime.CHOP,
        "standings": {name: a_standing(name) for name in products},
        "exposure": Exposure(),
        "approved": frozenset(),
    }
    return RiskView(**{**values, **changes})


def a_tier(**changes: Any) -> TierLimits:
    """Return a tier whose caps never bind before those of the policy."""
    values: dict[str, Any] = {
        "min_volume": Decimal(1_000_000),
        "max_spread_bps": Decimal(20),
        "min_depth": Decimal(10_000),
        "position_pct": Decimal(5),
        "tier_pct": Decimal(15),
    }
    return TierLimits(**{**values, **changes})


def a_reading(regime: Regime = Regime.CHOP, **changes: Any) -> RegimeReading:
    values: dict[str, Any] = {
        "provenance": Provenance.DETECTED,
        "why": "the test says so",
        "product": BTC,
        "bars": 168,
        "at_ns": NOW,
    }
    return RegimeReading(regime=regime, **{**values, **changes})


def a_standing(product: ProductId = BTC, tier: str = "T1", **changes: Any) -> Standing:
    """Return the standing of a product that may be bought, unless the test says otherwise."""
    values: dict[str, Any] = {"depth": Decimal(1_000_000), **changes}
    return Standing(product=product, tier=tier, **values)


def a_breaker(effect: Effect = Effect.BLOCK, scope: str = "global", **changes: Any) -> Breaker:
    values: dict[str, Any] = {
        "name": "drill",
        "reason": "the test says so",
        "is_latched": False,
        "at_ns": NOW,
    }
    return Breaker(effect=effect, scope=scope, **{**values, **changes})


def a_trade(
    price: str = "100", quantity: str = "1", *, at_ns: int = NOW, trade_id: str = "1"
) -> Trade:
    return Trade(
        BTC,
        trade_id,
        Price(Decimal(price)),
        Quantity(Decimal(quantity)),
        Side.BUY,
        Nanos(at_ns),
    )


def a_level(price: str, quantity: str = "1") -> Level:
    return Level(Price(Decimal(price)), Quantity(Decimal(quantity)))


def a_sweep(*reasons: str) -> SweepFinished:
    return SweepFinished(reasons, 0, Nanos(1))


def a_reconcile(reason: str) -> ReconcileFinished:
    return ReconcileFinished(reason, is_clean=True, problems=())
