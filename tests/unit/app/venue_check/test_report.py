"""What a check shows."""

from __future__ import annotations

from app.venue_check.report import document, lines_of, not_well, summary
from domain.system.address import HERE, Address
from domain.system.venue_check import failed, passed, refused, skipped

WELL = passed("clock", "less than 150 ms off", "0.3 ms ahead")
BAD = failed("fees", "maker and taker rates", "HTTP 503", "python run.py venue-check")


def test_a_step_is_a_line_and_below_it_what_to_type() -> None:
    (line,) = lines_of(WELL)
    told, below = lines_of(BAD)

    assert line.text == "ok       clock        expected less than 150 ms off; found 0.3 ms ahead"
    assert told.text.startswith("FAILED   fees         expected maker")
    assert below.text.strip() == "next: python run.py venue-check"
    assert lines_of(skipped("fees", "x", "no key"))[0].text.endswith(" not tried: no key")


def test_the_end_counts_how_steps_went() -> None:
    assert summary([WELL, WELL, BAD]) == "3 steps: 2 ok, 1 failed"


def test_who_is_to_blame_is_named() -> None:
    assert not_well([WELL, BAD, refused("key", "", "", "")]) == "not well: fees, key"


def test_the_document_has_all_of_it_and_the_commands_of_these_folders() -> None:
    told = document("http://127.0.0.1:1", [WELL, BAD], Address(data="/elsewhere"))

    assert (told["ok"], told["exit_code"]) == (False, 1)
    assert told["steps"][1] == {
        "step": "fees",
        "verdict": "failed",
        "expected": "maker and taker rates",
        "found": "HTTP 503",
        "next": "python run.py venue-check --data-dir /elsewhere",
    }
    assert told["steps"][0]["next"] is None
    assert document("", [refused("key", "", "", "")], HERE)["exit_code"] == 4
