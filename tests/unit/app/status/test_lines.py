"""Columns are as wide as what they hold; lines are fitted to the screen."""

from __future__ import annotations

from app.status.lines import CELL_MAX, Line, columns, fitted, title


def test_columns_stand_below_each_other_and_numbers_end_together() -> None:
    rows = [("", "used"), ("daily loss", "0.18 %"), ("total", "10.00 %")]

    assert [line.text for line in columns(rows, frozenset({1}))] == [
        "                 used",
        "  daily loss   0.18 %",
        "  total       10.00 %",
    ]


def test_a_cell_is_cut_rather_than_the_row_broken() -> None:
    (line,) = columns([("x" * 99, "1")], frozenset())

    assert len(line.text) == 2 + CELL_MAX + 2 + 1
    assert "…" in line.text


def test_no_rows_are_no_lines() -> None:
    assert list(columns([], frozenset())) == []


def test_what_is_continued_is_indented_and_keeps_its_style() -> None:
    lines = list(fitted([Line("  one two three", "bold", indent=2)], 10))

    assert lines == [Line("  one two", "bold"), Line("    three", "bold")]


def test_a_title_has_an_empty_line_before_it() -> None:
    assert [line.text for line in title("Limits")] == ["", "Limits"]


def test_a_command_that_takes_more_than_a_line_can_still_be_copied() -> None:
    words = 'python run.py unpause --data-dir /srv/bulkhead --reason "..."'
    lines = [line.text for line in fitted([Line(f"    {words}", is_command=True)], 50)]

    assert max(map(len, lines)) <= 50
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert " ".join(" ".join(line.removesuffix(" \\").split()) for line in lines) == words
