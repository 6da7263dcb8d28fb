"""Whatever a command tells people to type next means the folders that it was given."""

from __future__ import annotations

import pwd
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.control.files import write_json
from adapters.control.instances import STATUS, InstanceLock
from tests.builders.commands import called, complete, load_everything, paths
from tests.builders.status import ALERT, DOCUMENT

TOLD = re.compile(r"python run\.py(?: [^\s`;)]+){0,5}")
PATHS = [each for each in paths() if each != ("completion",)]


@pytest.fixture(scope="module", params=["nothing", "a stopped trader"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    load_everything()
    made: Path = tmp_path_factory.mktemp("home")
    if request.param != "nothing":
        lock = InstanceLock(made / "data" / "paper")
        lock.acquire("2026-11-28T21:00:00Z")
        lock.release()
        write_json(made / "data" / "paper" / STATUS, {**DOCUMENT, "halted": True})
        write_json(made / "logs" / "alerts.jsonl", {**ALERT, "command": "python run.py status"})
    return made


@pytest.mark.parametrize(
    "path", [each for each in paths() if each != ("completion",)], ids=" ".join
)
def test_it_can_be_copied(
    path: tuple[str, ...], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `kill` names whoever trades for this user, so the user is one for whom nobody does.
    nobody = SimpleNamespace(pw_dir=str(tmp_path))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: nobody)
    (done,) = called(home, complete(path))

    text = " ".join(done.said.replace(" \\\n", " ").split())
    for told in TOLD.findall(text):
        assert f"--data-dir {home}/data" in told, told
