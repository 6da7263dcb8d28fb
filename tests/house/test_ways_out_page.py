"""No dead ends: every breaker that the code can open has a row, a page, and a test of its way."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.portfolio import losses
from domain.system.ways_out import MAILBOX, WAYS_OUT
from scripts import pages, ways_out_page
from tests.house.tidy import PACKAGES, ROOT, sources

pytestmark = pytest.mark.req("SUP1")

OPENERS = {"trip": 0, "BlockEntries": 0, "ListJudge": 1, "_halt": 0}
"""Calls that open a breaker, and where its name stands among their arguments."""
OTHERS = {name for name in WAYS_OUT if name.endswith("_loss") or name == "daily_loss_usd"}
LOSSES = OTHERS | {"drawdown"}
"""Named by what is measured: `domain/portfolio/losses.py`."""

WALKED = {
    "kill": "tests/e2e/test_kill.py::test_the_kill_command_ends_it_and_resume_lets_it_start_again",
    "daily_loss": "tests/unit/actors/safety/test_operator.py::test_every_latch_opens_by_resume",
    "unbooked_fill": "tests/unit/actors/safety/test_operator.py::test_every_latch_opens_by_resume",
    "journal_shortened": "tests/e2e/test_recovery.py"
    "::test_a_kill_latch_that_was_cut_off_the_journal_is_missed",
    "reconcile": "tests/unit/actors/safety/test_reconciler.py"
    "::test_only_a_clean_comparison_unblocks",
    "boot": "tests/unit/actors/safety/test_reconciler.py"
    "::test_what_is_missing_is_asked_for_until_it_comes_and_then_entries_may_go",
    "venue_lists": "tests/unit/actors/safety/test_reconciler.py"
    "::test_a_list_that_fails_for_long_blocks_entries_and_is_told_once",
    "drop_copy_lists": "tests/unit/actors/safety/test_drop_copy.py"
    "::test_a_list_that_stays_away_blocks_entries_and_comes_back_by_itself",
    "live_orders": "tests/unit/actors/safety/test_canceller.py"
    "::test_live_orders_that_are_not_listed_are_asked_for_at_a_pace_and_told_once",
    "unreadable_orders": "tests/unit/domain/orders/test_tracker.py",
    "no_products": "tests/unit/actors/safety/test_reconciler.py"
    "::test_a_catalogue_without_our_currency_blocks_entries_and_says_what_there_is",
    "user_stream": "tests/unit/domain/orders/test_tracker.py",
    "unknown_order": "tests/unit/domain/orders/test_tracker.py",
    "time_gap": "tests/unit/actors/safety/test_reconciler.py"
    "::test_a_clean_comparison_closes_the_gap",
    "sentinel": "tests/unit/app/run/test_sentinel_watch.py"
    "::test_a_sentinel_that_stands_still_blocks_entries_within_five_seconds_and_is_replaced",
    "memory": "tests/unit/app/run/test_watches.py",
    "late": "tests/unit/actors/trading/test_allocator.py",
    "permissions": "tests/unit/actors/safety/test_reconciler.py"
    "::test_a_key_that_is_not_the_right_one_stops_entries",
}
"""The test that walks each way; what is latched and not here is walked by that of all latches."""
LATCHES = "tests/unit/actors/safety/test_operator.py::test_every_latch_opens_by_resume"


def opened() -> Iterator[str]:
    """Yield the names of the breakers that the code opens, as far as they stand in it."""
    for path in sources(*PACKAGES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from filter(None, (_named(tree, each) for each in _names(node)))


def _names(call: ast.Call) -> Iterator[ast.expr]:
    func = call.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if name == "Breaker":
        yield from (word.value for word in call.keywords if word.arg == "name")
    elif name in OPENERS:
        yield from call.args[OPENERS[name] : OPENERS[name] + 2]


def _named(tree: ast.Module, value: ast.expr) -> str | None:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value if re.fullmatch(r"[a-z_]+", value.value) else None
    if isinstance(value, ast.JoinedStr) and isinstance(value.values[0], ast.Constant):
        text = str(value.values[0].value)
        return text if text.endswith(":") else None
    return _constant(tree, value.id) if isinstance(value, ast.Name) else None


def _constant(tree: ast.Module, name: str) -> str | None:
    """Return what a name stands for in its module, or in the one it was imported from."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    file = (ROOT / node.module.replace(".", "/")).with_suffix(".py")
                    if file.is_file():
                        return _constant(ast.parse(file.read_text(encoding="utf-8")), alias.name)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                found = _assigned(target, node.value, name)
                if found is not None:
                    return found
    return None


def _assigned(target: ast.expr, value: ast.expr, name: str) -> str | None:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=True)
        return next(filter(None, (_assigned(*pair, name) for pair in pairs)), None)
    is_it = isinstance(target, ast.Name) and target.id == name and isinstance(value, ast.Constant)
    return str(value.value) if is_it and isinstance(value, ast.Constant) else None


def test_every_breaker_that_the_code_opens_has_a_way_out() -> None:
    found = set(opened())

    assert {"sentinel", "reconcile", "venue_lists", "lineage", MAILBOX} <= found
    assert found <= WAYS_OUT.keys(), sorted(found - WAYS_OUT.keys())


def test_no_way_leads_out_of_what_nobody_opens() -> None:
    told = Path(losses.__file__).read_text(encoding="utf-8")

    assert all(f'"{name}"' in told for name in LOSSES)
    assert WAYS_OUT.keys() - LOSSES == set(opened()), "a row is too many"


def test_each_way_is_walked_by_a_test() -> None:
    for name in WAYS_OUT:
        file, _, test = WALKED.get(name, LATCHES).partition("::")
        text = (ROOT / file).read_text(encoding="utf-8")

        assert f"def {test}(" in text if test else f'"{name}"' in text or name.upper() in text, name


def test_the_committed_page_is_the_one_that_the_table_gives() -> None:
    committed = (pages.ROOT / ways_out_page.PAGE).read_text(encoding="utf-8")

    assert committed == ways_out_page.render(), "run python -m scripts.ways_out_page"
