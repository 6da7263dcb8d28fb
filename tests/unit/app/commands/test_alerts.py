"""`alerts list`: the whole body of each, readable at 80 columns; damage is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from app.command_line.cli import cli


def ran(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--log-dir", str(folder)], standalone_mode=False)


ALERT = {
    "at": "2026-01-05T00:10:00Z",
    "wall": "2026-11-28T21:40:33Z",
    "severity": "CRITICAL",
    "code": "X",
    "what": "the stop of a lot is due and " + "very " * 40 + "late",
    "done": "tried again",
    "owned": "1 BTC",
    "worst": "all of it",
    "command": "python run.py status",
}


@pytest.mark.req("AL1")
def test_alerts_are_listed_with_their_body_in_80_columns(tmp_path: Path) -> None:
    rows = [json.dumps({**ALERT, "what": "first"}), "[damaged", json.dumps(ALERT)]
    (tmp_path / "alerts.jsonl").write_text("\n".join(rows) + "\n")

    done = ran(tmp_path, "alerts", "list", "-n", "1")

    assert "first" not in done.stdout
    assert max(map(cell_len, done.stdout.splitlines())) <= 80
    for words in ("2026-11-28 21:40:33  CRITICAL", "done      tried again", "at worst  all of it"):
        assert words in done.stdout
    assert "to do     python run.py status" in done.stdout
    assert "could not be read" in done.stderr


@pytest.mark.req("AL1")
def test_alerts_are_one_json_document(tmp_path: Path) -> None:
    assert json.loads(ran(tmp_path, "alerts", "list", "--json").stdout)["alerts"] == []
    assert ran(tmp_path, "alerts", "list").stdout == "no alerts\n"

    (tmp_path / "alerts.jsonl").write_text(json.dumps(ALERT) + "\n")

    assert json.loads(ran(tmp_path, "alerts", "list", "--json").stdout)["alerts"] == [ALERT]
