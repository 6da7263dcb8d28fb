"""`paper reset` puts venue and journal aside together; what is latched stays latched."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from actors.kernel.envelope import Envelope
from adapters.control.anchor import AnchorFile
from adapters.control.files import write_json
from adapters.control.halt_note import HaltNote
from adapters.control.instances import InstanceLock, InstanceRunning
from adapters.control.registry import FolderLock
from adapters.simulator.world import WorldFolder, WorldLocked
from app.commands.audit import check
from app.run.paper_reset import reset_world
from app.run.recovery import JournalPlace, Opened, latched_in, open_state, operate_offline
from domain.messages.journal import RunStarted
from domain.messages.supervision import BreakerTripped
from domain.model.breakers import GLOBAL, Breaker, Effect, Scope
from domain.model.instants import Nanos
from domain.system.pause import PAUSE, pausing

KILL = Breaker(
    name="kill", scope=GLOBAL, effect=Effect.KILL, reason="a", is_latched=True, at_ns=Nanos(7)
)
PRODUCT = Breaker(
    name="odd",
    scope=Scope("product:BTC-USD"),
    effect=Effect.BLOCK,
    reason="b",
    is_latched=True,
    at_ns=Nanos(8),
)
PASSING = Breaker(
    name="feed", scope=GLOBAL, effect=Effect.BLOCK, reason="c", is_latched=False, at_ns=Nanos(9)
)


def opened(folder: Path) -> Opened:
    return open_state(
        JournalPlace(
            folder=folder,
            run=RunStarted(folder.name, "embedded", "a-world", "", "", 1),
            quote_currency="USD",
            machine=lambda: Nanos(0),
            market=lambda: Nanos(1),
            wall=time.time_ns,
            anchor_file=AnchorFile(folder),
        )
    )


def a_run(folder: Path, *breakers: Breaker) -> None:
    """Leave what a run leaves that ended with these breakers open."""
    state = opened(folder)
    for number, breaker in enumerate(breakers, 1):
        body = BreakerTripped(breaker)
        state.recorder.append(Envelope(number, body, "test", 0, number, 0, Nanos(2)))
    state.recorder.commit(())
    AnchorFile(folder).write(state.anchor())
    state.close()
    lock = InstanceLock(folder)
    lock.acquire("then")
    lock.release()
    (folder / "venue").mkdir()
    (folder / "venue" / "world.db").touch()
    write_json(folder / "status.json", {"positions": [{"product": "BTC-USD"}]})
    write_json(folder.parent / "state.json", {"positions": [{"product": "BTC-USD"}]})


def archive_of(home: Path) -> Path:
    (archive,) = (home / "archive").iterdir()
    return archive


@pytest.mark.req("AUD1")
def test_all_that_was_a_world_is_in_one_archive_and_nothing_of_it_is_left(tmp_path: Path) -> None:
    for mode in ("dry-run", "paper"):
        a_run(tmp_path / mode)

    code, (told,) = reset_world(tmp_path, tmp_path)

    archive = archive_of(tmp_path)
    assert (code, f"world default begins anew; the old one is in {archive}" in told) == (0, True)
    for mode in ("dry-run", "paper"):
        assert {each.name for each in (tmp_path / mode).iterdir()} == {"LOCK", "LOCK.holder"}
        assert (archive / mode / "venue" / "world.db").exists()
        assert (archive / mode / "status.json").exists()
        assert check(archive / mode / "journal").problems == ()
    assert not (tmp_path / "state.json").exists()
    assert reset_world(tmp_path, tmp_path) == (0, [f"there is no paper world in {tmp_path}"])


@pytest.mark.req("AUD1")
def test_the_archive_is_still_known_to_be_whole_or_not(tmp_path: Path) -> None:
    a_run(tmp_path / "paper", KILL)
    reset_world(tmp_path, tmp_path)
    journal = archive_of(tmp_path) / "paper" / "journal"
    (segment,) = journal.iterdir()
    segment.write_bytes(b"".join(segment.read_bytes().splitlines(keepends=True)[:-1]))

    assert "are lost" in check(journal).problems[0]
    assert AnchorFile(tmp_path / "paper").read() is None


@pytest.mark.req("K1", "AUD1")
def test_what_is_latched_outlives_the_reset_as_it_was_until_it_is_resumed(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    a_run(folder, KILL, PRODUCT, PASSING)

    assert "paper: stays latched until `resume`: kill, odd" in reset_world(tmp_path, tmp_path)[1]
    assert latched_in(folder) == (KILL, PRODUCT)
    again = reset_world(tmp_path, tmp_path)
    assert again == (0, [f"there is no paper world in {tmp_path}"]), "nothing ran since"
    assert latched_in(folder) == (KILL, PRODUCT)

    state = opened(folder)
    assert state.recovered.latched() == (KILL, PRODUCT)
    state.close()
    assert HaltNote(folder).read() is None, "the new journal has it now"
    reset_world(tmp_path, tmp_path)
    assert operate_offline(folder, (), "resume", "looked at it")[0] == 0
    assert latched_in(folder) == ()


@pytest.mark.req("K1")
def test_a_resume_while_nothing_runs_ends_no_pause(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    a_run(folder, KILL, pausing("lunch", Nanos(9)))

    code, lines = operate_offline(folder, (), "resume", "looked at it")

    assert (code, lines[0]) == (0, "resumed: kill; the next start has to reconcile clean")
    assert [each.name for each in latched_in(folder)] == [PAUSE]
    assert operate_offline(folder, (), "unpause", "back")[0] == 0
    assert latched_in(folder) == ()


@pytest.mark.req("AUD1")
def test_a_broken_journal_is_put_aside_too_and_leaves_a_halt(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    a_run(folder, KILL)
    (segment,) = (folder / "journal").iterdir()
    segment.write_bytes(segment.read_bytes().replace(b'"reason":"a"', b'"reason":"z"'))

    code, lines = reset_world(tmp_path, tmp_path)

    assert (code, "journal_shortened" in lines[1]) == (0, True)
    (halt,) = latched_in(folder)
    assert (halt.effect, "is not known" in halt.reason) == (Effect.HALT, True)


@pytest.mark.parametrize("damage", ['{"latched": [{}]}', '{"latched": [7]}', '{"latched": 1}', "{"])
@pytest.mark.req("K1")
def test_a_note_that_can_not_be_read_is_a_halt(tmp_path: Path, damage: str) -> None:
    (tmp_path / "halt.json").write_text(damage)

    (halt,) = latched_in(tmp_path)

    assert (halt.effect, halt.is_latched, halt.scope) == (Effect.HALT, True, GLOBAL)


@pytest.mark.req("SI1")
def test_nothing_is_moved_while_somebody_trades_there(tmp_path: Path) -> None:
    for mode in ("dry-run", "paper"):
        a_run(tmp_path / mode)
    for lock in (InstanceLock(tmp_path / "dry-run"), FolderLock(tmp_path / "paper")):
        lock.acquire("now")
        with pytest.raises(InstanceRunning):
            reset_world(tmp_path, tmp_path)
        lock.release()
    with WorldFolder(tmp_path / "paper" / "venue"), pytest.raises(WorldLocked):
        reset_world(tmp_path, tmp_path)

    assert not (tmp_path / "archive").exists()
    assert (tmp_path / "paper" / "status.json").exists()
    assert reset_world(tmp_path, tmp_path)[0] == 0


def test_the_copy_of_another_worlds_status_stays(tmp_path: Path) -> None:
    home = tmp_path / "worlds" / "generated-7"
    a_run(home / "paper")
    write_json(tmp_path / "state.json", {"positions": []})

    reset_world(home, tmp_path)
    assert (tmp_path / "state.json").exists()

    a_run(home / "paper")
    write_json(tmp_path / "state.json", {"positions": [{"product": "BTC-USD"}]})
    reset_world(home, tmp_path)
    assert not (tmp_path / "state.json").exists()
