"""`slo` ends with 1 unless every objective was measured and is met."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from actors.kernel.envelope import Envelope
from adapters.journal.codec import Codec
from adapters.journal.recorder import Recorder
from adapters.journal.segments import open_journal
from app.command_line.cli import main
from app.commands.slo import read_performance
from domain.messages.catalogue import CATALOGUE
from domain.messages.decisions import RoundJudged
from domain.messages.journal import RunStarted, TimesMeasured
from domain.model.cycle import CycleStage, CycleStatus, StageTime
from domain.model.instants import MILLISECOND, SECOND, Nanos
from domain.model.meters import Timed, TimeKind
from domain.model.money import Amount
from tests.builders.messages import NOW

pytestmark = pytest.mark.req("OB1")

CODEC = Codec(CATALOGUE)


def judged(cycle: int, took_ns: int, *degraded: str) -> RoundJudged:
    times = (StageTime(CycleStage.GATE, Nanos(took_ns)),)
    told = None, CycleStatus.QUIET, degraded, times, Amount(Decimal(10))
    return RoundJudged(cycle, NOW, (), (), (), *told)


def recorded(paper: Path, *bodies: object, wall: bool = True) -> None:
    """Write a journal of one run."""
    run = CODEC.encode(RunStarted("paper", "embedded", "w", "c", "p", 1))
    clock = (lambda: int(NOW)) if wall else None
    journal, _ = open_journal(paper / "journal", run, at_ns=NOW, wall=clock)
    recorder = Recorder(journal, CODEC, lambda: Nanos(1))
    for number, body in enumerate(bodies, 1):
        recorder.append(Envelope(number, body, "risk_gate", 1, number, 0, NOW))
    recorder.close()


def slo(paper: Path, *words: str) -> int:
    return main(["slo", *words, "--env", "paper", "--data-dir", str(paper.parent)])


def test_a_good_run_ends_with_0(paper: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = TimesMeasured((Timed(TimeKind.REQUEST, "GET /api/orders", ((7_000, 3),)),))
    recorded(paper, judged(1, 4 * MILLISECOND), times, judged(2, 6 * MILLISECOND))

    assert slo(paper) == 0
    out = capsys.readouterr().out
    assert "request GET orders" in out
    assert "stage gate" in out


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(judged(1, 3 * SECOND), id="slow"),
        pytest.param(judged(1, MILLISECOND, "late"), id="degraded"),
    ],
)
def test_a_breach_ends_with_1(
    bad: RoundJudged, paper: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(paper, bad)

    assert slo(paper, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["met"] is False
    assert False in [each["met"] for each in told["objectives"]]


def test_a_run_without_a_cycle_ends_with_1_and_says_why(
    paper: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(paper)

    assert slo(paper) == 1
    told = capsys.readouterr()
    assert "not measured: no cycle has been decided yet" in told.out
    assert told.err == "objectives not measured: cycle p95, cycle p99, degraded cycles\n"


def test_without_a_journal_it_says_so(paper: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert slo(paper) == 1
    assert "nothing measured: " in capsys.readouterr().err


def test_a_broken_journal_is_no_measure(paper: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(paper, judged(1, MILLISECOND), judged(2, MILLISECOND))
    (segment,) = (paper / "journal").glob("*.jsonl")
    segment.write_bytes(segment.read_bytes().replace(b'"cycle":1', b'"cycle":3'))

    assert slo(paper) == 1
    assert "nothing measured: " in capsys.readouterr().err


@pytest.mark.parametrize("wall", [True, False])
def test_virtual_time_is_known_by_records_without_wall_time(paper: Path, wall: bool) -> None:
    recorded(paper, judged(1, 0), wall=wall)

    assert read_performance(paper / "journal").is_virtual is not wall
