"""An order that was not judged cannot be built: only the gate makes approved ones."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

import attrs
import pytest

from domain.model.approval import ApprovedEntry, ApprovedExit
from tests.house import tidy

MAKER = "domain/risk/gate.py"
KINDS = (ApprovedEntry, ApprovedExit)
NAMES = {f"{kind.__module__}.{kind.__name__}" for kind in KINDS}
COMMON = {"strategy", "reason"}
"""Names that say nothing: many values that are no orders have them too."""
FIELDS = {"order"} | {field.name for kind in KINDS for field in attrs.fields(kind)} - COMMON
COPIERS = ("attrs.evolve", "attr.evolve", "attr.assoc", "dataclasses.replace", "copy.replace")
OTHERS = {
    ("domain/portfolio/ledger.py", "lot"),
    ("domain/replay/pairing.py", "fill"),
    ("domain/replay/session.py", "trip"),
    ("app/command_line/shell.py", "session.folders"),
    ("adapters/simulator/engine/quirks.py", "quirks"),
    ("adapters/venues/coinbase/aliases.py", "quote"),
    ("adapters/venues/coinbase/aliases.py", "event"),
    ("adapters/venues/coinbase/aliases.py", "trade"),
}
"""(file, first argument) of copies that are of no approved orders: a field's name, or `**`."""
Called = tuple[str, str, ast.Call]
"""File, full name of what is called, and the call."""


def calls_in(where: str, text: str) -> Iterator[Called]:
    """Yield the calls of one module."""
    tree = ast.parse(text)
    imported = tidy.imported_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield where, tidy.full_name(node.func, imported) or "", node


def calls() -> Iterator[Called]:
    """Yield the calls of all of the product."""
    for path in tidy.sources(*tidy.PACKAGES):
        yield from calls_in(tidy.where(path), path.read_text(encoding="utf-8"))


def changed_copies(calls: Iterable[Called]) -> Iterator[str]:
    """Yield where a field that approved orders have is given anew in a copy, or may be, by `**`."""
    for where, name, call in calls:
        if where == MAKER or name not in COPIERS:
            continue
        given = {each.arg for each in call.keywords}
        first = ast.unparse(call.args[0])
        if given & {*FIELDS, None} and (where, first) not in OTHERS:
            yield f"{where}:{call.lineno}: {ast.unparse(call)}"


@pytest.mark.req("E1", "M1")
def test_only_the_gate_makes_approved_orders() -> None:
    assert {where for where, name, _ in calls() if name in NAMES} == {MAKER}


@pytest.mark.req("M1", "CL1")
def test_the_one_order_without_a_gate_is_the_harmless_one_of_a_check() -> None:
    made = {where for where, name, _ in calls() if name.endswith("harmless_order.HarmlessOrder")}
    sized = {where for where, name, _ in calls() if name.endswith(".harmless_order.harmless_order")}
    written = {where for where, name, _ in calls() if name.endswith("bodies.harmless_body")}

    assert made == set(), "only its own module makes one, and sizes it"
    assert sized == {"app/venue_check/account_steps.py"}
    assert written == {"adapters/venues/coinbase/probe.py"}


@pytest.mark.req("E1", "M1", "X3")
def test_nobody_changes_an_approved_order_in_a_copy() -> None:
    found = list(changed_copies(calls()))

    assert not found, "an approved order is final; only the gate decides:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "from attrs import evolve\nevolve(order, quantity=order.quantity * 100)",
        "from attrs import evolve as copy_of\ncopy_of(intent.order, quantity=100)",
        "import attrs\nattrs.evolve(approved.order, product=other)",
        "from dataclasses import replace\nreplace(order, approval=7)",
        "from attrs import evolve\nevolve(intent, order=another)",
        "from attrs import evolve\nevolve(order, **changes)",
    ],
)
def test_a_changed_copy_is_found_in_an_order_manager(text: str) -> None:
    where = "actors/trading/order_manager.py"

    assert len(list(changed_copies(calls_in(where, text)))) == 1
    assert list(changed_copies(calls_in(MAKER, text))) == []


def test_a_copy_of_something_else_is_not() -> None:
    text = "from attrs import evolve\nevolve(state, phase=3)"

    assert list(changed_copies(calls_in("actors/trading/feed.py", text))) == []
