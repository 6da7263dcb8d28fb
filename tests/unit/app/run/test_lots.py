"""What is owned, and what of it an order at the venue protects, as the last line counts it."""

from __future__ import annotations

from typing import Any

import pytest

from app.run.lots import lots_of, missing_of, protection_of
from domain.system.recovery import Recovered
from tests.builders.status import POSITION

NOTHING = Recovered()


def held(at: str, **changes: Any) -> dict[str, Any]:
    return {**POSITION, "protected_at": at, **changes}


@pytest.mark.req("PROT1")
@pytest.mark.parametrize(
    ("at", "is_protected"),
    [
        ("venue", True),
        ("exit actor and venue", True),
        ("exit actor", False),
        ("nobody", False),
        ("missing at the venue", False),
    ],
)
def test_a_lot_counts_as_protected_if_an_order_at_the_venue_waits(
    at: str, is_protected: bool
) -> None:
    protected, bare = protection_of({"positions": [held(at)]}, NOTHING)

    assert (len(protected), len(bare)) == (int(is_protected), int(not is_protected))


@pytest.mark.req("PROT1")
def test_of_two_lots_that_read_alike_each_is_counted_by_itself() -> None:
    protected, bare = protection_of({"positions": [held("venue"), held("exit actor")]}, NOTHING)

    assert protected == bare
    assert len(bare) == 1


def test_what_is_missing_is_said_with_its_lot() -> None:
    gone = held("missing at the venue", missing=POSITION["quantity"])

    (text,) = missing_of({"positions": [gone, held("exit actor")]})

    assert text.endswith("missing)")


def test_before_anything_was_valued_the_journal_says_what_is_owned() -> None:
    assert lots_of({}, NOTHING) == ()
    assert protection_of({}, NOTHING) == ((), ())
