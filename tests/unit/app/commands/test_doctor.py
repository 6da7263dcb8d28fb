"""`doctor` names everything that could stop a start, with its fix, and changes nothing."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from adapters.control.certificates import FOLDER
from adapters.control.halt_note import HaltNote
from adapters.control.instances import InstanceLock
from adapters.control.key_note import KeyNote
from adapters.control.kill_switch import write_kill
from adapters.venues.coinbase.key_sources import FILE, NAME, SECRET
from app.command_line.cli import main
from app.command_line.options import Folders
from app.doctor.examination import examined
from domain.model.instants import DAY, Nanos
from domain.model.kill import KillOrder
from tests.builders.keys import EC
from tests.builders.runs import call

pytestmark = pytest.mark.req("M1", "CASH1", "SEC2")

Said = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch
QUIET = ("--set", "app.time.ntp_servers=[]")


@pytest.fixture(autouse=True)
def no_key(monkeypatch: Patch) -> None:
    for name in (FILE, NAME, SECRET):
        monkeypatch.delenv(name, raising=False)


def run(home: Path, *words: str) -> int:
    place = ("--data-dir", str(home / "data"), "--log-dir", str(home / "logs"))
    return main(["doctor", *QUIET, *words, *place])


def told(home: Path, capsys: Said, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    code = run(home, "--json", *words)
    found = json.loads(capsys.readouterr().out)
    rank = ("ok", "warn", "fail")
    rows: dict[str, dict[str, Any]] = {}
    for each in found["checks"]:
        known = rows.get(each["name"])
        if known is None or rank.index(each["health"]) > rank.index(known["health"]):
            rows[each["name"]] = each
    assert found["ok"] is (code == 0)
    return code, rows


def test_a_fresh_checkout_would_start(tmp_path: Path, capsys: Said) -> None:
    assert run(tmp_path) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("a start would go well")
    assert all(len(line) <= 80 for line in lines if str(tmp_path) not in line)
    assert not list((tmp_path / "data").glob("*")), "it changes nothing"


@frozen
class Broken:
    """A set-up that is broken in one way, and what is said of it."""

    name: str
    make: Callable[[Path, Patch], tuple[str, ...]]
    found: str
    fix: str
    health: str = "fail"


def _sets(*texts: str) -> Callable[[Path, Patch], tuple[str, ...]]:
    return lambda *_: tuple(word for text in texts for word in ("--set", text))


def _played(home: Path) -> None:
    call(home, "--env", "paper", "--speed", "max", "--cycles", "1")


def _held(home: Path, patch: Patch) -> tuple[str, ...]:
    lock = InstanceLock(home / "data" / "paper")
    lock.acquire("2026-11-30T00:00:00Z")
    patch.setattr(InstanceLock, "of_a_test", lock, raising=False)  # held until the test ends
    return ("--env", "paper")


def _killed(home: Path, _: Patch) -> tuple[str, ...]:
    write_kill(home / "data", KillOrder("stop for today"))
    return ()


def _halted(home: Path, _: Patch) -> tuple[str, ...]:
    note = HaltNote(home / "data" / "paper")
    _played(home)
    note.prepare("auditor", "the disk was full")
    note.leave()
    return ("--env", "paper")


def _tampered(home: Path, _: Patch) -> tuple[str, ...]:
    _played(home)
    segment = next((home / "data" / "paper" / "journal").glob("*.jsonl"))
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join(lines[:2] + lines[3:]))
    return ("--env", "paper")


def _stray_key(home: Path, _: Patch) -> tuple[str, ...]:
    place = home / "config"
    place.mkdir()
    for file in Path("config").glob("*.yaml"):
        (place / file.name).write_bytes(file.read_bytes())
    (place / "notes.txt").write_text(EC)
    return ("--config-dir", str(place))


def _key(home: Path, patch: Patch, mode: int = 0o600, text: str = EC) -> Path:
    path = home / "coinbase.json"
    path.write_text(json.dumps({"name": "organizations/o/apiKeys/k", "privateKey": text}))
    path.chmod(mode)
    patch.setenv(FILE, str(path))
    return path


def _open_key(home: Path, patch: Patch) -> tuple[str, ...]:
    _key(home, patch, 0o644)
    return ()


def _junk_key(home: Path, patch: Patch) -> tuple[str, ...]:
    _key(home, patch, text="no key")
    return ()


def _lost_key(home: Path, patch: Patch) -> tuple[str, ...]:
    patch.setenv(FILE, str(home / "nowhere.json"))
    return ()


def _aged(days: int) -> Callable[[Path, Patch], tuple[str, ...]]:
    def make(home: Path, patch: Patch) -> tuple[str, ...]:
        _key(home, patch)
        made_ns = Nanos(time.time_ns() - days * DAY)
        KeyNote(home / "data").write("organizations/o/apiKeys/k", made_ns)
        return ()

    return make


def _unknown_age(home: Path, patch: Patch) -> tuple[str, ...]:
    _key(home, patch)
    return ()


def _port_taken(_: Path, patch: Patch) -> tuple[str, ...]:
    server = socket.create_server(("127.0.0.1", 0))
    patch.setattr(InstanceLock, "of_a_test", server, raising=False)  # open until the test ends
    return ("--set", f"app.metrics.port={server.getsockname()[1]}")


def _bad_certificate(home: Path, _: Patch) -> tuple[str, ...]:
    place = home / "data" / "live" / FOLDER
    place.mkdir(parents=True)
    (place / "2026-11-01.json").write_text("{}")
    return ("--env", "live", "--venue-url", "http://127.0.0.1:9")


LIVE = ("--env", "live", "--venue-url", "http://127.0.0.1:9")
BROKEN = (
    Broken("config", _sets("policy.loop.intervall=3"), "policy.loop", "config check"),
    Broken("config", _sets("policy.caps.total_pct=90"), "total_pct", "config check"),
    Broken("strategies", _sets("strategies.breakout.enabled=false"), "none", "--set", "warn"),
    Broken("mode", lambda *_: ("--env", "paper", "--set", "app.mode=dry-run"), "above", "app.mode"),
    Broken("metrics", _port_taken, "can't be listened on", "app.metrics.port", "warn"),
    Broken("lock", _held, "is held by pid", "--env paper"),
    Broken("signal file", _killed, "stop for today", "run.py resume"),
    Broken("halts", _halted, "the disk was full", "run.py resume"),
    Broken("journal", _tampered, "record", "run.py audit verify"),
    Broken("secrets", _stray_key, "notes.txt", "mode 0600"),
    Broken("key", _open_key, "0644", "secrets check"),
    Broken("key", _junk_key, "key", "secrets check"),
    Broken("key", _lost_key, "nowhere.json", "secrets check"),
    Broken("key age", _aged(95), "95 days", "secrets rotated"),
    Broken("key age", _aged(85), "85 days", "secrets rotated", "warn"),
    Broken("key age", _unknown_age, "nobody knows", "secrets rotated", "warn"),
    Broken("wallet", _sets("app.quote=USDC"), "USD", "app.quote=USD"),
    Broken("wallet", _sets("app.paper.balances={EUR: 5}"), "no USD", "--paper-balance"),
    Broken("clock", lambda *_: ("--env", "paper"), "nobody answers", "ntp_servers", "warn"),
    Broken("key", lambda *_: LIVE, "there is no key", "secrets check"),
    Broken("gate mode", lambda *_: LIVE, "app.mode is paper", "app.mode: live"),
    Broken("gate account", lambda *_: LIVE, "no key", "gates before"),
    Broken("gate certificate", lambda *_: LIVE, "none", "rehears"),
    Broken("gate certificate", _bad_certificate, "2026-11-01.json", "rehears"),
)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.name)
def test_a_broken_set_up_is_named_with_its_fix(
    broken: Broken, tmp_path: Path, monkeypatch: Patch, capsys: Said
) -> None:
    words = broken.make(tmp_path, monkeypatch)
    capsys.readouterr()

    code, rows = told(tmp_path, capsys, *words)

    row = rows[broken.name]
    assert row["health"] == broken.health, row
    assert re.search(re.escape(broken.found), row["found"]), row
    assert broken.fix in row["fix"], row
    assert code == (1 if any(each["health"] == "fail" for each in rows.values()) else 0)


def test_behind_a_refused_configuration_no_instance_is_looked_at(tmp_path: Path) -> None:
    where = Folders(data=tmp_path / "data", log=tmp_path / "logs")
    wrong = ("policy.caps.total_pct=90",)

    names = [each.name for each in examined(where, None, wrong, {}, None)]

    assert names[-2:] == ["config", "key"]


def test_only_this_machine_may_play_coinbase(tmp_path: Path, capsys: Said) -> None:
    assert run(tmp_path, "--env", "live", "--venue-url", "http://10.0.0.1") == 2
    assert "--venue-url" in capsys.readouterr().err
