"""Whoever can order was given the right to, and nobody but the mode gate gives it."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest

import adapters
from domain.model.capability import Extent, NoCapability, OrderCapability
from tests.builders.capability import a_right
from tests.house import tidy

GATE = "app/run/mode_gate.py"
MADE = "domain.model.capability.OrderCapability"
ORDERS = ("place", "place_order", "order", "buy", "sell", "send_order")
"""What a method is called that orders."""
THE_VENUE_ITSELF = "adapters.simulator."
"""It takes orders, of whoever asks: an embedded venue has no money but its own."""
BODIES = ("order_body", "harmless_body")
ANYTHING = object()
AROUND = re.compile(r"OrderCapability\.__new__|__new__\(OrderCapability|\._extent\b|\"_extent\"")
"""How one could be made, or changed, past its making."""


def adapter_classes() -> Iterator[type]:
    """Yield every class that an adapter of the product defines."""
    for found in pkgutil.walk_packages(adapters.__path__, "adapters."):
        module = importlib.import_module(found.name)
        for value in vars(module).values():
            is_own = inspect.isclass(value) and value.__module__ == module.__name__
            if is_own and not module.__name__.startswith(THE_VENUE_ITSELF):
                yield value


def order_capable() -> list[type]:
    """Return the classes that can send an order."""
    return [
        kind
        for kind in adapter_classes()
        if any(inspect.isfunction(getattr(kind, name, None)) for name in ORDERS)
    ]


def built(kind: Any, right: object) -> Any:
    """Build one with anything for whatever it wants, and `right` for the right to order."""
    wanted = inspect.signature(kind).parameters.values()
    usual = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    given = [ANYTHING for each in wanted if each.kind in usual and each.default is each.empty]
    return kind(*given, capability=right)


@pytest.mark.req("M1")
def test_there_are_as_many_ways_to_order_as_we_know_of() -> None:
    found = {f"{kind.__module__}.{kind.__name__}" for kind in order_capable()}

    assert found == {
        "adapters.venues.coinbase.gateway.CoinbaseGateway",
        "adapters.venues.coinbase.probe.OrderProbe",
    }


@pytest.mark.req("M1")
@pytest.mark.parametrize("kind", order_capable(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("right", [None, object(), "all", a_right("https://elsewhere.example")])
def test_none_of_them_is_built_without_the_right_to(kind: Any, right: object) -> None:
    needed = inspect.signature(kind).parameters["capability"]
    assert needed.kind is inspect.Parameter.KEYWORD_ONLY
    assert needed.default is inspect.Parameter.empty

    is_trader = isinstance(right, OrderCapability) and kind.__name__ == "CoinbaseGateway"
    wrong = a_right(extent=Extent.HARMLESS) if is_trader else right  # an address is no matter here
    with pytest.raises(NoCapability):
        built(kind, wrong)


def calls() -> Iterator[tuple[str, str]]:
    """Yield file and full name of everything that is called in the product."""
    for path in tidy.sources(*tidy.PACKAGES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = tidy.imported_names(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield tidy.where(path), tidy.full_name(node.func, imported) or ""


@pytest.mark.req("M1")
def test_only_the_mode_gate_makes_that_right() -> None:
    made = {where for where, name in calls() if name == MADE}
    around = {
        tidy.where(path)
        for path in tidy.sources(*tidy.PACKAGES)
        if AROUND.search(path.read_text(encoding="utf-8"))
    }

    assert made == {GATE}
    assert around == {"domain/model/capability.py"}


@pytest.mark.req("M1")
def test_only_who_needs_the_right_writes_an_order_or_knows_where_it_goes() -> None:
    written = {where for where, name in calls() if name.rpartition(".")[2] in BODIES}
    posts = {
        tidy.where(path)
        for path in tidy.sources("adapters", "app", "actors")
        if '"/orders"' in path.read_text(encoding="utf-8")
        and not tidy.where(path).startswith("adapters/simulator/")
    }

    ways = {"adapters/venues/coinbase/gateway.py", "adapters/venues/coinbase/probe.py"}
    assert written == ways
    assert posts == ways
