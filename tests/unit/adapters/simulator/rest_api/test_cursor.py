"""A cursor is opaque to clients and only ours is taken."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.engine.wire import Refused
from adapters.simulator.rest_api.cursor import decode_cursor, encode_cursor


@given(st.integers(0, 10**18 - 1))
def test_a_position_comes_back(position: int) -> None:
    assert decode_cursor(encode_cursor(position)) == position


def test_no_cursor_is_the_beginning() -> None:
    assert decode_cursor(None) == 0


def of(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "12",
        "ä",
        "====",
        of(b"12"),
        of(b"at:"),
        of(b"at:-1"),
        of(b"at:1e3"),
        of(b"at:" + b"9" * 19),
    ],
)
def test_another_cursor_is_refused_as_invalid(cursor: str) -> None:
    with pytest.raises(Refused, match="cursor is invalid"):
        decode_cursor(cursor)


@given(st.text(max_size=30))
def test_whatever_a_client_sends_is_a_position_or_refused(cursor: str) -> None:
    try:
        position = decode_cursor(cursor)
    except Refused:
        return
    assert position >= 0
