"""Claims about the identity of a world and its folder."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.world import (
    WorldError,
    WorldFolder,
    WorldIdentity,
    WorldLocked,
    WorldMismatch,
    identity,
    opening_time_ns,
    parse_opening,
)
from domain.model.errors import InvalidNumber
from domain.model.instants import MINUTE

OPENING = {"USD": Decimal(10_000)}
ORIGIN = 1_700_000_000 * 1_000_000_000


def world(**changes: Any) -> WorldIdentity:
    made = identity(market="generated", seed=1, origin_ns=ORIGIN, opening=OPENING)
    return evolve(made, **changes)


def test_the_same_world_goes_on_under_the_same_id(tmp_path: Path) -> None:
    with WorldFolder(tmp_path / "venue") as folder:
        first = folder.settle(world())
    with WorldFolder(tmp_path / "venue") as folder:
        assert folder.settle(world()) == first
        assert folder.stored() == first


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ({"seed": 2}, "seed 1", "seed 2"),
        ({"market": "other"}, "market generated", "market other"),
        ({"origin_ns": ORIGIN + MINUTE}, "22:13:20Z", "22:14:20Z"),
        ({"opening": {"USD": "800"}}, "10000 USD", "800 USD"),
    ],
)
def test_another_world_on_the_same_folder_is_refused_naming_both(
    tmp_path: Path, change: dict[str, object], old: str, new: str
) -> None:
    with WorldFolder(tmp_path / "venue") as folder:
        folder.settle(world())
        with pytest.raises(WorldMismatch) as caught:
            folder.settle(world(**change))
    assert old in str(caught.value)
    assert new in str(caught.value)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("place", "command"),
    [
        ("data/paper/venue", "python run.py paper reset --data-dir {home}/data"),
        ("data/venue", "mv {home}/data/venue {home}/data/venue."),
    ],
)
def test_a_refused_world_says_how_to_put_the_old_one_aside(
    tmp_path: Path, place: str, command: str
) -> None:
    with WorldFolder(tmp_path / place) as folder:
        folder.settle(world())
        with pytest.raises(WorldMismatch) as caught:
            folder.settle(world(seed=2))

    assert command.format(home=tmp_path) in str(caught.value)


def test_two_worlds_of_the_same_ingredients_have_different_ids() -> None:
    assert world().id != world().id
    assert identity(market="m", seed=1, origin_ns=0, opening={}, nonce="n").id == (
        identity(market="m", seed=1, origin_ns=0, opening={}, nonce="n").id
    )


def test_a_second_process_is_refused_naming_the_first(tmp_path: Path) -> None:
    with WorldFolder(tmp_path / "venue"):
        with pytest.raises(WorldLocked, match=r"process \d+, since") as caught:
            WorldFolder(tmp_path / "venue")
        assert caught.value.exit_code == 5
    WorldFolder(tmp_path / "venue").close()


def test_a_damaged_identity_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with WorldFolder(tmp_path / "venue") as folder:
        (folder.path / "world.json").write_text('{"market": "x"')
        with pytest.raises(WorldError, match="paper reset"):
            folder.stored()
        (folder.path / "world.json").write_text("[]")
        with pytest.raises(WorldError, match="damaged"):
            folder.stored()


def test_the_folder_is_closed_to_others(tmp_path: Path) -> None:
    with WorldFolder(tmp_path / "venue") as folder:
        assert folder.path.stat().st_mode & 0o777 == 0o700


@given(
    stored=st.none() | st.integers(0, 10**12),
    wall=st.integers(0, 10**12),
    origin=st.integers(0, 10**12),
    follows=st.booleans(),
)
def test_market_time_never_goes_back_over_a_restart(
    stored: int | None, wall: int, origin: int, follows: bool
) -> None:
    now = opening_time_ns(origin_ns=origin, stored_ns=stored, follows_wall=follows, wall_ns=wall)
    assert now >= max(origin, stored or 0)
    assert now >= wall or not follows
    assert now in (origin, stored, wall)


def test_reads_opening_balances() -> None:
    assert parse_opening(("USD=800", "btc=0.5")) == {"USD": Decimal(800), "BTC": Decimal("0.5")}


@pytest.mark.parametrize("text", ["USD", "USD=", "=5", "USD=-1", "USD=x", "U$=1"])
def test_refuses_an_opening_balance_that_is_none(text: str) -> None:
    with pytest.raises(InvalidNumber):
        parse_opening((text,))


def test_refuses_two_balances_of_one_currency() -> None:
    with pytest.raises(InvalidNumber, match="once a currency"):
        parse_opening(("USD=1", "usd=2"))
