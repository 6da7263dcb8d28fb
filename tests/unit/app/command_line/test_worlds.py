"""Which world a start means, and where it lives: one folder a world."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest
from attrs import evolve

from adapters.control.worlds import CARD
from adapters.simulator.options import WorldOptions
from app.command_line.options import Folders, TradeOptions
from app.command_line.shell import check_world
from app.command_line.worlds import in_its_home, name_of, recalled, remember
from config.effective import Config
from config.mode import Mode
from domain.model.instants import HOUR, Nanos
from domain.system.address import DEFAULT

COINBASE = "mirror:https://api.coinbase.com?products=BTC-USD"
USUAL = {"USD": Decimal(10_000)}
UNSET: dict[str, Any] = {
    "market": None,
    "seed": None,
    "from_ns": None,
    "venue": None,
    "venue_url": None,
    "balances": (),
}


def options(folders: Folders, **world: Any) -> TradeOptions:
    return TradeOptions(
        mode=Mode.PAPER, config=Config(), folders=folders, **{"opening": USUAL, **world}
    )


@pytest.mark.parametrize("same", [{}, {"seed": 1}, {"opening": USUAL}, {"speed": Decimal(60)}])
def test_the_shipped_market_seed_and_account_are_the_default_world(same: dict[str, Any]) -> None:
    assert name_of(WorldOptions(**same)) == DEFAULT


@pytest.mark.parametrize(
    ("world", "begins"),
    [
        ({"seed": 7}, "generated-7"),
        ({"market": "rise/candles.parquet"}, "candles-"),
        ({"market": "generated.csv"}, "generated-"),
        ({"market": "generated.csv", "seed": 7}, "generated-7-"),
        ({"opening": {"USD": Decimal(800)}}, "generated-usd-800-"),
        ({"market": COINBASE}, "coinbase-"),
        ({"market": "Ünter all/../--.csv"}, "market-"),
    ],
)
def test_any_other_has_a_name_that_a_person_can_read(world: dict[str, Any], begins: str) -> None:
    name = name_of(WorldOptions(**world))

    assert name.startswith(begins)
    assert name == name.lower()
    assert not set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_whatever_makes_another_world_makes_another_name() -> None:
    recorded = WorldOptions(market="candles.csv")
    worlds = [
        WorldOptions(),
        WorldOptions(seed=7),
        WorldOptions(seed=0),
        WorldOptions(opening={"USD": Decimal(800)}),
        WorldOptions(opening={"USDC": Decimal(10_000)}),
        recorded,
        evolve(recorded, market="other/candles.csv"),
        evolve(recorded, seed=7),
        evolve(recorded, from_ns=Nanos(HOUR)),
        evolve(recorded, opening={"USD": Decimal(800)}),
        WorldOptions(market=COINBASE),
        WorldOptions(market=COINBASE + ",ETH-USD"),
    ]

    assert len({name_of(world) for world in worlds}) == len(worlds)


def test_a_file_is_the_same_market_from_whatever_folder_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = name_of(WorldOptions(market=str(tmp_path / "candles.csv")))
    monkeypatch.chdir(tmp_path)

    assert name_of(WorldOptions(market="candles.csv")) == whole


def test_each_world_gets_a_home_of_its_own_below_the_data_folder(tmp_path: Path) -> None:
    folders = Folders(data=tmp_path)

    assert in_its_home(options(folders)).folders.home == tmp_path
    placed = in_its_home(options(folders, seed=7)).folders
    assert placed.home == tmp_path / "worlds" / "generated-7"
    assert placed.of_mode(Mode.PAPER) == placed.home / "paper"
    assert placed.signals == (placed.home, tmp_path)


def test_a_venue_elsewhere_has_a_home_by_the_world_that_it_plays(tmp_path: Path) -> None:
    placed = in_its_home(options(Folders(data=tmp_path)), attached="0123456789abcdef")

    assert placed.folders.home == tmp_path / "worlds" / "venue-01234567"


@pytest.mark.parametrize("said", [{"is_data_given": True}, {"world": DEFAULT}])
def test_a_folder_or_a_world_that_is_named_is_taken(tmp_path: Path, said: dict[str, Any]) -> None:
    folders = Folders(data=tmp_path, **said)

    assert in_its_home(options(folders, seed=7)).folders.home == tmp_path


@pytest.mark.parametrize(
    ("stored", "asked", "is_it"),
    [
        ({}, {"seed": 7}, True),
        ({"seed": 8}, {"seed": 7}, False),
        ({"opening": {"USD": "800"}}, {"seed": 7}, False),
        ({"market": "candles.csv sha256=1"}, {"seed": 7, "market": "here/candles.csv"}, True),
        ({"market": "candles.csv sha256=1"}, {"seed": 7, "market": "here/candle"}, False),
        (
            {"market": "candles.csv sha256=1"},
            {"seed": 7, "market": "candles.csv", "from_ns": Nanos(1)},
            False,
        ),
    ],
)
def test_a_world_that_an_older_version_began_in_the_data_folder_goes_on_there(
    tmp_path: Path, stored: dict[str, Any], asked: dict[str, Any], is_it: bool
) -> None:
    world = {
        "market": "generated seed=7 offset=1m",
        "seed": 7,
        "origin_ns": 5,
        "opening": {"USD": "10000"},
        **stored,
    }
    (tmp_path / "paper" / "venue").mkdir(parents=True)
    (tmp_path / "paper" / "venue" / "world.json").write_text(json.dumps(world))

    placed = in_its_home(options(Folders(data=tmp_path), **asked))

    assert (placed.folders.home == tmp_path) is is_it


@pytest.mark.parametrize(
    "world",
    [
        {"seed": 7},
        {"market": "candles.csv", "from_ns": Nanos(HOUR)},
        {"opening": {"USD": Decimal("800.5"), "BTC": Decimal(0)}},
        {"market": COINBASE, "venue": "coinbase"},
    ],
)
def test_its_name_is_enough_to_go_on_with_a_world(tmp_path: Path, world: dict[str, Any]) -> None:
    asked = in_its_home(options(Folders(data=tmp_path), **world))
    remember(asked)

    known = recalled(asked.folders, UNSET)

    assert known["seed"] == asked.seed
    assert known["from_ns"] == asked.from_ns
    assert dict(known["balances"]) == asked.opening
    assert known["venue"] == ("coinbase" if "venue" in world else None)
    if known["venue"] is None:
        again = WorldOptions(
            market=known["market"],
            seed=known["seed"],
            from_ns=known["from_ns"],
            opening=dict(known["balances"]),
        )
        assert name_of(again) == asked.folders.world


def test_what_is_said_beside_the_name_stands(tmp_path: Path) -> None:
    asked = in_its_home(options(Folders(data=tmp_path), seed=7))
    remember(asked)

    assert recalled(asked.folders, {**UNSET, "seed": 8})["seed"] == 8
    elsewhere = {**UNSET, "venue_url": "http://127.0.0.1:1"}
    assert recalled(asked.folders, elsewhere) == elsewhere


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"seed": "x"},
        {"seed": [1]},
        {"from": "yesterday"},
        {"balances": 7},
        {"balances": {"USD": "much"}},
        {"balances": {"USD": None}},
    ],
)
def test_a_card_that_is_damaged_is_refused_and_says_what_to_type(
    tmp_path: Path, card: dict[str, Any]
) -> None:
    folders = Folders(data=tmp_path, world="generated-7")
    whole = {"market": "generated", "seed": 7, "from": None, "balances": {}, "venue": "embedded"}
    folders.home.mkdir(parents=True)
    (folders.home / CARD).write_text(json.dumps({**whole, **card} if card else {"seed": 7}))

    with pytest.raises(click.UsageError, match="damaged; say what generated-7 plays"):
        recalled(folders, UNSET)


def test_a_world_that_is_not_there_is_refused_with_the_one_that_may_be_meant(
    tmp_path: Path,
) -> None:
    (tmp_path / "worlds" / "generated-7").mkdir(parents=True)

    for known in (None, DEFAULT, "generated-7"):
        check_world(Folders(data=tmp_path, world=known))
    with pytest.raises(click.UsageError, match=r"did you mean generated-7\? .*paper list"):
        check_world(Folders(data=tmp_path, world="generatd-7"))
    with pytest.raises(click.UsageError, match=r"no world '\.\./worlds"):
        check_world(Folders(data=tmp_path, world="../worlds/generated-7"))
