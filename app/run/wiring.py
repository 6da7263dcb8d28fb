"""The composition of the system: one recipe an actor, top to bottom, receivers before senders.

The same for every mode; what differs is which adapter fills which port, and the runtime. The same
recipe starts an actor at the beginning and again after its death: what it is given each time is
the state that the journal tells.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from functools import partial

from attrs import frozen

from actors.kernel.ports import (
    ActorLifecycle,
    AlertLog,
    BarLog,
    BookLog,
    ControlInbox,
    HaltSignal,
    Journal,
    OrderGateway,
    OrderReader,
    StatusBoard,
    VenueGateway,
    VenueReader,
)
from actors.kernel.supervisor import Supervisor
from actors.kernel.topology import (
    ALERTS,
    ALLOCATOR,
    AUDITOR,
    BAR_KEEPER,
    CANCELLER,
    DROP_COPY,
    ENTRIES,
    FEED,
    KILL_SWITCH,
    OPERATOR,
    ORDER_MANAGER,
    PROJECTOR,
    PROTECTOR,
    RECONCILER,
    SCHEDULER,
    START_ORDER,
    STRATEGY,
    SUPERVISOR,
    UNIVERSE,
)
from actors.reporting.alerts import Alerts
from actors.reporting.auditor import Auditor
from actors.reporting.bar_keeper import BarKeeper
from actors.reporting.identity import ActorStatus, RunIdentity
from actors.reporting.projector import Projector
from actors.safety.canceller import Canceller
from actors.safety.conversions import Cashier
from actors.safety.drop_copy import DropCopy
from actors.safety.kill_switch import KillSwitch
from actors.safety.operator import Operator
from actors.safety.reconcile_steps import BoundAccount
from actors.safety.reconciler import Reconciler
from actors.safety.scheduler import Scheduler
from actors.trading.approvals import Approvals
from actors.trading.entries import RestingEntries
from actors.trading.feed import Feed
from actors.trading.order_manager import OrderManager
from actors.trading.protector import Protector
from actors.trading.universe import Selector
from adapters.runtime.actor_system import ActorSystem
from app.command_line.options import TradeOptions
from app.run import settings
from app.run.deciders import Recipe, Recipes, deciders
from app.run.guardian_inbox import GuardianInbox
from app.run.ports import VenueFacts
from app.run.stop_request import StopRequest
from config.effective import Config
from domain.messages.control import LIQUIDATION
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.orders.inputs import OrderBookState
from domain.orders.venue_stops import VenueStops
from domain.portfolio.books import Books
from domain.system.rate_budget import BudgetUse
from domain.system.recovery import Recovered


@frozen(kw_only=True)
class Ports:
    """The world, as adapters present it. Without a `gateway` nothing is ordered: a dry run."""

    venue: VenueReader
    gateway: VenueGateway | None
    journal: Journal
    signal: HaltSignal
    alerts: AlertLog
    status: StatusBoard
    bars: BarLog
    books: BookLog
    control: ControlInbox


@frozen(kw_only=True)
class RunPlan:
    """What is asked of this run, where it trades, and what the guardian has heard and said.

    `has_begun` tells whether it has said READY: before that there is no cycle. `guards_proven` is
    how many guards the self-test of this start has proven of how many.
    """

    options: TradeOptions
    facts: VenueFacts
    publish_every_ns: int
    inbox: GuardianInbox
    approvals: Approvals
    has_begun: Callable[[], bool]
    guards_proven: str | None = None


def recipes(
    runtime: ActorSystem,
    ports: Ports,
    plan: RunPlan,
    stop: StopRequest,
    lifecycle: ActorLifecycle,
) -> Recipes:
    """Return a recipe for every actor, receivers before senders.

    The reconciler comes last: its start is the recovery.
    """
    known = {
        **_keepers(runtime, ports, plan, stop, lifecycle),
        **_orders(runtime, ports, plan.options),
        **deciders(runtime, plan.options.config, plan.approvals, ports.venue),
        **_senses(runtime, ports, plan, stop),
    }
    return {name: known[name] for name in in_order(known)}


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return `names` in the order in which they start; strategies by name."""
    ordered = sorted(names)
    return tuple(
        name
        for place in START_ORDER
        for name in ordered
        if name == place or (place == STRATEGY and name.startswith(STRATEGY))
    )


def build(
    runtime: ActorSystem,
    config: Config,
    recipes: Recipes,
    recovered: Recovered,
    *,
    sells_only: bool = False,
) -> None:
    """Start every actor from the recovered state.

    `sells_only`: a liquidation. It is halted before anybody may buy, and sells under a kill that
    stays latched in the journal for the start after it.
    """
    latched = recovered.latched()
    if sells_only:
        latched = tuple(each for each in latched if each.effect < Effect.KILL)
        latched += (_of_liquidation(runtime),)
    runtime.board.restore(latched)
    for recipe in recipes.values():
        recipe(recovered)
    disabled = [name for name, spec in sorted(config.strategies.items()) if not spec.enabled]
    if disabled:
        runtime.log_for(ALLOCATOR).info(f"strategies skipped (disabled): {', '.join(disabled)}")


def _of_liquidation(runtime: ActorSystem) -> Breaker:
    """Return the halt that holds until the operator's actor puts it on record."""
    return Breaker(
        name=LIQUIDATION,
        scope=GLOBAL,
        effect=Effect.HALT,
        reason="a liquidation begins: it only sells",
        is_latched=False,
        at_ns=runtime.clock.market_ns(),
    )


def _keepers(
    runtime: ActorSystem, ports: Ports, plan: RunPlan, stop: StopRequest, lifecycle: ActorLifecycle
) -> Recipes:
    """Who writes down, tells people, brings back the dead, and watches for the signal."""
    spawn = runtime.spawn
    draw = random.Random(f"restarts:{settings.seed_of(plan.options)}").random

    def projector(state: Recovered) -> None:
        members = partial(roster, runtime)
        books = Books(plan.options.config.app.quote.value, state.ledger)
        budgets = partial(_budgets, ports.venue)
        identity, status = _identity(plan), ports.status
        stops = VenueStops(state.orders.values())
        shown = members, state.tally, books, budgets, stops, runtime.meters
        spawn(Projector, PROJECTOR, identity, status, *shown)

    return {
        AUDITOR: lambda _: spawn(Auditor, AUDITOR, ports.journal),
        ALERTS: lambda _: spawn(Alerts, ALERTS, ports.alerts),
        PROJECTOR: projector,
        BAR_KEEPER: lambda _: spawn(BarKeeper, BAR_KEEPER, ports.bars, ports.books),
        SUPERVISOR: lambda _: spawn(Supervisor, SUPERVISOR, lifecycle, draw),
        KILL_SWITCH: lambda _: spawn(KillSwitch, KILL_SWITCH, ports.signal, stop.ask),
    }


def _orders(runtime: ActorSystem, ports: Ports, options: TradeOptions) -> Recipes:
    """Who cancels, sends, protects, and works what rests."""
    spawn, venue, gateway = runtime.spawn, ports.venue, ports.gateway
    working, limit_ns = (
        settings.working_of(options.config),
        settings.quote_limit_ns(options.config),
    )

    def protector(state: Recovered) -> None:
        is_on = options.config.policy.exits.venue_stops
        spawn(Protector, PROTECTOR, state.orders.values(), is_on=is_on)

    def canceller(state: Recovered) -> None:
        spawn(Canceller, CANCELLER, venue, state.orders.values(), gateway=gateway)

    return {
        PROTECTOR: protector,
        CANCELLER: canceller,
        ORDER_MANAGER: order_manager(
            runtime,
            venue,
            gateway,
            previews=settings.has_previews(options.config, options.mode),
        ),
        ENTRIES: lambda _: spawn(RestingEntries, ENTRIES, working, limit_ns),
    }


def order_manager(
    runtime: ActorSystem,
    venue: OrderReader,
    gateway: OrderGateway | None,
    *,
    previews: bool = False,
) -> Recipe:
    """Return how to start who sends: the same for a run and for its self-test."""

    def start(state: Recovered) -> None:
        orders = state.own_orders(runtime.clock.machine_ns())
        book = OrderBookState(state.lineage, state.next_number, orders, state.former)
        manager = {"gateway": gateway, "previews": previews}
        runtime.spawn(OrderManager, ORDER_MANAGER, venue, book, **manager)

    return start


def _senses(runtime: ActorSystem, ports: Ports, plan: RunPlan, stop: StopRequest) -> Recipes:
    """Who brings market, time, the venue's truth and the operator's wishes."""
    spawn, venue, config = runtime.spawn, ports.venue, plan.options.config
    feed = settings.feed_plan_of(config, has_history=plan.facts.has_history)
    schedule = settings.schedule_of(config, plan.options.cycles)
    draw = random.Random(f"jitter:{settings.seed_of(plan.options)}").random
    quote, portfolio = config.app.quote.value, config.app.account.portfolio_uuid

    chosen, regime = settings.universe_of(config), settings.regime_of(config)
    coin = settings.stablecoin_of(config)

    def universe(state: Recovered) -> None:
        spawn(Selector, UNIVERSE, venue, chosen, regime, state.universe, coin)

    def scheduler(state: Recovered) -> None:
        cycle = state.tally.cycles
        begun = plan.has_begun
        spawn(Scheduler, SCHEDULER, schedule, draw, stop.ask, last_cycle=cycle, may_begin=begun)

    def drop_copy(state: Recovered) -> None:
        spawn(DropCopy, DROP_COPY, venue, state.orders.values(), state.booked)

    def reconciler(state: Recovered) -> None:
        known = state.boot if state.owned or state.has_unsettled else None
        account = BoundAccount(quote, portfolio, state.last_ns, known)
        boot = plan.inbox.read().boot
        is_booted = boot is not None and not boot.is_provisional
        spawn(Reconciler, RECONCILER, venue, account, is_booted=is_booted)

    return {
        UNIVERSE: universe,
        FEED: lambda _: spawn(Feed, FEED, venue, feed),
        SCHEDULER: scheduler,
        DROP_COPY: drop_copy,
        OPERATOR: _operator(runtime, ports, quote, stop),
        RECONCILER: reconciler,
    }


def _operator(runtime: ActorSystem, ports: Ports, currency: str, stop: StopRequest) -> Recipe:
    """Return how to start who answers persons, and changes money where they liquidate."""

    def start(state: Recovered) -> None:
        cashier = Cashier(
            venue=ports.venue, gateway=ports.gateway, currency=currency, proceeds=state.proceeds
        )
        runtime.spawn(Operator, OPERATOR, ports.control, stop.ask, cashier)

    return start


def _budgets(venue: VenueReader) -> tuple[BudgetUse, ...]:
    return venue.budget_uses


def _identity(plan: RunPlan) -> RunIdentity:
    """Return what the status says of the whole run."""
    options = plan.options
    schedule = settings.schedule_of(options.config, options.cycles)
    return RunIdentity(
        mode=options.mode.value,
        config_hash=options.config.config_hash,
        policy_hash=options.config.policy_hash,
        world=plan.facts.world,
        interval_ns=schedule.interval_ns,
        jitter=schedule.jitter,
        publish_every_ns=plan.publish_every_ns,
        quote_limit_ns=settings.quote_limit_ns(options.config),
        guards_proven=plan.guards_proven,
    )


def roster(runtime: ActorSystem) -> tuple[ActorStatus, ...]:
    """Return every actor as `status` shows it."""
    return tuple(
        ActorStatus(
            each.name,
            "down" if each.is_down else "busy" if each.is_busy else "idle",
            each.epoch,
            each.epoch - 1,
            each.waiting,
            each.conflated,
        )
        for each in runtime.sights()
    )
