"""An answer that says less than it was asked for is a failure, whatever its kind."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from domain.messages.venue import (
    AccountsListed,
    FeesRead,
    FillsListed,
    OrdersListed,
    PermissionsRead,
    ProductsListed,
)
from domain.model.instants import Nanos
from domain.system.answers import Answer, Answers, failure_of
from tests.builders.messages import MAKER, TAKER

PAGED: list[Answer] = [
    OrdersListed(1, (), True, Nanos(0), None),
    FillsListed(1, (), True, None),
    AccountsListed(1, (), True, None),
    ProductsListed(1, (), True, None),
]
WHOLE: list[Answer] = [
    *PAGED,
    FeesRead(1, MAKER, TAKER, None),
    PermissionsRead(1, True, True, False, "uuid", None),
]
pytestmark = pytest.mark.req("E2")


@pytest.mark.parametrize("answer", WHOLE)
def test_a_whole_answer_can_be_gone_by_and_a_failed_one_can_not(answer: Answer) -> None:
    assert failure_of(answer) is None
    assert failure_of(evolve(answer, failure="HTTP 503")) == "HTTP 503"


@pytest.mark.parametrize("answer", PAGED)
def test_a_list_with_a_page_missing_is_a_failure(answer: Answer) -> None:
    torn: dict[str, Any] = {"is_complete": False}

    assert failure_of(evolve(answer, **torn)) is not None


@pytest.mark.parametrize("missing", ["maker", "taker"])
def test_fees_without_a_rate_are_a_failure(missing: str) -> None:
    without: dict[str, Any] = {missing: None}

    assert failure_of(evolve(FeesRead(1, MAKER, TAKER, None), **without)) is not None


def test_of_each_kind_the_newest_answer_counts_until_the_next_round() -> None:
    answers = Answers()
    answers.keep(FillsListed(1, (), True, None))
    newest = FillsListed(2, (), True, None)
    answers.keep(newest)
    assert answers.of(FillsListed) is newest

    answers.clear()
    with pytest.raises(KeyError):
        answers.of(FillsListed)
