"""One backtest of a sweep: plain values in, plain values out, in whatever process it is played."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from attrs import evolve, frozen

from adapters.simulator.market_data.source import MarketError
from app.backtest.outcome import BacktestOutcome, run
from app.backtest.plan import BacktestPlan, plan_of
from app.backtest.system import BacktestFailed
from app.run.settings import lookback_ns
from app.sweep.folds import TimeSpan
from app.sweep.score import WindowScore, score_of
from config.effective import Config
from config.errors import ConfigError
from config.loading import load
from domain.model.errors import TradingError
from domain.model.instants import Nanos
from domain.model.money import install_context


class OtherProgram(TradingError):
    """Who plays the trials has another program, configuration or market; the text says which."""


@frozen(kw_only=True)
class SweepQuestion:
    """What all backtests of a sweep have in common.

    `identity` tells program, configuration and market, so that a worker elsewhere can tell whether
    it would answer the same question. `whole` is the time that may be played; a trial may look back
    and hold for `gap_ns` at most, together.
    """

    market: str
    config_dir: str
    sets: tuple[str, ...]
    seed: int
    capital: Decimal | None
    whole: TimeSpan
    gap_ns: int
    identity: Mapping[str, str]


@frozen(kw_only=True)
class SweepJob:
    """One backtest: these overrides besides those of the question, in this time."""

    sets: tuple[str, ...]
    during: TimeSpan


@frozen(kw_only=True)
class JobAnswer:
    """What came of a job: its score, or why these settings can't be played."""

    score: WindowScore | None = None
    refusal: str = ""


def answer(question: SweepQuestion, job: SweepJob) -> JobAnswer:
    """Play `job` and return what came of it: the same on every machine.

    Raises:
        OtherProgram: the program, configuration or market here is not that of the question.
    """
    with _ONE_AT_A_TIME:
        install_context()
        base = _base(question)
        try:
            config = load(question.config_dir, (*question.sets, *job.sets))
            if need_ns(config) > question.gap_ns:
                return JobAnswer(
                    refusal="looks back or holds for longer than the gap between folds"
                )
            return JobAnswer(score=score_of(_played(base, config, job.during), job.during))
        except ConfigError as error:
            return JobAnswer(refusal=str(error.problems[0].message))
        except (BacktestFailed, MarketError) as error:
            return JobAnswer(refusal=str(error))


_ONE_AT_A_TIME = threading.Lock()
"""Workers with several threads play one backtest after the other: the market is shared."""


def _played(base: BacktestPlan, config: Config, during: TimeSpan) -> BacktestOutcome:
    plan = evolve(base, config=config, start_ns=during.start_ns, end_ns=during.end_ns)
    return run(plan, lambda _: None)


@lru_cache(maxsize=1)
def _opened(market: str, config_dir: str, sets: tuple[str, ...], rest: tuple[Any, ...]) -> Any:
    """Return the plan of the whole time; a process opens its market once."""
    seed, capital, whole = rest
    return plan_of(
        market,
        load(config_dir, sets),
        seed=seed,
        lookback_ns=Nanos(0),
        from_ns=whole.start_ns,
        to_ns=whole.end_ns,
        capital=capital,
    )


def _base(question: SweepQuestion) -> BacktestPlan:
    rest = (question.seed, question.capital, question.whole)
    try:
        plan: BacktestPlan = _opened(question.market, question.config_dir, question.sets, rest)
    except (ConfigError, MarketError) as error:
        raise OtherProgram(str(error)) from error
    found = identity_of(plan)
    for name, wanted in question.identity.items():
        if found.get(name) != wanted:
            raise OtherProgram(f"its {name} is {found.get(name)}, and the sweep's is {wanted}")
    return plan


def identity_of(plan: BacktestPlan) -> dict[str, str]:
    """Return what decides what a backtest of this plan comes to, besides time and overrides."""
    return {"configuration and program": plan.config.config_hash, "market": plan.market.description}


def need_ns(config: Config) -> int:
    """Return the longest look-back and the longest hold of the enabled strategies, together."""
    return lookback_ns(config) + longest_hold_ns(config)


def longest_hold_ns(config: Config) -> Nanos:
    """Return how long an enabled strategy may hold what it has bought."""
    holds = [
        config.policy.exits.max_hold if spec.max_hold is None else spec.max_hold
        for spec in config.strategies.values()
        if spec.enabled
    ]
    return max(holds, default=Nanos(0))
