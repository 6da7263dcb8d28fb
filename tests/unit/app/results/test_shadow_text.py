"""The words for a shadow's results."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from app.results.shadow import ShadowResults
from app.results.shadow_text import MEANINGS, document, show
from domain.shadow.differences import Likeness
from tests.unit.app.results.test_shadow import BEGIN, DIFFERENCE, VERDICT, a_sum, results_of


def shown(results: ShadowResults, begun: dict[str, Any]) -> str:
    told = io.StringIO()
    show(results, begun, Console(file=told, width=80, highlight=False))
    return told.getvalue()


@pytest.mark.req("SH1")
def test_every_class_has_its_meaning() -> None:
    assert set(MEANINGS) == set(Likeness)


def test_equal_settings_are_said_to_be() -> None:
    assert "Both have the same settings" in shown(results_of(BEGIN, a_sum()), BEGIN)


def test_what_the_shadow_does_not_decide_by_is_marked() -> None:
    setting = {"name": "policy.loop.interval_seconds", "primary": 60, "shadow": 30}
    begun = {**BEGIN, "differs": [{**setting, "is_acted_on": False}]}

    assert "the trader's counts for both" in shown(results_of(begun, a_sum()), begun)


def test_a_refusal_and_an_order_at_the_market_have_words() -> None:
    sale = {**VERDICT, "price": None}
    refused = {**VERDICT, "refused_by": "total_cap"}
    found = {**DIFFERENCE, "primary": sale, "shadow": refused, "class": "only-primary"}

    told = shown(results_of(BEGIN, found, a_sum()), BEGIN)
    assert "2 at the market" in told
    assert "refused: total_cap" in told


def test_a_run_that_goes_on_has_no_end_yet() -> None:
    assert document(results_of(BEGIN, a_sum()), BEGIN)["ended"] is None


def test_before_any_decision_agreement_is_not_known() -> None:
    empty = results_of(BEGIN)

    assert document(empty, BEGIN)["agreement_pct"] is None
    assert "Too few cycles" in shown(empty, BEGIN)
