"""The sentinel as a process: what makes it responsible, what ends that, and what does not."""

from __future__ import annotations

import contextlib
import json
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.control.kill_switch import write_kill
from adapters.sentinel.main import (
    CANCELLING,
    EXIT_OK,
    EXIT_UNREACHABLE,
    KILL_PATIENCE_S,
    ROUND_S,
    STALE_S,
)
from domain.model.kill import KillOrder
from tests.builders.runs import ROOT
from tests.builders.sentinel import House, SmallVenue, as_json, rest_of, small_venue
from tests.builders.waiting import wait_for
from tests.fakes.misbehaving_server import http

pytestmark = pytest.mark.supervision

PATIENCE_S = 20.0
BEAT_EVERY_S = 0.2
NORMAL = ("-m", "adapters.sentinel.main")
IMPATIENT = ("-c", "import sys; from adapters.sentinel.main import main; sys.exit(main(0.5))")
HOLD_LOCK = """
import sys
from pathlib import Path
from adapters.control.instances import InstanceLock
lock = InstanceLock(Path(sys.argv[1]))
lock.acquire("now")
print("held", flush=True)
sys.stdin.read()
"""


class Watching:
    """A sentinel process, fed by the test as its trader."""

    def __init__(self, told: dict[str, object], start: tuple[str, ...] = NORMAL) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *start],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._say(json.dumps(told).encode() + b"\n")

    def is_ready(self) -> None:
        """Wait until it watches, and send the first beat."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"
        self.beat()

    def beat(self) -> None:
        self._say(b".")

    def farewell(self) -> None:
        self._say(b"q")

    def leave(self) -> None:
        """End as a trader does that could not confirm that nothing of it is left."""
        self._say(b"l")
        self.die()

    def die(self) -> None:
        """End the pipe as a death of the trader does."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def beats_until(self, condition: Callable[[], object]) -> None:
        """Go on beating until a condition holds."""
        assert self.process.stderr is not None
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            assert self.process.poll() is None
            self.beat()
            select.select([self.process.stderr], [], [], BEAT_EVERY_S)

    def ends_with(self, code: int) -> None:
        """Wait for the end, which must be a quiet one."""
        assert self.process.wait(PATIENCE_S) == code
        assert self.process.stderr is not None
        assert self.process.stderr.read() == b""

    def close(self) -> None:
        """Kill what is left of it."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def _say(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()


@contextlib.contextmanager
def sentinel(
    house: House, venue: SmallVenue, start: tuple[str, ...] = NORMAL, lifetime_s: float = 0.2
) -> Iterator[Watching]:
    """Run a sentinel that watches; whatever is left of it at the end of the block is killed."""
    watching = Watching(house.told(venue.rest, lifetime_s), start)
    try:
        watching.is_ready()
        yield watching
    finally:
        watching.close()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def venue() -> Iterator[SmallVenue]:
    with small_venue() as made:
        yield made


def two_of_ours(house: House, venue: SmallVenue) -> None:
    house.intends("c-1", "c-2")
    house.intends("x-1", purpose="exit")
    rest_of(venue, ["c-1", "c-2", "x-1", "foreign"])


def entries_gone(venue: SmallVenue) -> bool:
    return set(venue.open.values()) == {"x-1", "foreign"}


def until(condition: Callable[[], object], house: House) -> None:
    wait_for(condition, PATIENCE_S, lambda: str(house.says()))


@pytest.mark.req("K1", "SUP1")
def test_the_end_of_the_pipe_without_a_farewell_is_a_death(house: House, venue: SmallVenue) -> None:
    two_of_ours(house, venue)
    with sentinel(house, venue) as watching:
        watching.die()
        watching.ends_with(EXIT_OK)

    assert entries_gone(venue)
    assert (house.state, house.says()["cancelled"]) == ("done", 2)
    states = [line["state"] for line in house.lines("sentinel.jsonl")]
    assert states == ["watching", "duty", "clear", "done"]
    (alert,) = house.lines("alerts.jsonl")
    assert alert["severity"] == "CRITICAL"
    assert alert["what"].startswith("the trader died")


@pytest.mark.req("K1")
def test_an_end_that_could_not_be_confirmed_is_called_so_and_not_a_death(
    house: House, venue: SmallVenue
) -> None:
    two_of_ours(house, venue)
    with sentinel(house, venue) as watching:
        watching.leave()
        watching.ends_with(EXIT_OK)

    assert entries_gone(venue)
    (alert,) = house.lines("alerts.jsonl")
    assert alert["what"] == (
        "the trader has ended, and 2 orders of it are not confirmed cancelled:"
        " the sentinel is responsible"
    )
    assert alert["done"] == CANCELLING


@pytest.mark.req("K1")
def test_an_end_during_its_duty_is_told_too(house: House, venue: SmallVenue) -> None:
    two_of_ours(house, venue)
    with sentinel(house, venue) as watching:
        watching.beats_until(lambda: True)
        until(lambda: house.state == "clear", house)
        watching.leave()
        watching.ends_with(EXIT_OK)

    silent, ended = (alert["what"] for alert in house.lines("alerts.jsonl"))
    assert silent.startswith("the trader is silent")
    assert ended.startswith("the trader has ended, and 2 orders of it are not confirmed")


@pytest.mark.req("K1")
def test_what_the_list_hides_and_the_venue_calls_open_by_id_is_never_done(
    house: House, venue: SmallVenue
) -> None:
    two_of_ours(house, venue)
    house.places("c-1", "c-2")
    venue.is_deaf = True

    def hide(path: str, query: dict[str, list[str]], body: Any) -> bytes | None:
        del body
        is_list = path == "/orders/historical/batch" and "order_ids" not in query
        return as_json({"orders": [], "has_next": False}) if is_list else None

    venue.instead = hide
    with sentinel(house, venue, lifetime_s=0.05) as watching:
        watching.leave()
        until(lambda: len(venue.cancels) >= 5, house)
        assert house.state == "duty"

        venue.is_deaf = False
        watching.ends_with(EXIT_OK)

    assert entries_gone(venue)
    assert house.state == "done"


@pytest.mark.req("SUP1")
def test_a_farewell_ends_it_at_once_and_nothing_is_cancelled(
    house: House, venue: SmallVenue
) -> None:
    two_of_ours(house, venue)
    with sentinel(house, venue) as watching:
        watching.farewell()
        watching.ends_with(EXIT_OK)

    assert (venue.listings, venue.cancels) == (0, [])
    assert house.state == "ended"
    assert not (house.log / "alerts.jsonl").exists()


@pytest.mark.req("SUP1")
def test_a_farewell_among_beats_right_before_the_end_of_the_pipe_is_one(
    house: House, venue: SmallVenue
) -> None:
    two_of_ours(house, venue)
    with sentinel(house, venue) as watching:
        for _ in range(5):
            watching.beat()
        watching.farewell()
        watching.die()
        watching.ends_with(EXIT_OK)

    assert venue.cancels == []


@pytest.mark.req("SUP1")
def test_a_trader_that_dies_before_its_sentinel_is_ready_is_dead_too(
    house: House, venue: SmallVenue
) -> None:
    two_of_ours(house, venue)
    watching = Watching(house.told(venue.rest))
    try:
        assert watching.process.stdout is not None
        watching.process.stdout.close()  # a dead trader reads nothing
        watching.die()
        watching.ends_with(EXIT_OK)
    finally:
        watching.close()

    assert entries_gone(venue)


@pytest.mark.req("SUP1")
def test_a_trader_that_told_nothing_has_nothing_to_cancel(house: House, venue: SmallVenue) -> None:
    two_of_ours(house, venue)
    done = subprocess.run(
        [sys.executable, *NORMAL],
        cwd=ROOT,
        input=json.dumps(house.told(venue.rest)).encode()[:-5],
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (EXIT_OK, b"", b"")
    assert venue.cancels == []


@pytest.mark.req("SUP1")
def test_a_silent_trader_is_relieved_and_relieves_in_turn(house: House, venue: SmallVenue) -> None:
    two_of_ours(house, venue)
    with sentinel(house, venue) as watching:
        begun = time.monotonic()
        until(lambda: entries_gone(venue), house)
        # Contract: silence is a death after STALE_S and not before; no load makes this shorter.
        assert time.monotonic() - begun > STALE_S * 0.9
        until(lambda: house.state == "clear", house)

        watching.beats_until(lambda: house.state == "watching")

        rest_of(venue, ["c-1"])
        watching.farewell()
        watching.ends_with(EXIT_OK)
    assert "o-c-1" in venue.open


@pytest.mark.req("K1")
def test_a_kill_that_lasts_is_served_beside_a_trader_that_lives(
    house: House, venue: SmallVenue
) -> None:
    two_of_ours(house, venue)
    with sentinel(house, venue) as watching:
        house.kill()
        begun = time.monotonic()

        watching.beats_until(lambda: entries_gone(venue))

        # Contract: the trader has KILL_PATIENCE_S of its own; no load makes this shorter.
        assert time.monotonic() - begun > KILL_PATIENCE_S * 0.9
        watching.beats_until(lambda: house.state == "clear")
        assert "kill switch" in house.lines("alerts.jsonl")[0]["what"]


@pytest.mark.req("K1")
@pytest.mark.parametrize("is_all", [False, True])
@pytest.mark.parametrize("place", ["data", "above"])
def test_protection_goes_only_where_the_signal_file_says_all(
    place: str, is_all: bool, house: House, venue: SmallVenue
) -> None:
    two_of_ours(house, venue)
    with sentinel(house, venue) as watching:
        folder: Path = getattr(house, place)
        write_kill(folder, KillOrder("not all of it, only a word", includes_exits=is_all))
        watching.die()
        watching.ends_with(EXIT_OK)

    assert set(venue.open.values()) == ({"foreign"} if is_all else {"x-1", "foreign"})


@pytest.mark.req("K1")
@pytest.mark.parametrize("name", ["log", "mode"])
def test_what_can_not_be_told_is_done(name: str, house: House, venue: SmallVenue) -> None:
    two_of_ours(house, venue)
    if name == "log":
        house.log.write_text("a file in the place of a folder", encoding="utf-8")
    else:
        (house.mode / "sentinel.json").mkdir()
    with sentinel(house, venue) as watching:
        watching.die()
        watching.ends_with(EXIT_OK)

    assert entries_gone(venue)


@pytest.mark.req("K1")
def test_a_server_that_drips_is_left_after_one_round(house: House, venue: SmallVenue) -> None:
    two_of_ours(house, venue)
    venue.drips = 1
    with sentinel(house, venue) as watching:
        watching.die()
        until(lambda: entries_gone(venue), house)
        watching.ends_with(EXIT_OK)

    waited = [each for each in house.lines("sentinel.jsonl") if each["state"] == "waiting"]
    assert [each["reason"] for each in waited] == [f"no whole answer within {ROUND_S:g} s"]


@pytest.mark.req("K1")
def test_confirmed_cancels_that_do_nothing_are_asked_for_again(
    house: House, venue: SmallVenue
) -> None:
    two_of_ours(house, venue)
    venue.is_deaf = True
    with sentinel(house, venue) as watching:
        watching.die()
        until(lambda: len(venue.cancels) >= 3, house)
        assert house.state == "duty"

        venue.is_deaf = False
        watching.ends_with(EXIT_OK)

    assert entries_gone(venue)


@pytest.mark.req("K1")
def test_an_order_that_arrives_after_the_death_is_found(house: House, venue: SmallVenue) -> None:
    house.intends("late")
    with sentinel(house, venue, lifetime_s=1.0) as watching:
        watching.die()
        until(lambda: house.state == "clear", house)
        rest_of(venue, ["late"])
        watching.ends_with(EXIT_OK)

    assert venue.open == {}


@pytest.mark.req("K1")
def test_nothing_is_over_while_the_journal_can_not_be_read(house: House, venue: SmallVenue) -> None:
    two_of_ours(house, venue)
    away = house.mode / "away"
    house.journal.rename(away)
    with sentinel(house, venue) as watching:
        watching.die()
        until(lambda: "journal" in house.says().get("reason", ""), house)
        assert venue.cancels == []

        away.rename(house.journal)
        watching.ends_with(EXIT_OK)

    assert entries_gone(venue)


@pytest.mark.req("SUP1")
def test_a_successor_that_fails_does_not_end_the_duty(house: House, venue: SmallVenue) -> None:
    two_of_ours(house, venue)
    venue.instead = lambda *_: http(503, b"{}")
    with sentinel(house, venue) as watching, successor(house) as held:
        watching.die()
        until(lambda: house.state == "watching" and venue.listings == 0, house)
        assert watching.process.poll() is None

        held.communicate()
        venue.instead = None
        until(lambda: entries_gone(venue), house)
        watching.ends_with(EXIT_OK)

    assert house.state == "done"


@pytest.mark.req("SUP1")
def test_a_successor_with_a_sentinel_of_its_own_ends_it(house: House, venue: SmallVenue) -> None:
    two_of_ours(house, venue)
    with sentinel(house, venue) as watching, successor(house):
        (house.mode / "sentinel.json").write_text('{"pid": 1, "state": "watching"}')
        watching.die()
        watching.ends_with(EXIT_OK)

    assert venue.cancels == []


@contextlib.contextmanager
def successor(house: House) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD_LOCK, str(house.mode)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.req("SUP1")
def test_a_venue_that_is_gone_is_given_up_with_an_alert(house: House) -> None:
    house.intends("c-1")
    with small_venue() as gone:
        pass
    with sentinel(house, gone, IMPATIENT) as watching:
        watching.die()
        watching.ends_with(EXIT_UNREACHABLE)

    assert house.state == "unreachable"
    *_, last = house.lines("alerts.jsonl")
    assert last["severity"] == "CRITICAL"
    assert last["what"].startswith("no answer from the venue for 0.5 s")
    assert "good-till" in last["done"]


@pytest.mark.req("SUP1")
def test_for_a_trader_that_is_only_silent_the_venue_is_never_given_up(
    house: House, venue: SmallVenue
) -> None:
    asked = 0

    def fails(*_: object) -> bytes:
        nonlocal asked
        asked += 1
        return http(500, b"{}")

    venue.instead = fails
    with sentinel(house, venue, IMPATIENT) as watching:
        house.kill()  # silence is shorter under it
        until(lambda: asked >= 5, house)
        assert watching.process.poll() is None
        assert house.state == "waiting"


@pytest.mark.req("SUP1")
def test_after_a_failed_round_it_says_again_that_nothing_is_left(
    house: House, venue: SmallVenue
) -> None:
    two_of_ours(house, venue)
    with sentinel(house, venue) as watching:
        house.kill()
        until(lambda: house.state == "clear", house)

        venue.instead = lambda *_: http(500, b"{}")
        until(lambda: house.state == "waiting", house)
        venue.instead = None

        until(lambda: house.state == "clear", house)
        watching.farewell()
        watching.ends_with(EXIT_OK)


@pytest.mark.req("K1")
@pytest.mark.parametrize("lost", ["journal", "."])
def test_a_data_folder_that_is_deleted_takes_nothing_away_that_was_known(
    lost: str, house: House, venue: SmallVenue
) -> None:
    house.intends("c-1", "c-2")
    rest_of(venue, ["c-1", "c-2", "foreign"])
    with sentinel(house, venue) as watching:
        assert watching.process.stdout is not None
        watching.process.stdout.read(4)  # two turns of its loop: it has looked at the journal
        shutil.rmtree(house.mode / lost)

        watching.die()

        wait_for(lambda: set(venue.open.values()) == {"foreign"}, PATIENCE_S)
