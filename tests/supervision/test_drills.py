"""Every actor broken from outside, one after the other, in one real process that trades on.

The trader runs at twenty times speed on its embedded venue. When the actor whose turn it is has
come back (and an operator has resumed where its row asks for one), the next is broken. The judge is
the venue's own store: what it accepted, and when, held against the journal's open breakers.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from actors.kernel.supervision import policy_of
from actors.kernel.topology import ACTORS as ROWS
from actors.kernel.topology import ALERTS, BAR_KEEPER, ENTRIES, PROJECTOR, START_ORDER, STRATEGY
from actors.trading.approvals import APPROVAL_LIFE_NS
from domain.model.breakers import Effect
from domain.model.instants import parse_iso
from tests.builders.full import some
from tests.builders.runs import EAGER, call, segments, status, trader, verified
from tests.builders.waiting import wait_for

pytestmark = [pytest.mark.supervision, pytest.mark.req("SUP1")]

SPEED = 20
ACTORS = ["strategy.breakout" if name == STRATEGY else name for name in START_ORDER]
SMALL = (*EAGER, "--set=strategies.breakout.notional_pct=0.2", "--set=policy.exits.max_hold=5m")
"""Every rising minute buys a little, so that there is always room for one more."""
IN_FLIGHT_NS = APPROVAL_LIFE_NS * SPEED
"""What had left for the venue before a trip arrives within the life of its approval."""
FIRST_S = 40
APART_S = {"crash": 60, "exit": 60, "hang": 80}
"""Market time of the first drill, and between two: a hang is only seen after two seconds."""


def drills(kind: str) -> list[str]:
    """Return the options that break every actor, the strategy last."""
    names = sorted(ACTORS, key=lambda name: name.startswith(STRATEGY))
    return [f"--drill={kind}:{name}@{FIRST_S + APART_S[kind] * n}s" for n, name in enumerate(names)]


def told(home: Path) -> dict[str, Any]:
    """Return the newest status; {} until there is one."""
    try:
        return dict(json.loads((home / "data" / "paper" / "status.json").read_text()))
    except (OSError, ValueError):
        return {}


def resume_if_latched(home: Path) -> None:
    """Do what a person would: look, and resume what waits for it."""
    state = told(home)
    latched = [each for each in state.get("breakers", ()) if each.get("latched")]
    down = [each for each in state.get("actors", ()) if each["state"] == "down"]
    if latched and not down:
        call(home, "resume", "--reason", "looked into the drill")


def journal(home: Path) -> list[dict[str, Any]]:
    """Return every record."""
    lines = [line for file in segments(home) for line in file.read_text().splitlines()]
    return [json.loads(line) for line in lines]


@frozen
class Outage:
    """While a breaker kept entries back: from which record on, and until when (market time)."""

    record: int
    begun_ns: int
    ended_ns: int

    def let_through(self, raised: int, accepted_ns: int) -> bool:
        """Tell whether a buy came through; one that had left before the trip is nobody's fault."""
        if raised < self.record:
            return self.begun_ns + IN_FLIGHT_NS < accepted_ns < self.ended_ns
        return self.begun_ns < accepted_ns < self.ended_ns


def outages(records: list[dict[str, Any]], name: str) -> list[Outage]:
    """Return when breakers of `name` kept entries back."""
    found: list[Outage] = []
    since: dict[str, tuple[int, int]] = {}
    for number, record in enumerate(records):
        at_ns, data = parse_iso(record["at"]), record["data"]
        if record["type"] == "BreakerTripped" and data["breaker"]["name"] == name:
            since.setdefault(data["breaker"]["scope"], (number, at_ns))
        elif record["type"] == "BreakerReset" and data["name"] == name:
            begun = since.pop(data["scope"], (number, at_ns))
            if data["scope"] != "actor":
                found.append(Outage(*begun, at_ns))
    return found


def raised_intents(records: list[dict[str, Any]]) -> dict[str, int]:
    """Return where in the journal each client order id was last raised."""
    return {
        record["data"]["intent"]["client_order_id"]: number
        for number, record in enumerate(records)
        if record["type"] == "IntentRaised"
    }


def accepted_buys(home: Path) -> dict[str, int]:
    """Return when (market time) the venue accepted each buy, from its own store."""
    file = home / "data" / "paper" / "venue" / "world.db"
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as world:
        found = world.execute("SELECT client_order_id, at_ns FROM orders WHERE side = 'BUY'")
        return dict(found.fetchall())


@pytest.mark.timeout(230)
@pytest.mark.parametrize("kind", some(("crash", "hang", "exit")))
def test_each_actor_breaks_and_comes_back_in_one_process(kind: str, tmp_path: Path) -> None:
    with trader(tmp_path, f"--speed={SPEED}", *SMALL, *drills(kind)) as running:
        running.ready()
        pid = running.process.pid
        patience_s = (len(ACTORS) + 3) * APART_S[kind] / SPEED + 60

        def is_over() -> bool:
            resume_if_latched(tmp_path)
            actors = {each["name"]: each["restarts"] for each in told(tmp_path).get("actors", ())}
            listed = told(tmp_path).get("breakers", ())
            names = {each["name"] for each in listed if each["state"] != "OK"}
            return all(actors.get(name) for name in ACTORS) and not names & set(ACTORS)

        wait_for(is_over, patience_s, lambda: running.log[-4_000:])
        told_of = status(tmp_path)
        before = len(accepted_buys(tmp_path))
        running.wait_until(lambda: len(accepted_buys(tmp_path)) > before)

        assert running.process.poll() is None
        assert told_of["pid"] == pid
        assert {each["state"] for each in told_of["actors"]} <= {"idle", "busy"}
        listed = {(each["name"], each["scope"]) for each in told_of["breakers"]}
        assert {(name, "actor") for name in ACTORS} <= listed
        code, stopped = running.interrupt()

    assert (code, stopped["reason"]) == (0, "signal")
    assert verified(tmp_path)["ok"] is True
    records, buys = journal(tmp_path), accepted_buys(tmp_path)
    raised = raised_intents(records)
    downs = [r["data"]["actor"] for r in records if r["type"] == "ActorDown"]
    assert sorted(downs) == sorted(ACTORS), "each of them died once"
    for name in ACTORS:
        broken = outages(records, name)
        if policy_of(name).effect is not Effect.NONE:
            assert broken, f"{name} opened no breaker that covers orders"
        for outage in broken:
            inside = [each for each, at in buys.items() if outage.let_through(raised[each], at)]
            assert not inside, f"a buy was accepted while {name} was broken"
    assert {ALERTS, PROJECTOR, BAR_KEEPER, ENTRIES} == {
        n for n, p in ROWS.items() if p.effect is Effect.NONE
    }
