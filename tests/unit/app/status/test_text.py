"""Whatever the document holds, the screen has at most 80 columns and says what is true."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from app.status.signs import InstanceState
from tests.builders.status import DOCUMENT, POSITION, TAKEN, shown, some_signs, text_of

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=90)
    | st.sampled_from(
        ["1e400", "-1E-400", "9" * 300, "NaN", "0E-99999", "1e999999999", "価格" * 99]
    )
    | st.decimals().map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
NAMES = sorted({*DOCUMENT, "kill_switch", "halted", "halt_reason", "stalled", "left_out", "world"})
ROWS = st.lists(
    st.dictionaries(
        st.sampled_from(sorted({*POSITION, "name", "state", "scope", "reason", "used", "limit"})),
        JSON,
    ),
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(
    document=st.dictionaries(st.sampled_from(NAMES), JSON | ROWS),
    state=st.sampled_from(InstanceState),
    width=st.integers(20, 120),
    base=st.booleans(),
)
def test_any_document_is_shown_within_the_columns(
    document: dict[str, object], state: InstanceState, width: int, *, base: bool
) -> None:
    whole = {**DOCUMENT, **document} if base else document

    lines = shown(whole, some_signs(state), width)

    assert lines
    assert max(map(cell_len, lines)) <= width
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("document", [None, [], "x", 7, {}, {"positions": {"a": 1}}])
def test_what_is_no_status_at_all_is_shown_too(document: object) -> None:
    assert "unknown mode" in text_of(document, some_signs())


def test_a_document_of_the_first_version_is_shown() -> None:
    old = {"mode": "paper", "equity": "9975.7101", "pnl_net": "-24.29", "positions": [POSITION]}

    told = text_of(old, some_signs(InstanceState.STOPPED, reason="signal", ended_ns=TAKEN))

    assert "equity 9,975.71" in told
    assert "−24.29 −0.24 % since the account opened" in told


@pytest.mark.req("PROT1")
@pytest.mark.parametrize(
    ("state", "words"),
    [
        (InstanceState.TRADING, "protected by the exit actor"),
        (InstanceState.HALTED, "protected by the exit actor"),
        (InstanceState.FROZEN, "UNPROTECTED while frozen"),
        (InstanceState.STOPPED, "UNPROTECTED while stopped"),
        (InstanceState.DIED, "UNPROTECTED while nothing runs"),
        (InstanceState.STARTING, "UNPROTECTED while starting"),
        (InstanceState.UNKNOWN, "NOT KNOWN to be protected"),
    ],
)
def test_a_lot_is_called_protected_only_while_somebody_watches_it(
    state: InstanceState, words: str
) -> None:
    told = text_of(DOCUMENT, some_signs(state))

    assert words in told
    assert ("protected by" in told) == state.is_up


def test_each_part_says_what_a_trader_needs_with_two_decimals_and_units() -> None:
    told = text_of(DOCUMENT, some_signs())

    for words in (
        "profit −18.16 −0.18 % since the account opened",
        "realised −3.10 of what was sold, after fees",
        "BTC-USD 0.00271885 for 198.81",
        "now 72,672.55, 2.0 s old: −1.23 (−0.62 %)",
        "stop 69,780.62 (3.98 % below), target 78,503.21 (8.02 % above)",
        "loss of 24 hours 0.18 % 3.00 % 2.82 %",
        "loss of 24 hours 18.10 USD 300.00 USD 281.90 USD",
        "refused BTC-USD: the cap on one position is reached",
        "entry BUY ETH-USD 0.5 at 3,440.10: partially filled, filled 0.2",
        "drawdown: HALT: no entries, exits run, since 2026-11-28 21:39:00",
        "stays until you act: look at what happened, then resume",
        'python run.py resume --reason "..."',
        "Actors: 1 of 2 up",
        "2026-11-28 21:39:00 CRITICAL HALT (global): drawdown",
    ):
        assert words in told


def test_an_old_price_is_called_old() -> None:
    assert "7.0 s old (OLD)" in text_of(
        {**DOCUMENT, "market_time": "2026-11-28T21:40:07Z"}, some_signs()
    )


@pytest.mark.req("REC1")
@pytest.mark.parametrize("state", InstanceState)
def test_a_lot_that_is_missing_at_the_venue_is_called_missing(state: InstanceState) -> None:
    lot = {**POSITION, "protected_at": "missing at the venue", "missing": "0.00271885"}

    told = text_of({**DOCUMENT, "positions": [lot]}, some_signs(state))

    assert "protected by" not in told
    if state.is_up:
        assert "MISSING at the venue: 0.00271885 is not there any more" in told


@pytest.mark.req("CASH1")
def test_money_in_the_other_wallet_is_shown_with_its_command() -> None:
    other = {
        "currency": "USDC",
        "amount": "1500",
        "step": "convert it",
        "command": "python run.py x",
    }

    shown_now = text_of({**DOCUMENT, "other_wallet": other}, some_signs())

    assert "1,500.00 USDC are in the other wallet and pay for nothing here" in shown_now
    assert "python run.py x" in shown_now
    assert "other wallet" not in text_of(DOCUMENT, some_signs())
