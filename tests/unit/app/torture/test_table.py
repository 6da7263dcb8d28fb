"""The table of a torture fits a terminal, and names what does not hold."""

from __future__ import annotations

import pytest

from app.torture.cases import ALL, HOSTILE, a_case
from app.torture.outcome import TortureOutcome
from app.torture.table import WIDTH, lines, summary
from tests.unit.app.torture.test_outcome import TOLD, an_outcome

pytestmark = pytest.mark.req("E1")


def test_it_fits_eighty_columns_whatever_the_figures() -> None:
    huge = {**TOLD, "proposals": 99_999_999}
    found = [TortureOutcome(case=a_case(name, 1), told=huge) for name in (*HOSTILE, ALL)]

    told = list(lines(found))

    assert max(len(line) for line in told) <= WIDTH
    assert sum(line.startswith("  ") for line in told) == len(HOSTILE) + 1


def test_a_bound_that_breaks_is_named_under_the_table_and_at_its_end() -> None:
    broken = an_outcome("seen", "left", value="50")

    told = list(lines([an_outcome(), broken]))

    assert told[-2] == "spammer: 50.00 of lots whose stops were passed is still owned"
    assert told[-1] == "the stated bounds do not hold against: spammer"


def test_what_was_not_shown_is_not_counted() -> None:
    said = summary([an_outcome(), an_outcome("proposals", value=0)])

    assert said.startswith("1 of 2 runs: every bound")


def test_a_process_that_left_nothing_has_a_row() -> None:
    gone = TortureOutcome(case=a_case("all", 1), told={}, error="no end within 240 s")

    told = list(lines([gone]))

    assert told[1].split() == ["all", "BROKEN"]
    assert told[-2] == "all: no end within 240 s"
