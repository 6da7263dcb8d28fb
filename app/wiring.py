"""The composition of the system: one function, top to bottom, receivers before senders.

The same for every mode; what differs is which adapter fills which port, and the runtime.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from attrs import frozen

from actors.alerts import Alerts
from actors.allocator import Allocator
from actors.auditor import Auditor
from actors.canceller import Canceller
from actors.drop_copy import DropCopy
from actors.exits import Exits
from actors.feed import Feed, FeedPlan
from actors.kill_switch import KillSwitch
from actors.operator import Operator
from actors.order_manager import OrderBookState, OrderManager
from actors.portfolio import Books, Portfolio
from actors.ports import AlertLog, ControlInbox, HaltSignal, Journal, StatusBoard, Venue
from actors.projector import Identity, Member, Projector
from actors.reconciler import Account, Reconciler
from actors.risk_gate import GateState, RiskGate
from actors.scheduler import Scheduler
from actors.strategy import StrategyHost
from actors.topology import (
    ALERTS,
    ALLOCATOR,
    AUDITOR,
    CANCELLER,
    DROP_COPY,
    EXITS,
    FEED,
    KILL_SWITCH,
    OPERATOR,
    ORDER_MANAGER,
    PORTFOLIO,
    PROJECTOR,
    RECONCILER,
    RISK_GATE,
    SCHEDULER,
    STRATEGY,
)
from adapters.runtime.directory import Directory
from app import settings
from app.ending import Ending
from config.effective import Config
from domain.recovery import Recovered


@frozen(kw_only=True)
class Ports:
    """The world, as adapters present it."""

    venue: Venue
    journal: Journal
    signal: HaltSignal
    alerts: AlertLog
    status: StatusBoard
    control: ControlInbox


@frozen(kw_only=True)
class Plan:
    """What this run is: who it is, how long it lasts, what it starts from."""

    identity: Identity
    seed: int
    cycles: int | None
    is_dry: bool
    has_history: bool
    recovered: Recovered
    milestone: Callable[[Any], None]


def build(runtime: Directory, config: Config, ports: Ports, plan: Plan, ending: Ending) -> None:
    """Start every actor. The reconciler comes last: its start is the recovery."""
    runtime.board.restore(plan.recovered.latched())
    _start_keepers(runtime, ports, plan, ending)
    _start_orders(runtime, config, ports, plan)
    _start_decisions(runtime, config, plan)
    _start_senses(runtime, config, ports, plan, ending)


def _start_keepers(runtime: Directory, ports: Ports, plan: Plan, ending: Ending) -> None:
    """Who writes down, tells people, and watches for the operator's signal."""
    spawn = runtime.spawn
    spawn(Auditor, AUDITOR, ports.journal)
    spawn(Alerts, ALERTS, ports.alerts)
    status, milestone = ports.status, plan.milestone
    spawn(Projector, PROJECTOR, plan.identity, status, lambda: roster(runtime), milestone)
    spawn(KillSwitch, KILL_SWITCH, ports.signal, ending.ask)


def _start_orders(runtime: Directory, config: Config, ports: Ports, plan: Plan) -> None:
    """Who cancels, sends, and keeps the books."""
    recovered, spawn = plan.recovered, runtime.spawn
    spawn(Canceller, CANCELLER, ports.venue, recovered.purposes())
    unsettled = recovered.unsettled(runtime.clock.machine_ns())
    state = OrderBookState(recovered.lineage, recovered.next_number, unsettled)
    spawn(OrderManager, ORDER_MANAGER, ports.venue, state, is_dry=plan.is_dry)
    currency = config.app.quote.value
    allotment = settings.allotment_of(config)
    books = Books(currency, allotment, recovered.ledger, recovered.marks)
    spawn(Portfolio, PORTFOLIO, books, settings.loss_limits_of(config))


def _start_decisions(runtime: Directory, config: Config, plan: Plan) -> None:
    """Who judges, sells, merges and proposes."""
    recovered, spawn = plan.recovered, runtime.spawn
    gate = GateState(
        recovered.ledger, recovered.exposure(), recovered.next_approval, recovered.approved
    )
    spawn(RiskGate, RISK_GATE, settings.limits_of(config), gate)
    spawn(Exits, EXITS)
    depth = max(settings.lookback_minutes(config), 1)
    spawn(Allocator, ALLOCATOR, settings.seats_of(config), depth)
    for strategy in settings.strategies_of(config):
        spawn(StrategyHost, STRATEGY + strategy.id, strategy)
    for name in sorted(config.strategies):
        if not config.strategies[name].enabled:
            runtime.log_for(STRATEGY + name).info("skipped (disabled)")


def _start_senses(
    runtime: Directory, config: Config, ports: Ports, plan: Plan, ending: Ending
) -> None:
    """Who brings market, time, the venue's truth and the operator's wishes."""
    recovered, spawn = plan.recovered, runtime.spawn
    limit_ns = settings.limits_of(config).quote_limit_ns
    feed = FeedPlan(settings.lookback_minutes(config), limit_ns, plan.has_history)
    spawn(Feed, FEED, ports.venue, feed)
    draw = random.Random(f"jitter:{plan.seed}").random
    spawn(Scheduler, SCHEDULER, settings.schedule_of(config, plan.cycles), draw, ending.ask)
    ours = frozenset(recovered.orders)
    spawn(DropCopy, DROP_COPY, ports.venue, ours, recovered.booked)
    spawn(Operator, OPERATOR, ports.control, ending.ask, lambda: dead(runtime))
    app = config.app
    account = Account(app.quote.value, app.account.portfolio_uuid, recovered.last_ns)
    spawn(Reconciler, RECONCILER, ports.venue, account)


def dead(runtime: Directory) -> tuple[str, ...]:
    """Return the names of actors that are down."""
    return tuple(
        name for name, actor in sorted(runtime.members.items()) if actor.actor_stopped.is_set()
    )


def roster(runtime: Directory) -> tuple[Member, ...]:
    """Return every actor as `status` shows it."""
    members = []
    for name, actor in sorted(runtime.members.items()):
        state = "down" if actor.actor_stopped.is_set() else "busy" if actor.busy else "idle"
        waiting = len(getattr(actor.actor_inbox, "lanes", ()))
        members.append(Member(name, state, actor.epoch, actor.epoch - 1, waiting))
    return tuple(members)
