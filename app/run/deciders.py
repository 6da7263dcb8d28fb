"""The recipes of those who decide and keep the books: the same for the trader and its shadow."""

from __future__ import annotations

from collections.abc import Callable

from actors.kernel.ports import QuoteReader
from actors.kernel.topology import ALLOCATOR, EXITS, PORTFOLIO, RISK_GATE, STRATEGY
from actors.trading.allocator import Allocator
from actors.trading.approvals import Approvals
from actors.trading.exits import Exits
from actors.trading.portfolio import Portfolio, PortfolioState
from actors.trading.risk_gate import GateState, RiskGate
from actors.trading.strategy import StrategyHost
from adapters.runtime.actor_system import ActorSystem
from app.run import settings
from config.effective import Config
from domain.decisions.strategy import Strategy
from domain.decisions.trailing import Trail
from domain.orders.venue_stops import VenueStops
from domain.system.recovery import Recovered

Recipe = Callable[[Recovered], None]
Recipes = dict[str, Recipe]
"""How to start each actor from the recovered state, in the order of starting."""


def deciders(
    runtime: ActorSystem, config: Config, approvals: Approvals, quotes: QuoteReader
) -> Recipes:
    """Return how to start who values, judges, sells, merges and proposes.

    `quotes` is whom those who sell ask for a price when the feed has none.
    """
    spawn = runtime.spawn
    rules, mandate = config.policy.rules, settings.mandate_of(config)
    limit_ns, depths = settings.quote_limit_ns(config), settings.depths_of(config)
    upkeep, caps = config.policy.maintenance, settings.trim_caps_of(config)
    trail = Trail(config.policy.exits.trailing_stop_pct)
    currency, allotment = config.app.quote.value, settings.allotment_of(config)

    def portfolio(state: Recovered) -> None:
        books = PortfolioState(
            currency, allotment, state.ledger, state.marks, state.peak, state.resumed
        )
        spawn(Portfolio, PORTFOLIO, books, config.policy.losses, limit_ns)

    def risk_gate(state: Recovered) -> None:
        counts = state.approved, state.counted, state.past_trades
        gate = GateState(state.ledger, state.exposure(), state.next_approval, *counts)
        throttle = config.policy.throttle
        spawn(RiskGate, RISK_GATE, rules, mandate, gate, approvals, limit_ns, throttle)

    def exits(state: Recovered) -> None:
        stops = VenueStops(state.orders.values())
        spawn(Exits, EXITS, quotes, limit_ns, upkeep, caps, stops, trail)

    def host(strategy: Strategy) -> Recipe:
        terms = settings.terms_of(config, strategy.id)
        return lambda _: spawn(StrategyHost, STRATEGY + strategy.id, strategy, terms)

    return {
        PORTFOLIO: portfolio,
        RISK_GATE: risk_gate,
        EXITS: exits,
        ALLOCATOR: lambda _: spawn(Allocator, ALLOCATOR, settings.seats_of(config), depths),
        **{STRATEGY + each.id: host(each) for each in settings.strategies_of(config)},
    }
