"""A check on what is really there: the key, what forbids an order, the lock, the way."""

from __future__ import annotations

import json
import pwd
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.control.instances import InstanceRunning
from adapters.venues.coinbase.key_sources import FILE
from app.command_line.options import Folders
from app.venue_check.wiring import Machine, forbidden_by, key_of, locked
from config.mode import Mode
from domain.model.errors import Unreachable
from domain.model.instants import iso
from domain.system.venue_check import StepResult
from tests.builders.keys import EC, shreds
from tests.fakes.misbehaving_server import answering, http, misbehaving

pytestmark = pytest.mark.req("SEC1")


def folders_of(home: Path) -> Folders:
    return Folders(config=home / "config", data=home / "data", log=home / "logs")


def key_file(home: Path, mode: int = 0o600) -> Path:
    path = home / "coinbase.json"
    members = {"name": "organizations/o/apiKeys/k", "privateKey": EC}
    path.write_text(json.dumps({**members, "createTime": iso(time.time_ns())}))
    path.chmod(mode)
    return path


def test_a_key_of_the_environment_is_found_and_nothing_of_it_shown(tmp_path: Path) -> None:
    path = key_file(tmp_path)
    key, found = key_of({FILE: str(path)}, folders_of(tmp_path), time.time_ns())

    assert key is not None
    assert [each.verdict for each in found] == [StepResult.OK]
    assert f"{FILE}={path}" in found[0].found
    assert not any(each in found[0].found for each in shreds(EC))


def test_without_one_its_step_is_skipped_and_says_where_to_put_it(tmp_path: Path) -> None:
    key, (found,) = key_of({}, folders_of(tmp_path), time.time_ns())

    assert (key, found.verdict) == (None, StepResult.SKIPPED)
    assert FILE in found.found


def test_one_that_others_may_read_or_that_lies_about_is_not_used(tmp_path: Path) -> None:
    path = key_file(tmp_path, 0o644)
    key, (found,) = key_of({FILE: str(path)}, folders_of(tmp_path), time.time_ns())
    assert (key, found.verdict) == (None, StepResult.REFUSED)

    path.chmod(0o600)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "app.yaml").write_text(EC)
    key, (found,) = key_of({FILE: str(path)}, folders_of(tmp_path), time.time_ns())
    assert (key, found.verdict) == (None, StepResult.REFUSED)
    assert "app.yaml" in found.found
    assert not any(each in found.found for each in shreds(EC))


@pytest.mark.req("K1", "M1")
def test_a_kill_file_and_a_mode_that_sends_nothing_forbid_orders(tmp_path: Path) -> None:
    folders = folders_of(tmp_path)
    assert forbidden_by(folders, Mode.PAPER)() is None
    assert "dry-run" in str(forbidden_by(folders, Mode.DRY_RUN)())

    ask = forbidden_by(folders, Mode.LIVE)
    folders.data.mkdir()
    (folders.data / "KILL_SWITCH").write_text("looks wrong")
    assert "looks wrong" in str(ask())


@pytest.mark.req("SI1")
def test_an_account_is_taken_by_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_dir=str(tmp_path)))
    name = "0a1b2c3d-0000-4000-8000-000000000001"
    release = locked(folders_of(tmp_path), name)
    with pytest.raises(InstanceRunning, match="another instance places orders"):
        locked(folders_of(tmp_path), name)
    release()
    locked(folders_of(tmp_path), name)()


def test_each_host_is_reached_once_and_the_venue_asked_for_its_time() -> None:
    with misbehaving(answering(http(200, b'{"epochMillis": "1795350565123"}'))) as server:
        machine = Machine(server.url, server.url.replace("http", "ws"), ())
        (told,) = machine.reach()
        times = machine.times()

    assert told == f"127.0.0.1:{server.port} (no TLS)"
    assert len(times.venue) == 8
    with pytest.raises(Unreachable):
        Machine("http://127.0.0.1:9", "ws://127.0.0.1:9", ()).reach()
