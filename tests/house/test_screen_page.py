"""The page that explains the screen quotes lines that are said, and lacks none of them."""

from __future__ import annotations

import re

import pytest

from tests.house.tidy import ROOT

SPOKEN = ("wording", "narrator", "refusals")
PAGE = ROOT / "docs" / "reading-the-screen.md"
QUOTED = [
    "no signal",
    "no entry",
    "buying ",
    "blocked by ",
    "bought",
    "; the rest still waits",
    "after fees",
    " not {verb}: ",
    "setting: ",
    "was not filled in time and is gone",
    "was rejected by the venue",
    "runs again and has to prove itself",
    " works again: ",
    "drill, as asked for: ",
    " closed",
    "type: ",
]
"""Parts of the lines that people see, as the code has them."""


@pytest.mark.parametrize("words", QUOTED)
def test_what_the_page_quotes_is_what_is_said(words: str) -> None:
    code = "".join(
        (ROOT / f"actors/reporting/{name}.py").read_text(encoding="utf-8") for name in SPOKEN
    )
    page = PAGE.read_text(encoding="utf-8")

    assert words in code, "the line is said in other words now: so does the page"
    assert words.replace("{verb}", "bought").strip() in page


def test_every_line_that_is_said_aloud_is_on_the_page() -> None:
    narrator = (ROOT / "actors/reporting/narrator.py").read_text(encoding="utf-8")
    said = re.findall(r"_log\.(?:info|warning)\(\s*f?\"([^\"]+)\"", narrator)
    assert said
    page = PAGE.read_text(encoding="utf-8")
    for line in said:
        parts = [part.strip(" :;{}") for part in re.split(r"\{[^}]*\}", line)]
        longest = max(parts, key=len)
        assert longest in page, f"{line!r} is not explained"
