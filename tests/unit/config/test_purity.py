"""What no strategy may do is found in its text, with the line, before it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

import domain.strategies
from config.purity import ARITHMETIC, CALLS, NUMPY, impurities

pytestmark = pytest.mark.req("STR1")
SHIPPED = sorted(Path(domain.strategies.__path__[0]).glob("[!_]*.py"))

IMPURE = {
    "a clock": ("import time", "imports time"),
    "a date": ("from datetime import datetime", "imports datetime"),
    "files": ("from pathlib import Path", "imports pathlib"),
    "the system": ("import os.path", "imports os.path"),
    "the network": ("import urllib.request", "imports urllib.request"),
    "chance": ("from random import random", "imports random"),
    "threads": ("import threading", "imports threading"),
    "chance of numpy": ("import numpy.random", "imports numpy.random"),
    "chance of numpy, by name": ("from numpy import random", "imports numpy.random"),
    "chance of numpy, by member": ("import numpy as np\nx = np.random.rand()", "uses .random"),
    "another strategy": ("from domain.strategies.breakout import Breakout", "imports domain.str"),
    "an actor": ("from actors.trading.exits import Exits", "imports actors.trading.exits"),
    "the product's config": ("import config.loading", "imports config.loading"),
    "a neighbour": ("from .other import thing", "imports .other"),
    "messages": ("from domain.messages.orders import Receipt", "imports domain.messages"),
    "a global": ("def f():\n    global seen", "keeps seen between calls"),
    "a nonlocal": ("def f():\n    x = 1\n    def g():\n        nonlocal x", "keeps x"),
    "hidden members": ("x = ().__class__", "uses .__class__"),
    "waiting": ("async def f(): ...", "waits"),
}


@pytest.mark.parametrize("case", IMPURE)
def test_what_is_no_function_of_bars_is_found(case: str) -> None:
    source, told = IMPURE[case]
    lines = [line for line, text in impurities(source) if text.startswith(told)]

    assert lines
    assert all(1 <= line <= source.count("\n") + 1 for line in lines)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_calls_that_reach_outside_are_found(name: str) -> None:
    assert [line for line, _ in impurities(f"\nx = {name}('a')")] == [2]


@pytest.mark.parametrize("name", sorted(NUMPY))
def test_parts_of_numpy_that_read_or_draw_are_found(name: str) -> None:
    assert list(impurities(f"import numpy as np\nx = np.{name}"))


@pytest.mark.parametrize("name", sorted(ARITHMETIC))
def test_what_changes_how_others_round_is_found_however_it_is_reached(name: str) -> None:
    assert list(impurities(f"import decimal\nx = decimal.{name}()"))
    assert list(impurities(f"from decimal import {name}"))
    assert list(impurities(f"from numpy import {name}"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_shipped_strategy_is_pure(file: Path) -> None:
    assert list(impurities(file.read_text(encoding="utf-8"))) == []


def test_an_import_that_is_refused_names_what_may_be_imported() -> None:
    ((line, text),) = impurities("import requests")

    assert line == 1
    assert "it may import attrs, collections, decimal" in text
    assert "domain.signals" in text
