"""What is typed for a rehearsal reaches the trader that it starts, word by word."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from app.command_line.cli import cli
from app.command_line.options import Folders
from app.rehearsal.starting import FLAGS, REPEATED, VALUED, trade_options, words_of
from tests.builders.world import CONFIG

pytestmark = pytest.mark.req("RH1")


def test_every_option_is_one_of_the_trader() -> None:
    options = {name for each in cli.params for name in each.opts}

    assert {f"--{name}" for name in (*VALUED, *REPEATED, *FLAGS)} <= options


def test_the_trader_is_asked_for_help_by_both_names_afterwards(tmp_path: Path) -> None:
    trade_options((), Folders(config=CONFIG, data=tmp_path, log=tmp_path, is_data_given=True))

    option = cli.get_help_option(click.Context(cli, **cli.context_settings))
    assert option is not None
    assert "-h" in option.opts


def test_what_is_not_given_is_left_out() -> None:
    assert words_of({"venue": None, "set": (), "leave_live_positions": False}) == ()


@pytest.mark.req("RB5")
def test_beside_what_live_trading_owns_it_has_to_be_said() -> None:
    given = {"speed": "max", "set": ("a=1", "b=2"), "leave_live_positions": True}

    assert words_of(given) == ("--speed=max", "--set=a=1", "--set=b=2", "--leave-live-positions")
