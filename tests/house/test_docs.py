"""The pages do not lag behind: links lead somewhere, commands and settings exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.command_line.cli import COMMANDS, cli
from tests.house.tidy import FOREIGN_WORDS, ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("tests/*.md")])
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
BLOCK = re.compile(r"```[a-z]*\n(?P<body>.*?)```", re.DOTALL)
"""Fenced code; what it starts with `./` or `python ` is a command."""


def page_id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchors(text: str) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def commands(page: Path) -> list[list[str]]:
    lines = [
        line.split(" #")[0].split()
        for block in BLOCK.finditer(page.read_text(encoding="utf-8"))
        for line in block["body"].splitlines()
    ]
    return [words for words in lines if words and words[0].startswith(("./", "python"))]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_of_the_page_lead_somewhere(page: Path) -> None:
    for link in LINK.finditer(page.read_text(encoding="utf-8")):
        target, _, anchor = link["target"].partition("#")
        if "://" in target:
            continue
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), f"{link['target']} of {page_id(page)} does not exist"
        if anchor and found.suffix == ".md":
            assert anchor in anchors(found.read_text(encoding="utf-8")), link["target"]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_programs_of_the_page_exist(page: Path) -> None:
    for words in commands(page):
        program = words[1] if words[0].startswith("python") else words[0]
        if not program.startswith("-"):
            assert (ROOT / program).is_file(), f"{' '.join(words)} of {page_id(page)}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_options_and_commands_of_run_py_on_the_page_exist(page: Path) -> None:
    options = {option for parameter in cli.params for option in parameter.opts} | {"--help"}
    for words in commands(page):
        if words[:2] != ["python", "run.py"]:
            continue
        said = words[2] if len(words) > 2 else ""
        if said and not said.startswith("-"):
            assert said in COMMANDS, f"{' '.join(words)} of {page_id(page)}"
        elif said:
            named = {word.partition("=")[0] for word in words[2:] if word.startswith("--")}
            assert named <= options, f"{' '.join(words)} of {page_id(page)}"


def test_the_glossary_has_every_word_that_the_names_are_checked_for() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")

    assert [word for word in FOREIGN_WORDS if word not in glossary] == []


def test_decisions_are_numbered_without_gaps_and_have_the_four_parts() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert [page.name[:4] for page in pages] == [f"{n:04}" for n in range(1, len(pages) + 1)]
    for page in pages:
        parts = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert parts == [
            "Context",
            "Decision",
            "What we gave up",
            "What would change our mind",
        ], page.name
