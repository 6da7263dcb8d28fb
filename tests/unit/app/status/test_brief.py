"""What stays in view while trading: state, equity, positions, and what stops it, in few lines."""

from __future__ import annotations

from typing import Any

from app.status.brief import POSITIONS_SHOWN, brief
from app.status.members import Members
from domain.model.instants import SECOND
from tests.builders.status import DOCUMENT, POSITION


def lines(age_ns: int = 0, **changes: Any) -> list[str]:
    return [line.text for line in brief(Members({**DOCUMENT, **changes}), age_ns)]


def test_it_says_state_equity_profit_and_each_position_with_its_ends() -> None:
    _, state, *_, worth, position = lines(breakers=[])

    assert state == "paper: trading; market time 2026-11-28 21:40:02; 12 cycles, 0 fills"
    assert worth == "equity 9,981.84 USD, profit −18.16 (−0.18 %), fees 5.93"
    assert position == "BTC-USD 0.00271885 at 72,672.55: −1.23; stop 69,780.62, target 78,503.21"


def test_what_stops_it_is_said() -> None:
    text = " ".join(lines(halted=True))

    assert "HALTED: no entries, exits run" in text
    assert "drawdown: drawdown 10.02 % reached the limit of 10 %" in text


def test_a_picture_that_stands_still_is_not_called_trading() -> None:
    text = " ".join(lines(7 * SECOND))

    assert "picture 7.0 s old" in text
    assert "trading" not in text


def test_many_positions_are_counted() -> None:
    text = lines(positions=[POSITION] * (POSITIONS_SHOWN + 3))

    assert text[-1] == "and 3 positions more"


def test_without_a_picture_there_is_nothing() -> None:
    assert list(brief(Members(None), 0)) == []
