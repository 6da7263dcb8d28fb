"""The page about faults is the one that the catalogue gives, and every kind has been tried."""

from __future__ import annotations

import re

from adapters.simulator.faults.catalogue import KINDS
from scripts import faults_page, pages
from tests.house.tidy import ROOT


def test_the_committed_page_is_the_one_that_the_catalogue_gives() -> None:
    committed = (pages.ROOT / faults_page.PAGE).read_text(encoding="utf-8")

    assert committed == faults_page.render(), "run python -m scripts.faults_page"


def test_every_kind_has_a_line_and_a_test_of_its_effect() -> None:
    page = faults_page.render()
    files = [
        *(ROOT / "tests" / "unit" / "adapters" / "simulator" / "faults").glob("test_*.py"),
        ROOT / "tests" / "e2e" / "test_faults.py",
    ]
    tests = "\n".join(file.read_text(encoding="utf-8") for file in files)
    tried = set(re.findall(r"(?:fault|add)\(\s*\"(\w+)\"", tests))

    assert [kind for kind in KINDS if f"| `{kind}` |" not in page] == []
    assert [kind for kind in KINDS if kind not in tried] == []
