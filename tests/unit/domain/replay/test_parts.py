"""Pieces add up by part; what nothing explains is no part."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.breakers import Effect
from domain.replay.hindrances import Hinderer, Hindrance
from domain.replay.parts import UNEXPLAINED, Cause, Piece, PnlPart, cause_of, sums
from tests.builders.messages import BTC, NOW, a_breaker

pytestmark = pytest.mark.req("BT4")


def a_piece(part: PnlPart | None, amount: str) -> Piece:
    cause = UNEXPLAINED if part is None else Cause(part=part, why="")
    return Piece(cause=cause, amount=Decimal(amount), product=BTC, at_ns=NOW)


def test_pieces_add_up_by_part() -> None:
    pieces = [a_piece(PnlPart.FEES, "1.25"), a_piece(PnlPart.FEES, "-3"), a_piece(None, "7")]

    found = sums(pieces)

    assert found[PnlPart.FEES] == Decimal("-1.75")
    assert sum(found.values()) == Decimal("-1.75")
    assert set(found) == set(PnlPart)


@pytest.mark.parametrize(
    ("by", "part"), [(Hinderer.PERSON, PnlPart.PERSON), (Hinderer.SYSTEM, PnlPart.SYSTEM)]
)
def test_who_came_between_is_the_cause(by: Hinderer, part: PnlPart) -> None:
    held = Hindrance(by=by, why="why", since_ns=NOW, breaker=a_breaker(Effect.HALT))
    assert cause_of(held) == Cause(part=part, why="why")
