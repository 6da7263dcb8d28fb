"""A venue's scripted faults: what a script asks for, done at its market time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.simulator.engine.accounts import FeeRates
from adapters.simulator.engine.engine import Engine
from adapters.simulator.engine.fault_hooks import FaultHooks
from adapters.simulator.engine.world_events import WorldEvents
from adapters.simulator.faults.base import Fault
from adapters.simulator.faults.market import MarketFaults
from adapters.simulator.faults.orders import OrderFaults
from adapters.simulator.faults.requests import RequestFaults
from adapters.simulator.faults.schedule import FaultSchedule, Running
from adapters.simulator.faults.script import FaultsInvalid
from adapters.simulator.faults.streams import StreamFaults
from adapters.simulator.faults.venue_kinds import (
    BalanceChange,
    ClockSkew,
    FeeTier,
    ForeignOrder,
    ProductFlag,
)
from domain.model.instants import Nanos
from domain.model.money import plain
from domain.model.product import ProductId
from domain.model.spelling import product_meant


class Faults(FaultHooks):
    """All faults of one engine; `attach` before anything is played."""

    def __init__(self, seed: int) -> None:
        """`seed` is the world's: it and each fault's own decide what is drawn."""
        self._schedule = FaultSchedule(seed)
        self._schedule.on_begin = self._begun
        self._schedule.on_end = self._ended
        self._streams = StreamFaults(self._schedule)
        self._market = MarketFaults(self._schedule, self._world)
        super().__init__(
            RequestFaults(self._schedule),
            self._streams,
            self._market,
            OrderFaults(self._schedule, self._world),
        )
        self._engine: Engine | None = None
        self._world_events: WorldEvents | None = None

    def attach(self, engine: Engine, script: Sequence[Fault] = ()) -> None:
        """Schedule a script in the time of an engine, which must have been made with these faults.

        Raises:
            FaultsInvalid: it names products or currencies that this market does not have.
        """
        self._engine = engine
        self._world_events = engine.world_events()
        self._own_fees = self._world_events.matching.planner.fees
        problems = [problem for fault in script for problem in self._problems(fault)]
        if problems:
            raise FaultsInvalid(problems)
        for fault in script:
            self._schedule.add(fault, engine.now_ns)
        engine.advance(engine.now_ns)

    def add(self, fault: Fault) -> dict[str, Any]:
        """Schedule one more fault from now on; return what is known of it.

        Raises:
            FaultsInvalid: it names a product or currency that this market does not have.
        """
        assert self._engine is not None
        problems = self._problems(fault)
        if problems:
            raise FaultsInvalid(problems)
        running = self._schedule.add(fault, self._engine.now_ns)
        self._engine.advance(self._engine.now_ns)
        return running.document()

    def documents(self) -> list[dict[str, Any]]:
        """Return all faults, with how often each has struck."""
        return self._schedule.documents()

    # What the engine asks.

    def next_ns(self) -> Nanos:
        """Return when something is due."""
        return self._schedule.next_ns()

    def play(self, until_ns: int) -> None:
        """Begin and end what is due."""
        self._schedule.play(until_ns)

    @property
    def skew_ns(self) -> int:
        """By how much the venue's clock is ahead."""
        return sum(running.fault.by_ns for running in self._schedule.active(ClockSkew))

    # What faults do when they begin and end.

    def _begun(self, running: Running[Any]) -> None:
        self._streams.begun(running)
        self._market.begun(running)
        fault = running.fault
        if isinstance(fault, FeeTier):
            self._set_fees()
        elif isinstance(fault, ProductFlag):
            self._set_flags(fault.product)
        elif isinstance(fault, BalanceChange):
            moved = self._world().move(fault.currency, fault.amount)
            if moved != fault.amount:
                running.notes.append(f"only {plain(moved)} {fault.currency} could be moved")
        elif isinstance(fault, ForeignOrder):
            self._place(running, fault)

    def _ended(self, running: Running[Any]) -> None:
        self._streams.ended(running)
        self._market.ended(running)
        fault = running.fault
        if isinstance(fault, FeeTier):
            self._set_fees()
        elif isinstance(fault, ProductFlag):
            self._set_flags(fault.product)

    def _place(self, running: Running[Any], fault: ForeignOrder) -> None:
        name = f"foreign-{running.begins_ns}-{running.number}"
        placed = self._world().place(name, fault.product, fault.side, fault.quantity, fault.price)
        running.notes.append(placed if isinstance(placed, str) else f"order {placed.order_id}")

    def _set_fees(self) -> None:
        active = self._schedule.active(FeeTier)
        fees = self._own_fees
        if active:
            fees = FeeRates(maker=active[-1].fault.maker, taker=active[-1].fault.taker)
        self._world().set_fees(fees)

    def _set_flags(self, product: ProductId) -> None:
        if self._market.is_gone(product):
            return
        self._world().reset_flags(product)
        for running in self._schedule.active(ProductFlag):
            if running.fault.product == product:
                self._world().set_flag(product, running.fault.flag, running.fault.status)

    def _world(self) -> WorldEvents:
        assert self._world_events is not None, "faults are attached before anything is played"
        return self._world_events

    def _problems(self, fault: Fault) -> list[str]:
        """Return what a fault names that does not exist here."""
        products, currencies = self._world().catalogue.played, self._world().currencies()
        found = []
        product = getattr(fault, "product", None)
        if product is not None and product not in products:
            known = ", ".join(sorted(products))
            hint = product_meant(product, products)
            found.append(
                f"{fault.where}: the market has no product {product}; it has {known}{hint}"
            )
        if isinstance(fault, BalanceChange) and fault.currency not in currencies:
            known = ", ".join(currencies)
            found.append(f"{fault.where}: the account has no {fault.currency}; it has {known}")
        return found
