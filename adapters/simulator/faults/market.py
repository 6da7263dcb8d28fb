"""Faults of the market: what a step becomes before it happens.

A step is changed whole, book and trades alike, so that streams, REST and matching agree. Minutes
with changed trades have the candles of what was printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from attrs import evolve

from adapters.simulator.engine.fault_hooks import MarketHooks
from adapters.simulator.engine.world_events import WorldEvents
from adapters.simulator.faults.base import MarketFault
from adapters.simulator.faults.schedule import FaultSchedule, Running
from adapters.simulator.faults.venue_kinds import (
    Delisting,
    Depeg,
    EmptyBook,
    FreezeProduct,
    Gap,
    PriceJump,
    ThinBook,
    WideSpread,
)
from adapters.simulator.market_data.source import Step
from domain.model.market import Level
from domain.model.money import ONE, Price, Quantity, ceil_to, floor_to
from domain.model.product import Product, ProductId

_HUNDRED = Decimal(100)
_SHAPING = (PriceJump, Depeg, WideSpread, EmptyBook, ThinBook)
_STANDING = (Gap, FreezeProduct)
Levels = tuple[Level, ...]
Cut = Callable[[Decimal, Decimal], Decimal]


class MarketFaults(MarketHooks):
    """Changes steps, and shows a book anew when a fault begins or ends."""

    def __init__(self, schedule: FaultSchedule, world_events: Callable[[], WorldEvents]) -> None:
        self._schedule = schedule
        self._world_events = world_events
        self._planned: dict[ProductId, Step] = {}
        self._factors: dict[ProductId, Decimal] = {}
        """What prices are multiplied with for good, after gaps."""
        self._gone: set[ProductId] = set()

    def step(self, planned: Step) -> Step | None:
        """Return a step as it is to happen, None if it shall not."""
        product = planned.product
        self._planned[product] = planned
        if product in self._gone or self._stands(product):
            self._world_events().alter(product, planned.at_ns)
            return None
        step = self._shaped(planned)
        if step.trades != planned.trades:
            self._world_events().alter(product, planned.at_ns)
        return step

    def begun(self, running: Running[Any]) -> None:
        """Show what a fault does at once."""
        fault = running.fault
        if isinstance(fault, Delisting):
            self._gone.add(fault.product)
            self._world_events().delist(fault.product)
            self._world_events().show(fault.product, (), ())
        elif isinstance(fault, Gap):
            for product in self._meant(fault):
                self._world_events().show(product, (), ())
        elif isinstance(fault, _SHAPING):
            self._show(fault)

    def ended(self, running: Running[Any]) -> None:
        """Show what is there without the fault."""
        fault = running.fault
        if isinstance(fault, Gap):
            for product in self._meant(fault):
                factor = self._factors.get(product, ONE)
                self._factors[product] = factor * (ONE + fault.percent / _HUNDRED)
        if isinstance(fault, MarketFault):
            self._show(fault)

    def is_gone(self, product: ProductId) -> bool:
        """Tell whether a product was delisted."""
        return product in self._gone

    def _show(self, fault: MarketFault) -> None:
        for product in self._meant(fault):
            planned = self._planned.get(product)
            if planned is not None and product not in self._gone and not self._stands(product):
                step = self._shaped(planned)
                self._world_events().show(product, step.bids, step.asks)

    def _meant(self, fault: MarketFault) -> Iterable[ProductId]:
        return self._world_events().catalogue.played if fault.product is None else (fault.product,)

    def _stands(self, product: ProductId) -> bool:
        return any(
            running.fault.product in (None, product)
            for kind in _STANDING
            for running in self._schedule.active(kind)
        )

    def _shaped(self, step: Step) -> Step:
        name = step.product
        product = self._world_events().catalogue.played[name]
        factor = self._factors.get(name, ONE)
        for jump in self._schedule.active(PriceJump):
            if jump.fault.product in (None, name):
                factor *= ONE + jump.fault.percent / _HUNDRED
        for depeg in self._schedule.active(Depeg):
            if depeg.fault.product in (None, name):
                factor *= _worth(product, depeg.fault)
        if factor != ONE:
            step = _moved(step, factor, product)
        for spread in self._schedule.active(WideSpread):
            if spread.fault.product in (None, name):
                step = _widened(step, spread.fault.percent / _HUNDRED, product)
        for thin in self._schedule.active(ThinBook):
            if thin.fault.product in (None, name):
                step = _thinned(step, thin.fault.share, product)
        for empty in self._schedule.active(EmptyBook):
            if empty.fault.product in (None, name):
                bids = () if empty.fault.side in ("bid", "both") else step.bids
                asks = () if empty.fault.side in ("offer", "both") else step.asks
                step = evolve(step, bids=bids, asks=asks)
        return step


def _worth(product: Product, depeg: Depeg) -> Decimal:
    """Return what the price of a product is multiplied with while a stablecoin is off."""
    if product.base == depeg.currency:
        return depeg.price
    return ONE / depeg.price if product.quote == depeg.currency else ONE


def _moved(step: Step, factor: Decimal, product: Product) -> Step:
    tick = product.price_increment
    trades = tuple(
        evolve(trade, price=Price(max(tick, floor_to(trade.price * factor, tick))))
        for trade in step.trades
    )
    return evolve(
        step,
        trades=trades,
        bids=_at(step.bids, factor, tick, floor_to),
        asks=_at(step.asks, factor, tick, ceil_to),
    )


def _widened(step: Step, share: Decimal, product: Product) -> Step:
    tick = product.price_increment
    return evolve(
        step,
        bids=_at(step.bids, ONE - share, tick, floor_to),
        asks=_at(step.asks, ONE + share, tick, ceil_to),
    )


def _thinned(step: Step, share: Decimal, product: Product) -> Step:
    least = product.base_increment

    def thin(levels: Levels) -> Levels:
        return tuple(
            Level(level.price, Quantity(max(least, floor_to(level.quantity * share, least))))
            for level in levels
        )

    return evolve(step, bids=thin(step.bids), asks=thin(step.asks))


def _at(levels: Levels, factor: Decimal, tick: Decimal, cut: Cut) -> Levels:
    """Return levels at other prices, whole ticks; those that meet at one price become one."""
    found: dict[Decimal, Decimal] = {}
    for level in levels:
        price = max(tick, cut(level.price * factor, tick))
        found[price] = found.get(price, Decimal(0)) + level.quantity
    return tuple(Level(Price(price), Quantity(quantity)) for price, quantity in found.items())
