"""From the configuration's sections to what domain and actors compare with."""

from __future__ import annotations

from actors.safety.scheduler import Schedule
from actors.trading.allocator import Seat
from config.effective import Config
from config.mode import Mode
from domain.decisions.strategy import Strategy
from domain.model.instants import SECOND, Nanos
from domain.model.money import Amount
from domain.portfolio.losses import LossLimits
from domain.risk.limits import Limits


def limits_of(config: Config) -> Limits:
    """Return the risk gate's limits."""
    policy, universe = config.policy, config.universe
    proposals = policy.proposals
    return Limits(
        total_pct=policy.caps.total_pct,
        position_pct=policy.caps.position_pct,
        asset_pct=policy.caps.asset_pct,
        asset_pcts=policy.max_per_asset_pct,
        themes=universe.themes,
        theme_pct=policy.max_per_theme_pct,
        strategy_pct={name: spec.max_at_risk_pct for name, spec in config.strategies.items()},
        max_order=Amount(policy.max_order_usd),
        allotment=allotment_of(config),
        quote_limit_ns=Nanos(int(policy.staleness.quote_seconds * SECOND)),
        bar_limit_ns=Nanos(int(policy.staleness.bar_seconds * SECOND)),
        min_reward_ratio=policy.cost.min_reward_ratio,
        min_stop_pct=proposals.min_stop_pct,
        max_stop_pct=proposals.max_stop_pct,
        min_target_pct=proposals.min_target_pct,
        max_target_pct=proposals.max_target_pct,
        min_conviction=proposals.min_conviction,
        max_notional_pct=proposals.max_notional_pct,
        entry_offset_bps=policy.execution.entry_offset_bps,
        lifetime_ns=Nanos(policy.execution.ttl_seconds * SECOND),
        max_hold_ns=policy.exits.max_hold,
        never_trade=frozenset(universe.never_trade),
        quote_currency=config.app.quote.value,
    )


def loss_limits_of(config: Config) -> LossLimits:
    """Return the limits on losses."""
    policy = config.policy
    return LossLimits(
        daily_pct=policy.stops.daily_pct,
        weekly_pct=policy.stops.weekly_pct,
        drawdown_pct=policy.stops.drawdown_pct,
        max_daily_loss_usd=Amount(policy.max_daily_loss_usd),
    )


def auto_resumes_of(config: Config, mode: Mode) -> int:
    """Return how often this run may release itself after a crash: never with real money."""
    return 0 if mode is Mode.LIVE else config.policy.supervision.paper_auto_resumes


def memory_limit_mb(config: Config) -> int:
    """Return the limit of resident memory in MiB."""
    return config.policy.supervision.memory_limit_mb


def schedule_of(config: Config, cycles: int | None) -> Schedule:
    """Return when to decide."""
    loop = config.policy.loop
    return Schedule(loop.interval_seconds * SECOND, float(loop.jitter_pct) / 100.0, cycles)


def allotment_of(config: Config) -> Amount | None:
    """Return the quote currency that may be used, None for all of it."""
    allotment = config.policy.capital.allotment
    return None if allotment is None else Amount(allotment)


def strategies_of(config: Config) -> tuple[Strategy, ...]:
    """Return the enabled strategies, by id."""
    enabled = sorted(name for name, spec in config.strategies.items() if spec.enabled)
    return tuple(config.strategies[name].strategy for name in enabled)


def seats_of(config: Config) -> tuple[Seat, ...]:
    """Return the allocator's seats, one for each enabled strategy."""
    return tuple(
        Seat(strategy.id, config.strategies[strategy.id].max_trades_per_cycle)
        for strategy in strategies_of(config)
    )


def lookback_minutes(config: Config) -> int:
    """Return the longest look-back of the enabled strategies, in closed minute bars."""
    return max((strategy.lookback for strategy in strategies_of(config)), default=0)
