"""After several losses in a row entries pause."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.instants import MINUTE, Nanos
from domain.risk.past_trades import PastTrades
from domain.risk.rules.losing_streak import LosingStreak
from domain.risk.view import RiskView
from tests.builders.messages import NOW, a_candidate, a_view

pytestmark = pytest.mark.req("PAC")
RULE = LosingStreak()


def lost(losses: int, minutes_ago: int) -> RiskView:
    past = PastTrades(losses=losses, lost_ns=Nanos(NOW - minutes_ago * MINUTE))
    return a_view(past_trades=past)


def used(view: RiskView) -> int:
    (use,) = RULE.uses(view)
    assert (use.name, use.limit, use.unit) == ("losses in a row", Decimal(4), "losses")
    return int(use.used)


def test_one_loss_too_many_pauses_for_its_minutes() -> None:
    refusal = RULE.judge(a_candidate(), lost(4, 59))

    assert refusal is not None
    assert (refusal.reason, refusal.observed, refusal.limit) == (
        "losing_streak",
        "4 losses in a row, the last 59 min ago",
        "60 min after 4",
    )
    assert RULE.judge(a_candidate(), lost(4, 60)) is None
    assert RULE.judge(a_candidate(), lost(3, 0)) is None


def test_after_the_pause_the_next_loss_pauses_again() -> None:
    assert RULE.judge(a_candidate(), lost(5, 1)) is not None


def test_it_tells_how_many_losses_are_left() -> None:
    assert [used(view) for view in (a_view(), lost(3, 1), lost(4, 1), lost(5, 1))] == [0, 3, 4, 4]
    assert used(lost(5, 60)) == 3
