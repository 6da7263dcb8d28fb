"""What is typed for a rehearsal reaches the trader that it starts, word by word."""

from __future__ import annotations

import pytest

from app.command_line.cli import cli
from app.rehearsal.starting import FLAGS, REPEATED, VALUED, words_of

pytestmark = pytest.mark.req("RH1")


def test_every_option_is_one_of_the_trader() -> None:
    options = {name for each in cli.params for name in each.opts}

    assert {f"--{name}" for name in (*VALUED, *REPEATED, *FLAGS)} <= options


def test_what_is_not_given_is_left_out() -> None:
    assert words_of({"venue": None, "set": (), "leave_live_positions": False}) == ()


@pytest.mark.req("RB5")
def test_beside_what_live_trading_owns_it_has_to_be_said() -> None:
    given = {"speed": "max", "set": ("a=1", "b=2"), "leave_live_positions": True}

    assert words_of(given) == ("--speed=max", "--set=a=1", "--set=b=2", "--leave-live-positions")
