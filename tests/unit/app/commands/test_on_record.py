"""What a command has done is on record; where it can't be, that is told and the deed stands."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from adapters.telemetry.evidence import ALERTED, FILE, EvidenceBook
from app.command_line.options import Folders
from app.commands.on_record import put_on_record

pytestmark = pytest.mark.req("CL1")


def test_it_is_on_record_with_its_time(tmp_path: Path) -> None:
    put_on_record(Folders(data=tmp_path), ALERTED, "mail", "all\n well", is_good=True)

    found = EvidenceBook(tmp_path).newest(ALERTED, "mail", time.time_ns())
    assert found is not None
    assert (found.told, found.is_good) == ("all well", True)


def test_where_it_can_not_be_kept_that_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / FILE).mkdir()

    put_on_record(Folders(data=tmp_path), ALERTED, "mail", "all well", is_good=True)

    assert "not on record for the checklist: " in capsys.readouterr().err
