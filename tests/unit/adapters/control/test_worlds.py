"""Where worlds live, and which signal files stop them."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.control.kill_switch import FileHaltSignal, write_kill
from adapters.control.worlds import (
    footprint,
    home_of,
    homes,
    signal_folders,
    title,
    world_of,
)
from domain.model.kill import KillOrder
from domain.system.address import DEFAULT

USUAL = Path("/checkout/data")


def test_the_default_world_is_at_home_in_the_data_folder(tmp_path: Path) -> None:
    assert home_of(tmp_path, None) == home_of(tmp_path, DEFAULT) == tmp_path
    assert (world_of(tmp_path), title(tmp_path / "paper")) == (DEFAULT, "paper")


def test_any_other_is_below_it_and_named_with_its_world(tmp_path: Path) -> None:
    home = home_of(tmp_path, "generated-7")

    assert (world_of(home), title(home / "paper")) == ("generated-7", "generated-7/paper")
    assert homes(tmp_path) == (tmp_path,)
    home.mkdir(parents=True)
    (tmp_path / "worlds" / "a file").touch()
    assert homes(tmp_path) == (tmp_path, home)


@pytest.mark.req("K1")
@pytest.mark.parametrize(
    ("home", "above"),
    [
        ("/checkout/data", []),
        ("/checkout/data/worlds/generated-7", ["/checkout/data"]),
        ("/checkout/data/tries/first", ["/checkout/data"]),
        ("/elsewhere/data", []),
        ("/elsewhere/data/worlds/generated-7", ["/elsewhere/data"]),
        ("/checkout/data/tries/worlds/x", ["/checkout/data/tries", "/checkout/data"]),
    ],
)
def test_the_signal_file_of_every_folder_above_stops_what_trades_below(
    home: str, above: list[str]
) -> None:
    assert signal_folders(Path(home), USUAL) == (Path(home), *map(Path, above))


@pytest.mark.req("K1")
def test_one_signal_file_of_several_is_enough_and_any_of_them_may_go_further(
    tmp_path: Path,
) -> None:
    own, above = tmp_path / "own", tmp_path / "above"
    signal = FileHaltSignal(own, above)
    assert signal.read() is None

    write_kill(above, KillOrder("all of them", includes_exits=True))
    assert signal.read() == KillOrder("all of them", includes_exits=True)
    write_kill(own, KillOrder("this one"))
    assert signal.read() == KillOrder("this one", includes_exits=True)


def test_the_size_of_a_folder_counts_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one").write_bytes(b"12345")
    (tmp_path / "two").write_bytes(b"123")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")

    assert footprint(tmp_path).size == 8
    assert footprint(tmp_path).newest_s > 0
    assert footprint(tmp_path / "nowhere").size == 0
