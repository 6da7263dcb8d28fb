"""The tables of the topology say what the code does: who there is, who says and hears what."""

from __future__ import annotations

import ast
import re
import sys
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.kernel.base import Actor
from actors.kernel.routes import GROUP, Lane, matches
from actors.kernel.topology import ACTORS, AUDITOR, BOARD, GUARDIAN, ROUTES, STRATEGY, THE_VENUE
from app.run import deciders, wiring
from domain.messages.catalogue import CATALOGUE
from domain.messages.control import SyncRequested
from domain.messages.supervision import Drill
from scripts import messages_page, pages

EVERY_ACTOR_HEARS = {Drill}
KINDS = {kind.__name__: kind for kind in ROUTES}


def classes() -> dict[str, type[Actor]]:
    """Return the class of each actor, by name, as the wiring starts it."""
    named: dict[str, type[Actor]] = {}
    for module in (wiring, deciders):
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        found = re.findall(r"spawn\((\w+), (\w+)", text)
        named |= {getattr(module, name): getattr(module, kind) for kind, name in found}
    return {f"{STRATEGY}any" if name == STRATEGY else name: kind for name, kind in named.items()}


CLASSES = sorted(classes().items())


def said(kind: type[Actor]) -> Iterator[tuple[str, type]]:
    """Yield ("send" or "publish", kind of message) of each direct call in a class."""
    source = Path(str(sys.modules[kind.__module__].__file__)).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        for argument in node.args:
            made = argument.func if isinstance(argument, ast.Call) else None
            is_said = node.func.attr in ("send", "publish")
            if is_said and isinstance(made, ast.Name) and made.id in KINDS:
                yield node.func.attr, KINDS[made.id]


def test_the_committed_pages_are_those_that_the_table_gives() -> None:
    for page, text in messages_page.printed().items():
        committed = (pages.ROOT / page).read_text(encoding="utf-8")

        assert committed == text, f"{page}: run python -m scripts.messages_page"
        assert "flowchart LR" in committed, page


def test_each_row_of_an_actor_has_a_recipe_and_each_recipe_a_row() -> None:
    started = {STRATEGY if name.startswith(STRATEGY) else name for name in classes()}

    assert started == set(ACTORS), "an actor is a class, a row in the topology, and a recipe"


def test_the_page_of_the_architecture_tells_what_each_actor_is_for() -> None:
    text = (pages.ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    told = {name.strip() for row in rows for name in row.split(",")}

    assert {f"{name}*" if name == STRATEGY else name for name in ACTORS} <= told


def test_every_name_in_the_routes_is_somebody() -> None:
    known = {*ACTORS, f"{STRATEGY}{GROUP}", GROUP, THE_VENUE, GUARDIAN, BOARD}

    for kind, row in ROUTES.items():
        assert {*row.says, *row.receivers} <= known, kind.__name__


def test_what_is_conflated_has_a_key_and_is_never_journaled() -> None:
    for kind, row in ROUTES.items():
        assert (row.lane is Lane.MARKET) is (row.key is not None), kind.__name__
        assert row.lane is not Lane.MARKET or kind.__name__ not in CATALOGUE


def test_what_is_durable_at_once_is_heard_by_the_auditor() -> None:
    for kind, row in ROUTES.items():
        if row.is_durable:
            assert "auditor" in row.hears, kind.__name__
            assert kind.__name__ in CATALOGUE, kind.__name__


@pytest.mark.parametrize(("name", "kind"), CLASSES, ids=[name for name, _ in CLASSES])
def test_an_actor_says_only_what_the_table_lets_it_say(name: str, kind: type[Actor]) -> None:
    for way, message in said(kind):
        row = ROUTES[message]
        assert matches(row.says, name), f"{name} says {message.__name__}: add it to the row"
        wanted = row.hears if way == "publish" else row.receivers
        assert wanted, f"nobody is named who would get {message.__name__} by {way}"


@pytest.mark.parametrize(("name", "kind"), CLASSES, ids=[name for name, _ in CLASSES])
def test_an_inbox_is_exactly_what_the_table_sends_there(name: str, kind: type[Actor]) -> None:
    sent = {kind for kind, row in ROUTES.items() if matches(row.receivers, name)}
    if name == AUDITOR:  # it writes whatever the catalogue has, and names no union
        assert {each for each in sent if each.__name__ not in CATALOGUE} == {SyncRequested, Drill}
        return
    inbox = typing.get_type_hints(kind.receive)["message"]
    members = {one for one in typing.get_args(inbox) or (inbox,) if one in ROUTES}

    assert members == sent - EVERY_ACTOR_HEARS
