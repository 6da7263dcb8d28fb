"""Challenges of the limits on losses: an account that has lost just too much, and just not."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from app.selftest.challenge import Challenge
from app.selftest.scene import CENT, NLV, NOW, Scene, asked
from config.effective import Config
from domain.model.instants import DAY, HOUR, Nanos
from domain.model.money import ZERO, Amount, plain
from domain.portfolio.losses import DAILY, DAILY_USD, DRAWDOWN, WEEKLY, EquityMark
from domain.risk.sizing import HUNDRED


def loss_challenges(config: Config) -> Iterator[Challenge]:
    """Yield an entry after a loss of each kind, a cent beyond its limit and a cent within."""
    for name, ago_ns, limit in _limits(config):
        for lost, is_inside in ((limit + CENT, False), (limit - CENT, True)):
            past = EquityMark(Nanos(NOW - ago_ns), Amount(NLV), Amount(ZERO))
            scene = Scene(config=config, cash=NLV - lost, past_equity=(past,))
            yield Challenge(
                guard=name,
                what=f"an entry after a loss of {plain(lost)} of {plain(NLV)}",
                scene=scene,
                said=(asked(scene),),
                code="halted",
                breaker=name,
                is_inside=is_inside,
            )


def _limits(config: Config) -> Iterator[tuple[str, int, Decimal]]:
    """Yield each limit's name, from when on it counts here, and what may be lost of the NLV."""
    losses = config.policy.losses
    for name, ago_ns, percent in (
        (DAILY, HOUR, losses.daily_pct),
        (WEEKLY, 2 * DAY, losses.weekly_pct),
        (DRAWDOWN, 9 * DAY, losses.drawdown_pct),
    ):
        yield name, ago_ns, NLV * percent / HUNDRED
    yield DAILY_USD, HOUR, losses.max_daily_loss_usd
