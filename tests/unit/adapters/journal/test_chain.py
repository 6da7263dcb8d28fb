"""The canonical form and the line of one record."""

from __future__ import annotations

import json
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.journal.chain import (
    GENESIS,
    Body,
    Head,
    LineBroken,
    body,
    canonical,
    check_line,
    seal,
)
from domain.model.money import plain

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
LEAVES = st.none() | st.booleans() | st.integers() | TEXT
DATA = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
MEMBERS = st.dictionaries(TEXT, DATA, max_size=5)


def by_the_standard_library(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def line_of(data: dict[str, Any], head: Head = GENESIS) -> bytes:
    line, _ = seal(body(head, "Sample", data, at="2023-12-12T04:00:00Z"))
    return line[:-1]


@given(DATA)
def test_canonical_form_is_what_the_standard_library_writes(value: Any) -> None:
    assert canonical(value) == by_the_standard_library(value)


@given(DATA)
def test_canonical_form_loses_nothing_and_is_its_own_canonical_form(value: Any) -> None:
    told = json.loads(canonical(value))
    assert told == value
    assert canonical(told) == canonical(value)


@given(MEMBERS)
def test_order_of_members_makes_no_difference(members: dict[str, Any]) -> None:
    assert canonical(dict(reversed(members.items()))) == canonical(members)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_decimals_are_plain_text(value: Decimal) -> None:
    assert canonical([value]) == b'["' + plain(value).encode() + b'"]'


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        {"deep": [1, {"er": 1.0}]},
        float("nan"),
        Decimal("NaN"),
        {1: "number as key"},
        {"set": {1}},
        b"bytes",
        object(),
        "lone \ud800",
        {"\udfff": 1},
    ],
)
def test_what_is_not_exact_data_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="expected"):
        canonical(value)


def test_the_line_can_be_verified_by_hand() -> None:
    line = line_of({"price": "1.5"})
    record = json.loads(line)
    assert list(record)[-1] == "hash"
    digest = record.pop("hash")
    assert digest == sha256(by_the_standard_library(record)).hexdigest()
    assert record == {
        "at": "2023-12-12T04:00:00Z",
        "data": {"price": "1.5"},
        "prev": "0" * 64,
        "seq": 1,
        "type": "Sample",
    }


@given(MEMBERS)
def test_every_sealed_line_is_accepted_in_its_place(data: dict[str, Any]) -> None:
    head = Head(41, "ab" * 32)
    record = check_line(line_of(data, head), head.hash, 42)
    assert record.seq == 42
    assert record.data == data
    assert record.at_ns == 1_702_353_600_000_000_000


def resealed(text: bytes) -> bytes:
    return text[:-1] + b',"hash":"' + sha256(text).hexdigest().encode() + b'"}'


CANONICAL = (
    b'{"at":"2023-12-12T04:00:00Z","data":{"a":1},"prev":"' + b"0" * 64 + b'","seq":1,"type":"T"}'
)


def test_the_sample_of_the_following_cases_is_good() -> None:
    assert check_line(resealed(CANONICAL), GENESIS.hash, 1).data == {"a": 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"a":1', b'"a": 1'),
        (b'"a":1', b'"a":1.0'),
        (b'"a":1', b'"a":1e0'),
        (b'"a":1', b'"a":-0'),
        (b'"a":1', b'"b":2,"a":1'),
        (b'"a":1', b'"a":2,"a":1'),
        (b'"a":1', b'"a":"\\u0041"'),
        (b'"a":1', b'"a":NaN'),
        (b'{"a":1}', b"{}"),
        (b'{"a":1}', b"null"),
        (b'{"a":1}', b"[1]"),
        (b'{"a":1}', b"[" * 5000 + b"]" * 5000),
        (b'"seq":1', b'"seq":true'),
        (b'"seq":1', b'"seq":"1"'),
        (b'"seq":1', b'"seq":2'),
        (b'"seq":1', b'"seq":0'),
        (b'"prev":"0', b'"prev":"1'),
        (b'"type":"T"', b'"type":"T","wall":null'),
        (b'"type":"T"', b'"type":"T","zeal":1'),
        (b'"type":"T"', b'"type":7'),
        (b',"type":"T"', b""),
    ],
)
def test_a_well_hashed_line_in_another_form_is_refused(old: bytes, new: bytes) -> None:
    assert CANONICAL.count(old) == 1
    with pytest.raises(LineBroken):
        check_line(resealed(CANONICAL.replace(old, new)), GENESIS.hash, 1)


@pytest.mark.parametrize("line", [b"", b"{}", b'"}', b"x" * 200, b',"hash":"' + b"0" * 64 + b'"}'])
def test_what_is_no_record_at_all_is_refused(line: bytes) -> None:
    with pytest.raises(LineBroken):
        check_line(line, GENESIS.hash, 1)


def test_a_second_hash_member_is_refused() -> None:
    with pytest.raises(LineBroken):
        check_line(resealed(line_of({})), GENESIS.hash, 1)


def test_the_error_says_what_was_expected_and_what_was_found() -> None:
    with pytest.raises(LineBroken, match="expected record 3, found record 1"):
        check_line(line_of({}), GENESIS.hash, 3)


def test_absent_members_leave_no_trace() -> None:
    line, _ = seal(Body(seq=1, prev=GENESIS.hash, type="T", at="2023-12-12T04:00:00Z"))
    assert b"null" not in line
    assert b"data" not in line
