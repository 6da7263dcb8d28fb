"""What a sweep is asked for, settled and refused as a whole before its first trial."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from app.backtest.plan import BacktestPlan, plan_of
from app.run.settings import lookback_ns, strategies_of
from app.sweep.folds import Fold, TimeSpan, folds_of
from app.sweep.sampler import VERSION
from app.sweep.space import Dimension, SweepSpace, read_space
from app.sweep.trial import SweepQuestion, identity_of, longest_hold_ns
from config.effective import Config
from config.errors import ConfigError, KeyPlace, Problem
from config.loading import load
from domain.model.errors import TradingError
from domain.model.instants import Nanos
from domain.model.money import plain

ID_DIGITS = 16


class NothingEnabled(TradingError):
    """No strategy would trade."""


@frozen(kw_only=True)
class SweepPlan:
    """A sweep: its space, its folds, and what all backtests have in common.

    `identity` names it: program, configuration, market, space and time. Where one of them changes
    it is another sweep, whose trials are not those of this one.
    """

    space: SweepSpace
    folds: tuple[Fold, ...]
    question: SweepQuestion
    market: str
    products: tuple[str, ...]
    config: Config

    @property
    def identity(self) -> str:
        """Return the name by which its trials are kept."""
        text = json.dumps(self.document, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]

    @property
    def document(self) -> dict[str, Any]:
        """Return everything that its result depends on, as JSON says it."""
        space, question = self.space, self.question
        capital = question.capital
        return {
            "market": self.market,
            "products": list(self.products),
            **question.whole.document,
            "market_seed": question.seed,
            "capital": None if capital is None else plain(capital),
            "config": {"hash": self.config.config_hash, "policy": self.config.policy_hash},
            "optuna": VERSION,
            "objective": space.objective,
            "seed": space.seed,
            "min_trades": space.min_trades,
            "anchored": space.anchored,
            "in_sample": plain(space.in_sample),
            "gap_hours": question.gap_ns / 3.6e12,
            "space": [each.document for each in space.parameters],
            "folds": [
                {"searched": each.searched.document, "judged": each.judged.document}
                for each in self.folds
            ],
        }


@frozen(kw_only=True)
class SweepWish:
    """What the command line says of a sweep."""

    config_dir: Path
    sets: tuple[str, ...]
    space: Path
    market: str
    seed: int
    from_ns: Nanos | None = None
    to_ns: Nanos | None = None
    capital: Decimal | None = None


def sweep_plan(wish: SweepWish) -> SweepPlan:
    """Return the plan of a sweep.

    Raises:
        ConfigError: configuration or space is wrong; every problem has its line.
        MarketError: the market can't be played.
        TooShort: there is no room for its folds.
        NothingEnabled: no strategy would trade.
    """
    config = load(wish.config_dir, wish.sets)
    space, places = read_space(wish.space)
    if not strategies_of(config):
        raise NothingEnabled("no strategy is enabled; name one with --strategy")
    lookback, hold = _needs(config, space, places, wish)
    plan = plan_of(
        wish.market,
        config,
        seed=wish.seed,
        lookback_ns=lookback,
        from_ns=wish.from_ns,
        to_ns=wish.to_ns,
        capital=wish.capital,
    )
    question = _question(wish, plan, lookback + hold)
    folds = folds_of(
        question.whole,
        count=space.folds,
        in_sample=space.in_sample,
        gap_ns=question.gap_ns,
        anchored=space.anchored,
    )
    return SweepPlan(
        space=space,
        folds=folds,
        question=question,
        market=plan.market.description,
        products=tuple(plan.products),
        config=config,
    )


def _question(wish: SweepWish, plan: BacktestPlan, gap_ns: int) -> SweepQuestion:
    return SweepQuestion(
        market=wish.market,
        config_dir=str(wish.config_dir.absolute()),
        sets=wish.sets,
        seed=wish.seed,
        capital=wish.capital,
        whole=TimeSpan(plan.start_ns, plan.end_ns),
        gap_ns=gap_ns,
        identity=identity_of(plan),
    )


def _needs(
    base: Config, space: SweepSpace, places: Mapping[str, KeyPlace], wish: SweepWish
) -> tuple[Nanos, Nanos]:
    """Return the longest look-back and the longest hold of the space, by its ends.

    Raises:
        ConfigError: a key is unknown, or one of its ends can't be.
    """
    lookbacks, holds = [lookback_ns(base)], [longest_hold_ns(base)]
    problems: list[Problem] = []
    for each in space.parameters:
        for index in each.ends:
            try:
                config = load(wish.config_dir, (*wish.sets, each.text(index)))
            except ConfigError as error:
                problems += _at(places[each.key], each, index, error)
                continue
            lookbacks.append(lookback_ns(config))
            holds.append(longest_hold_ns(config))
    if problems:
        raise ConfigError(tuple(dict.fromkeys(problems)))
    for corner in _corners(space):
        try:
            config = load(wish.config_dir, (*wish.sets, *corner))
        except ConfigError:
            continue  # its trial would be told so as well, and count as one without a result
        lookbacks.append(lookback_ns(config))
        holds.append(longest_hold_ns(config))
    return max(lookbacks), max(holds)


def _corners(space: SweepSpace) -> Iterator[tuple[str, ...]]:
    """Yield the settings in which everything is lowest, and those in which it is highest."""
    for end in (0, -1):
        yield tuple(each.text(end) for each in space.parameters)


def _at(place: KeyPlace, dimension: Dimension, index: int, error: ConfigError) -> Iterator[Problem]:
    """Yield the problems of one end of a key, at its line of the space file."""
    for problem in error.problems:
        own = (f"with {dimension.text(index)}",)
        is_unknown = problem.message == "unknown key"
        yield evolve(problem, place=place, hints=(*problem.hints, *(() if is_unknown else own)))
