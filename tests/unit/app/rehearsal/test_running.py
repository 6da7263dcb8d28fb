"""A run is watched from outside: its cycles, and its memory, by what it leaves on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.control.files import write_json
from adapters.control.instances import STATUS, InstanceLock
from app.rehearsal.running import CYCLE, CycleCount, RehearsedRun, RunView, seconds
from app.rehearsal.state import RehearsalFolder
from app.run.child import last_words
from app.run.recovery import JOURNAL
from config.loading import load
from domain.model.instants import MINUTE, SECOND, iso
from tests.builders.messages import NOW
from tests.builders.rehearsal_folder import a_state, write_day
from tests.builders.world import CONFIG

pytestmark = pytest.mark.req("RH1")


def a_cycle(minute: int) -> bytes:
    return b'{"at":"' + iso(NOW + minute * MINUTE).encode() + b'",' + CYCLE + b"}"


def test_cycles_are_counted_as_the_journal_grows_and_those_before_are_not_read_again(
    tmp_path: Path,
) -> None:
    old, new = tmp_path / "00000001.jsonl", tmp_path / "00000002.jsonl"
    old.write_bytes(a_cycle(0) + b"\n")
    count = CycleCount(tmp_path, 40, frozenset({old.name}), MINUTE)
    assert count.look() == 40

    new.write_bytes(a_cycle(1) + b"\n" + a_cycle(2))
    assert count.look() == 41
    with new.open("ab") as file:
        file.write(b"\n" + a_cycle(3) + b"\n" + a_cycle(3) + b"\n" + CYCLE + b"\n")
    assert count.look() == 43
    assert count.look() == 43


def test_what_it_counts_is_what_a_journal_holds(tmp_path: Path) -> None:
    write_day(tmp_path, load(CONFIG), NOW, cycles=7)

    assert CycleCount(tmp_path / JOURNAL, 0, frozenset(), MINUTE).look() == 7


def test_a_trader_that_ends_at_once_is_told_by_its_last_words(tmp_path: Path) -> None:
    folder, seen = RehearsalFolder(tmp_path / "paper"), list[RunView]()
    folder.write(a_state(load(CONFIG), NOW))
    write_json(tmp_path / "paper" / STATUS, {"equity": "10000.5"})
    run = RehearsedRun(tmp_path / "paper", folder, 3, MINUTE)
    assert last_words(run.log) == "it said nothing"

    code = run.start(["--env=nonsense"], seen.append)

    assert code == 2
    assert "nonsense" in last_words(run.log)
    assert seen[-1] == RunView(3, "10000.5", None)
    assert folder.samples() == ()
    assert not run.is_alive


@pytest.mark.parametrize(("length_ns", "text"), [(SECOND, "1s"), (SECOND + 1, "2s"), (1, "1s")])
def test_a_length_is_never_told_shorter(length_ns: int, text: str) -> None:
    assert seconds(length_ns) == text


def test_a_trader_that_runs_already_is_watched_until_its_end_and_its_memory_sampled(
    tmp_path: Path,
) -> None:
    folder, seen = RehearsalFolder(tmp_path), list[RunView]()
    folder.write(a_state(load(CONFIG), NOW))
    lock = InstanceLock(tmp_path)
    lock.acquire(iso(NOW))
    run = RehearsedRun(tmp_path, folder, 3, MINUTE)
    assert run.is_alive

    def show(view: RunView) -> None:
        seen.append(view)
        lock.release()

    run.attach(show)

    assert [each.cycles for each in seen] == [3, 3]
    (sample,) = folder.samples()
    assert sample.resident == seen[0].resident
    assert not run.is_alive
