"""From the configuration's sections to what domain and actors compare with."""

from __future__ import annotations

from actors.safety.scheduler import Schedule
from actors.trading.allocator import Seat
from actors.trading.stablecoin_watch import StablecoinPlan
from actors.trading.universe import RegimePlan
from adapters.simulator.options import DEFAULT_SEED
from app.command_line.options import TradeOptions
from config.effective import Config
from config.mode import Mode
from config.schema import PreviewWhen, QuoteCurrency
from domain.decisions.strategy import Strategy
from domain.decisions.triggers import Terms
from domain.decisions.trims import TrimCaps
from domain.market.market_data import FeedPlan
from domain.model.bars import Timeframe
from domain.model.instants import HOUR, MILLISECOND, MINUTE, SECOND, Nanos
from domain.model.money import Amount
from domain.model.product import ProductId
from domain.risk.mandate import Mandate
from domain.risk.rules.asset_cap import AssetCap
from domain.risk.rules.position_cap import PositionCap
from domain.risk.rules.stale_quote import StaleQuote
from domain.risk.rules.suspect_price import SuspectPrice
from domain.risk.rules.theme_cap import ThemeCap
from domain.risk.rules.total_cap import TotalCap
from domain.risk.working import Working
from domain.universe.selection import UniversePlan

LEAST_MINUTES = 2 * HOUR // MINUTE
"""Minutes that are asked for at the start however little strategies look at (decision 8)."""
LEADER = "BTC"
"""The asset whose hours stand for the whole market."""


def seed_of(options: TradeOptions) -> int:
    """Return the seed of this run."""
    return DEFAULT_SEED if options.seed is None else options.seed


def mandate_of(config: Config) -> Mandate:
    """Return what the risk gate is given besides its rules."""
    policy, universe = config.policy, config.universe
    return Mandate(
        quote_currency=config.app.quote.value,
        allotment=allotment_of(config),
        themes=universe.themes,
        tiers=universe.tiers,
        never_trade=frozenset(universe.never_trade),
        budget_pct={name: spec.max_at_risk_pct for name, spec in config.strategies.items()},
        trades_per_cycle={
            name: spec.max_trades_per_cycle for name, spec in config.strategies.items()
        },
        entry_offset_bps=policy.execution.entry_offset_bps,
        lifetime_ns=Nanos(policy.execution.ttl_seconds * SECOND),
        max_hold_ns=policy.exits.max_hold,
        working=working_of(config),
        pyramids=frozenset(name for name, spec in config.strategies.items() if spec.pyramids),
        holds_ns={
            name: spec.max_hold
            for name, spec in config.strategies.items()
            if spec.max_hold is not None
        },
    )


def working_of(config: Config) -> Working:
    """Return how an entry is worked that nobody fills at its price."""
    execution = config.policy.execution
    return Working(
        max_reprices=execution.max_reprices,
        after_bps=execution.reprice_after_bps,
        after_ns=Nanos(execution.reprice_after_seconds * SECOND),
        takes_rest=execution.taker_fallback,
        offset_bps=execution.entry_offset_bps,
    )


def has_previews(config: Config, mode: Mode) -> bool:
    """Tell whether the venue is asked what it would do with an entry before it leaves."""
    when = config.policy.execution.preview
    return when is PreviewWhen.ALWAYS or (when is PreviewWhen.LIVE and mode is Mode.LIVE)


def trim_caps_of(config: Config) -> TrimCaps:
    """Return the caps down to which lots are sold: the same that the rules refuse entries by."""
    policy, asset = config.policy, config.policy.rule(AssetCap)
    by_theme = policy.rule(ThemeCap).max_per_theme_pct
    return TrimCaps(
        total_pct=policy.rule(TotalCap).total_pct,
        position_pct=policy.rule(PositionCap).position_pct,
        asset_pct=asset.asset_pct,
        per_asset_pct=asset.max_per_asset_pct,
        themes={
            theme: (assets, by_theme[theme]) for theme, assets in config.universe.themes.items()
        },
    )


def universe_of(config: Config) -> UniversePlan:
    """Return what decides which products may be bought."""
    universe = config.universe
    return UniversePlan(
        tiers=universe.tiers,
        stability=universe.stability,
        never_trade=frozenset(universe.never_trade),
    )


def regime_of(config: Config) -> RegimePlan:
    """Return by which product's hours the market is judged, and how."""
    product = ProductId(f"{LEADER}-{config.app.quote}")
    return RegimePlan(product, config.universe.regime)


def stablecoin_of(config: Config) -> StablecoinPlan | None:
    """Return how the currency that pays is watched, None where it is the dollar itself."""
    if config.app.quote is QuoteCurrency.USD:
        return None
    return StablecoinPlan(config.app.quote.value, config.policy.stablecoin)


def quote_limit_ns(config: Config) -> Nanos:
    """Return the age beyond which a quote is not known to be true any more, market time."""
    return config.policy.rule(StaleQuote).limit_ns


def auto_resumes_of(config: Config, mode: Mode) -> int:
    """Return how often this run may release itself after a crash: never with real money."""
    return 0 if mode is Mode.LIVE else config.policy.supervision.paper_auto_resumes


def memory_limit_mb(config: Config) -> int:
    """Return the limit of resident memory in MiB."""
    return config.policy.supervision.memory_limit_mb


def drift_limit_ns(config: Config) -> Nanos:
    """Return how far this machine's clock may be off."""
    return Nanos(config.policy.clock.max_drift_ms * MILLISECOND)


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
        Seat(strategy.id, config.strategies[strategy.id].max_trades_per_cycle, strategy.timeframe)
        for strategy in strategies_of(config)
    )


def terms_of(config: Config, strategy: str) -> Terms:
    """Return how a strategy is asked."""
    spec = config.strategies[strategy]
    return Terms(pyramids=spec.pyramids, max_triggers_per_cycle=spec.max_triggers_per_cycle)


def depths_of(config: Config) -> dict[Timeframe, int]:
    """Return how many closed bars of each length the enabled strategies need.

    Hours and days are made of minutes: one that runs at the start has to be there from its first.
    """
    depths = dict.fromkeys(Timeframe, 0)
    for strategy in strategies_of(config):
        extra = {Timeframe.HOUR: strategy.hours, Timeframe.DAY: strategy.days}
        for timeframe in Timeframe:
            own = strategy.lookback if timeframe is strategy.timeframe else 0
            depths[timeframe] = max(depths[timeframe], own, extra.get(timeframe, 0))
    for timeframe in (Timeframe.HOUR, Timeframe.DAY):
        if depths[timeframe]:
            whole = timeframe.ns // Timeframe.MINUTE.ns
            depths[Timeframe.MINUTE] = max(depths[Timeframe.MINUTE], whole)
    return depths


def lookback_ns(config: Config) -> Nanos:
    """Return how far the enabled strategies look back, in market time."""
    return Nanos(max(rows * timeframe.ns for timeframe, rows in depths_of(config).items()))


def feed_plan_of(config: Config, *, has_history: bool) -> FeedPlan:
    """Return what the feed asks for before trading begins."""
    depths = depths_of(config)
    return FeedPlan(
        max(depths[Timeframe.MINUTE], LEAST_MINUTES),
        quote_limit_ns(config),
        has_history,
        hours=depths[Timeframe.HOUR],
        days=depths[Timeframe.DAY],
        price_limits=config.policy.rule(SuspectPrice).limits,
    )
