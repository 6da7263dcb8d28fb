"""The table of conformance tests names all of them, and only tests that exist."""

from __future__ import annotations

import re

from tests.house.tidy import ROOT

ROW = re.compile(
    r"^\| (?P<item>\d+) \| .+ \| \[`(?P<test>\w+)`\]\(\.\./(?P<file>[\w/.]+)\) \|$", re.MULTILINE
)
TEST = re.compile(r"^def (test_item_(\d\d)_\w+)", re.MULTILINE)


def test_the_table_of_the_venues_page_names_every_conformance_test() -> None:
    page = (ROOT / "docs" / "venue.md").read_text(encoding="utf-8")
    listed = {(int(row["item"]), row["file"], row["test"]) for row in ROW.finditer(page)}

    found = {
        (int(number), path.relative_to(ROOT).as_posix(), name)
        for path in (ROOT / "tests" / "conformance").glob("test_*.py")
        for name, number in TEST.findall(path.read_text(encoding="utf-8"))
    }

    assert listed == found
    assert {item for item, _, _ in found} == set(range(1, 49))


def test_no_conformance_test_goes_by_another_name() -> None:
    for path in (ROOT / "tests" / "conformance").glob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(re.findall(r"^def test_", text, re.MULTILINE)) == len(TEST.findall(text)), path
