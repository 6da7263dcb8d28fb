"""Fault scripts: what is read, and what is said about what cannot be."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.faults.catalogue import KINDS
from adapters.simulator.faults.script import (
    FaultsInvalid,
    members_of,
    parse_fault,
    parse_script,
    read_script,
)
from adapters.simulator.faults.venue_kinds import BalanceChange, ClockSkew
from adapters.simulator.faults.wire_kinds import FreezeStream, LostResponse
from domain.model.instants import SECOND
from tests.builders.simulator import Client, fault, script_of


def problems_of(*lines: Any) -> list[str]:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    with pytest.raises(FaultsInvalid) as caught:
        parse_script("\n".join(texts), "faults.jsonl")
    return list(caught.value.problems)


def test_the_contracts_own_line_is_read() -> None:
    line = '{"at": "20s", "for": "10s", "kind": "freeze_stream", "product": "BTC-USD"}'

    (found,) = parse_script(f"\n{line}\n", "f")

    assert isinstance(found, FreezeStream)
    assert (found.at_ns, found.for_ns, found.product) == (20 * SECOND, 10 * SECOND, "BTC-USD")
    assert (found.where, found.seed) == ("f:2", 2)


@pytest.mark.parametrize(
    "kind",
    [
        "freeze_stream",
        "seq_gap",
        "disconnect",
        "lost_response",
        "reset_before",
        "http_429",
        "http_503_html",
        "slow",
        "price_jump",
        "fee_tier",
        "product_flag",
        "balance_change",
        "foreign_order",
        "late_fill",
        "delay_cancel",
        "lose_cancel",
        "clock_skew",
        "maintenance",
    ],
)
def test_every_kind_of_the_contract_exists(kind: str) -> None:
    assert kind in KINDS


def test_numbers_are_exact_and_lists_and_texts_are_taken() -> None:
    lost, moved, skewed = parse_script(
        script_of(
            [
                fault("lost_response", endpoint=["place", "cancel"], probability=0.1, count=3),
                fault("balance_change", currency="USD", amount="-0.30"),
                fault("clock_skew", by="-1.5s"),
            ]
        ),
        "f",
    )

    assert isinstance(lost, LostResponse)
    assert (lost.endpoints, lost.probability, lost.strikes) == (
        ("place", "cancel"),
        Decimal("0.1"),
        3,
    )
    assert isinstance(moved, BalanceChange)
    assert moved.amount == Decimal("-0.30")
    assert isinstance(skewed, ClockSkew)
    assert skewed.by_ns == -1_500_000_000


@pytest.mark.parametrize(
    ("members", "strikes"),
    [({}, 1), ({"for": "9s"}, None), ({"count": 4}, 4), ({"for": "9s", "count": 4}, 4)],
)
def test_what_says_neither_how_long_nor_how_often_strikes_once(
    members: dict[str, Any], strikes: int | None
) -> None:
    found = parse_fault(json.dumps({"kind": "lost_response", **members}), "f")

    assert isinstance(found, LostResponse)
    assert found.strikes == strikes


def test_all_problems_are_told_at_once_with_file_line_and_the_nearest() -> None:
    told = problems_of(
        {"kind": "freeze_steam"},
        {"kind": "freeze_stream", "at": "20x", "fro": "10s"},
        fault("seq_gap"),
        {"kind": "slow", "delay": True},
        "[]",
    )

    assert [line.partition(": ")[0] for line in told] == [
        "faults.jsonl:1",
        "faults.jsonl:2",
        "faults.jsonl:2",
        "faults.jsonl:4",
        "faults.jsonl:5",
    ]
    assert "no kind 'freeze_steam' (nearest: freeze_stream)" in told[0]
    assert "no member 'fro' (nearest: for)" in told[1]
    assert told[2].endswith('at: expected a duration such as 20s or 1.5m, was "20x"')
    assert "delay: expected a duration" in told[3]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "expected one JSON object"),
        ("{} {}", "expected one JSON object"),
        ('"seq_gap"', "expected one JSON object"),
        ('{"kind": "seq_gap", "kind": "slow"}', "'kind' is given twice"),
        ('{"kind": "gap", "percent": NaN}', "NaN is no number"),
        ("{}", "expected `kind`"),
        ('{"kind": 7}', "no kind '7'"),
        (fault("slow"), "slow needs delay"),
        (fault("gap", percent=-5), "expected `for`"),
        (fault("product_flag", product="BTC-USD"), "expected `flag` or `status`"),
        (fault("latency", p50="2s", p99="1s"), "p99 not below"),
        (fault("lost_response", probability=0), "a number above 0 and up to 1"),
        (fault("lost_response", probability="1.01"), "a number above 0 and up to 1"),
        (fault("lost_response", count=0), "a whole number from 1"),
        (fault("lost_response", count=1.5), "a whole number from 1"),
        (fault("lost_response", endpoint="orderz"), "one or a list of place"),
        (fault("lost_response", endpoint=[]), "one or a list of place"),
        (fault("slow", delay="31s"), "at most 30s"),
        (fault("disconnect", code=1002), "one of 1000, 1001, 1006, 1011"),
        (fault("disconnect", for_="9s"), "no member 'for'"),
        (fault("foreign_order", product="BTC-USD", side="buy", quantity=1), "BUY or SELL"),
        (fault("fee_tier", maker="0.6", taker="1.2"), "a number from 0 to 0.1"),
        (fault("http_401", handled="yes"), "true or false"),
        (fault("balance_change", currency="USD", amount=0), "an amount such as"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(line: Any, says: str) -> None:
    told = problems_of(line)

    assert any(says in problem for problem in told), told
    assert all(problem.startswith("faults.jsonl:1: ") for problem in told)


@given(
    st.dictionaries(
        st.sampled_from(["kind", "at", "for", "count", "delay", "product", "by", "x"]),
        st.one_of(
            st.sampled_from([*KINDS]),
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            st.lists(st.text(max_size=3), max_size=2),
        ),
    )
)
def test_any_object_is_a_fault_or_told(document: dict[str, Any]) -> None:
    told: tuple[str, ...] = ()
    known = set(document)
    try:
        known = {"kind", *members_of(type(parse_fault(json.dumps(document), "f")))}
    except FaultsInvalid as invalid:
        told = invalid.problems

    assert all(problem.startswith("f: ") for problem in told)
    assert told or set(document) <= known


def test_a_script_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(FaultsInvalid, match="expected a fault script"):
        read_script(tmp_path / "absent.jsonl")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(FaultsInvalid, match="expected a fault script"):
        read_script(tmp_path / "binary")


def test_products_and_currencies_must_exist_in_the_market() -> None:
    with pytest.raises(FaultsInvalid) as caught:
        Client(
            faults=[
                fault("price_jump", product="btc/usd", percent=5),
                fault("balance_change", currency="EUR", amount=5),
                fault("price_jump", product="BTC-USD", percent=5),
            ]
        )

    first, second = caught.value.problems
    assert "faults:1: the market has no product btc/usd; it has BTC-USD" in first
    assert first.endswith("did you mean BTC-USD?")
    assert "faults:2: the account has no EUR; it has BTC, USD, USDC" in second
