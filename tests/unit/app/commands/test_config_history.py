"""`config history`, `diff` and `restore` tell of starts, and bring files back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from adapters.control.instances import InstanceLock
from app.command_line.cli import main
from app.configuration.history import NAMES, keep
from config.loading import load

pytestmark = pytest.mark.req("CH1", "RB5")
Said = pytest.CaptureFixture[str]
SHIPPED = Path(__file__).resolve().parents[4] / "config"
ORDER = "policy.max_order_usd=900"


class Place:
    """A config folder of the test's own, and a data folder that starts are kept in."""

    def __init__(self, home: Path) -> None:
        self.config, self.data = home / "config", home / "data"
        self.config.mkdir()
        for name in NAMES:
            shutil.copy(SHIPPED / name, self.config / name)
        self._second = 0

    def run(self, *words: str) -> int:
        place = ("--data-dir", str(self.data), "--config-dir", str(self.config))
        return main(["config", *words, *place])

    def start(self, *sets: str, mode: str = "paper", world: str = "") -> str:
        """Keep a start with the files as they are; return its hash."""
        self._second += 1
        config = load(self.config, sets)
        home = self.data / "worlds" / world if world else self.data
        at = f"2026-11-29T20:00:{self._second:02}Z"
        keep(home / mode, config, self.config, sets, at)
        return config.config_hash

    def edit(self, old: str, new: str) -> None:
        policy = self.config / "policy.yaml"
        assert policy.read_text().count(old) == 1
        policy.write_text(policy.read_text().replace(old, new))

    @property
    def text(self) -> str:
        return (self.config / "policy.yaml").read_text()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_history_lists_every_start_below_the_data_folder(place: Place, capsys: Said) -> None:
    one = place.start()
    place.start()
    other = place.start(ORDER, mode="dry-run", world="seven")

    assert place.run("history") == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.split() == ["2026-11-29", "20:00:01", "paper", one]
    assert second.endswith("as before")
    assert third.split() == [*("2026-11-29", "20:00:03", "seven/dry-run", other, "--set", ORDER)]

    assert place.run("history", "--env", "paper", "--json") == 0
    assert [row["config_hash"] for row in json.loads(capsys.readouterr().out)] == [one, one]
    assert place.run("history", "-n", "1") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_before_any_start_there_is_nothing(place: Place, capsys: Said) -> None:
    assert place.run("history") == 0
    assert "nothing was started" in capsys.readouterr().out
    assert place.run("diff") == 1
    assert place.run("restore", "abcdef") == 2


def test_diff_says_which_way_each_key_goes(place: Place, capsys: Said) -> None:
    one, other = place.start(), place.start(ORDER)

    assert place.run("diff", one, other) == 0
    told = capsys.readouterr().out
    assert "tighter  policy.max_order_usd 1000 -> 900" in told
    assert told.endswith("tighter only\n")

    assert place.run("diff") == 0  # from the last start to the files as they are
    assert "LOOSER   policy.max_order_usd 900 -> 1000" in capsys.readouterr().out
    assert place.run("diff", one[:6]) == 0
    assert "no value differs" in capsys.readouterr().out
    assert place.run("diff", one, "--json", "--set", ORDER) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["from"], document["to"]) == (one, other)
    assert document["is_tighter_only"]
    assert document["differences"] == [
        {"key": "policy.max_order_usd", "from": "1000", "to": "900", "way": "tighter"}
    ]


@pytest.mark.parametrize(
    ("wanted", "said"), [("zzzz", "the last ones: "), ("{:.2}", "at least 4 digits")]
)
def test_a_hash_that_names_none_is_refused_with_what_there_is(
    wanted: str, said: str, place: Place, capsys: Said
) -> None:
    one = place.start()

    assert place.run("diff", wanted.format(one)) == 2
    assert said in capsys.readouterr().err


def test_restore_brings_the_files_back_and_keeps_those_that_were_there(
    place: Place, capsys: Said
) -> None:
    place.edit("max_order_usd: 1000", "max_order_usd: 800  # mine")
    before, one = place.text, place.start()
    place.edit("max_order_usd: 800  # mine", "max_order_usd: 1000")
    after = place.text

    assert place.run("restore", one, "--dry-run") == 0
    assert place.text == after
    assert place.run("restore", one) == 0
    told = capsys.readouterr().out
    assert place.text == before
    assert "tighter  policy.max_order_usd 1000 -> 800" in told
    (backup,) = (place.data / "config-backups").iterdir()
    assert (backup / "policy.yaml").read_text() == after
    assert str(backup) in told
    assert load(place.config).config_hash == one

    assert place.run("restore", one) == 0
    assert "already" in capsys.readouterr().out


def test_restore_names_what_was_overridden(place: Place, capsys: Said) -> None:
    one = place.start(ORDER)
    place.edit("max_order_usd: 1000", "max_order_usd: 700")

    assert place.run("restore", one) == 0
    told = capsys.readouterr().out
    assert f"that start was given besides: --set {ORDER}" in told
    assert f"not {one}" in told


def test_restore_mends_files_that_are_no_configuration(place: Place, capsys: Said) -> None:
    one, before = place.start(), place.text
    (place.config / "policy.yaml").write_text("nonsense")
    (place.config / "app.yaml").unlink()

    assert place.run("restore", one) == 0
    assert "no configuration (2 problems)" in capsys.readouterr().out
    assert place.text == before


def test_restore_waits_for_what_runs_unless_told_not_to(place: Place, capsys: Said) -> None:
    one = place.start()
    place.edit("max_order_usd: 1000", "max_order_usd: 700")
    changed = place.text
    lock = InstanceLock(place.data / "paper")
    lock.acquire("now")
    try:
        assert place.run("restore", one) == 5
        assert "paper runs; stop it" in capsys.readouterr().err
        assert place.text == changed
        assert place.run("restore", one, "--dry-run") == 0
        assert place.run("restore", one, "--while-running") == 0
        assert place.text != changed
    finally:
        lock.release()


def test_files_that_do_not_fit_this_version_are_not_put_back(place: Place, capsys: Said) -> None:
    one = place.start()
    (file,) = (place.data / "paper" / "config").iterdir()
    document = json.loads(file.read_text())
    document["files"]["app.yaml"] += "old_key: 1\n"
    file.write_text(json.dumps(document))
    before = place.text

    assert place.run("restore", one) == 2
    assert "app.old_key: unknown key" in capsys.readouterr().err
    assert place.text == before


def test_a_folder_that_takes_nothing_is_said_in_words(
    place: Place, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = place.start()
    place.edit("max_order_usd: 1000", "max_order_usd: 700")
    (place.data / "config-backups").write_text("a file in the way")
    before = place.text

    assert place.run("restore", one) == 1
    assert "nothing was changed: " in capsys.readouterr().err
    assert place.text == before
