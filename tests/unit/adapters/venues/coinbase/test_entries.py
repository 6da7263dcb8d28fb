"""An entry says which member is odd, and who it is as far as that can be read."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from adapters.venues.coinbase.entries import each, identity, member
from adapters.venues.coinbase.values import number
from domain.model.entries import EntryKind
from domain.model.errors import ProtocolBroken


class Form(msgspec.Struct):
    order_id: str
    size: str


def raw(**members: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(members).encode())


def test_the_member_that_is_odd_is_named_before_what_is_wrong_with_it() -> None:
    read = each(EntryKind.ORDER, Form, lambda form: member("size", number, form.size))

    found = read([raw(order_id="o-1", size="7"), raw(order_id="o-2", size=7), raw(size="x")])

    assert found.read == (Decimal(7),)
    assert [unread.reason for unread in found.unread] == [
        "size: Expected `str`, got `int`",
        "Object missing required field `order_id`",
    ]
    assert [unread.order_id for unread in found.unread] == ["o-2", ""]


def test_a_value_that_is_odd_is_not_repeated() -> None:
    with pytest.raises(ProtocolBroken, match="size: expected a number"):
        member("size", number, "x")


def test_an_entry_is_who_it_says_it_is_in_texts_only() -> None:
    said = identity(raw(order_id="o-1", client_order_id=7, product_id="BTC-USD", side="BUY"))

    assert said == {"order_id": "o-1", "name": "BTC-USD"}
