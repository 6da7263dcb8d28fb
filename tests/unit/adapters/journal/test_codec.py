"""Messages survive the way into the journal and back, and nothing else does."""

from __future__ import annotations

import json
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import UnionType
from typing import Any, NewType, Union, get_args, get_origin

import attrs
import numpy as np
import pytest
from attrs import evolve, field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.journal.chain import canonical
from adapters.journal.codec import Codec, CodecError
from domain.messages.catalogue import CATALOGUE
from domain.model.breakers import ACTOR, GLOBAL, VENUE, Scope

Money = NewType("Money", Decimal)


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


@frozen
class Leaf:
    amount: Money
    direction: Direction


@frozen
class Twig:
    name: str
    leaves: tuple[Leaf, ...] = ()


@frozen
class Tree:
    number: int
    is_tall: bool
    level: Level
    pair: tuple[str, Money]
    growth: Leaf | Twig
    bird: str | None = None
    nest: Leaf | Twig | None = None
    height: Money | None = None


CODEC = Codec({"Tree": Tree, "Leaf": Leaf})

MONEY = st.decimals(allow_nan=False, allow_infinity=False).map(Money)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
LEAVES = st.builds(Leaf, MONEY, st.sampled_from(Direction))
GROWTH = LEAVES | st.builds(Twig, TEXT, st.lists(LEAVES, max_size=3).map(tuple))
TREES = st.builds(
    Tree,
    st.integers(),
    st.booleans(),
    st.sampled_from(Level),
    st.tuples(TEXT, MONEY),
    GROWTH,
    st.none() | TEXT,
    st.none() | GROWTH,
    st.none() | MONEY,
)

LEAF = Leaf(Money(Decimal("1.50")), Direction.UP)
TREE = Tree(7, True, Level.HIGH, ("x", Money(Decimal(2))), LEAF)
TOLD: dict[str, Any] = {
    "number": 7,
    "is_tall": True,
    "level": "HIGH",
    "pair": ["x", "2"],
    "growth": {"_type": "Leaf", "amount": "1.5", "direction": "up"},
    "bird": None,
    "nest": None,
    "height": None,
}


@given(TREES)
def test_what_goes_through_the_journal_comes_back_equal(tree: Tree) -> None:
    data = CODEC.encode(tree)
    back = CODEC.decode("Tree", json.loads(canonical(data)))
    assert back == tree == CODEC.decode_json("Tree", canonical(data))
    assert type(back.growth) is type(tree.growth)
    assert CODEC.encode(back) == data


def test_the_data_is_plain_to_read() -> None:
    assert CODEC.encode(TREE) == TOLD
    assert CODEC.decode("Tree", TOLD) == TREE


def test_a_member_with_a_default_may_be_missing() -> None:
    told = {name: one for name, one in TOLD.items() if name not in ("bird", "nest", "height")}
    assert CODEC.decode("Tree", told) == TREE


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"number": "7"}, "number: expected int, found '7'"),
        ({"number": True}, "number: expected int, found True"),
        ({"number": 7.0}, "number: expected int, found 7.0"),
        ({"is_tall": 1}, "is_tall: expected bool"),
        ({"level": 2}, "level: expected one of LOW, HIGH, found 2"),
        ({"level": "MID"}, "level: expected one of LOW, HIGH"),
        ({"pair": ["x"]}, "pair: expected a list of 2"),
        ({"pair": "x2"}, "pair: expected a list of 2"),
        ({"pair": ["x", 2]}, "pair: expected a decimal as text"),
        ({"height": "1.0"}, "height: expected a decimal in its plain form"),
        ({"height": "1e3"}, "plain form"),
        ({"height": "NaN"}, "finite"),
        ({"height": "tall"}, "expected a decimal number"),
        ({"bird": 1}, "bird: expected str"),
        ({"growth": None}, "growth: expected one of Leaf, Twig under _type"),
        ({"growth": {"amount": "1", "direction": "up"}}, "under _type"),
        ({"growth": {"_type": "Bush"}}, "under _type"),
        ({"growth": {"_type": ["Leaf"]}}, "under _type"),
        ({"growth": {"_type": "Leaf", "amount": "1"}}, "missing member direction"),
        ({"growth": {"_type": "Twig", "name": "t", "leaves": {}}}, "leaves: expected a list"),
        ({"root": 1}, "Tree: unknown member root"),
    ],
)
def test_data_that_is_not_exactly_the_message_is_refused(
    change: dict[str, Any], problem: str
) -> None:
    with pytest.raises(CodecError, match=problem):
        CODEC.decode("Tree", {**TOLD, **change})
    with pytest.raises(CodecError, match=problem):
        CODEC.decode_json("Tree", json.dumps({**TOLD, **change}).encode())


def test_a_list_in_the_place_of_something_else_is_refused_in_json_too() -> None:
    with pytest.raises(CodecError, match=r"bird: expected str, found a list of 2"):
        CODEC.decode_json("Tree", canonical({**TOLD, "bird": [1, 2]}))


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"null", b"{", b"\xff", b'{"pair":' + b"[" * 100_000, b'{"bird":"\xff"}']
)
def test_text_that_is_no_json_object_is_refused(text: bytes) -> None:
    with pytest.raises(CodecError, match=r"Tree: "):
        CODEC.decode_json("Tree", text)


@pytest.mark.parametrize(
    "change",
    [
        {"number": 7.0},
        {"number": True},
        {"level": 1},
        {"pair": ["x", Money(Decimal(2))]},
        {"pair": ("x", 2)},
        {"pair": ("x", Money(Decimal("NaN")))},
        {"growth": TREE},
        {"bird": Direction.UP},
    ],
    ids=str,
)
def test_a_message_that_breaks_its_own_types_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(CodecError, match=r"Tree: .*expected"):
        CODEC.encode(evolve(TREE, **change))


def test_what_the_catalogue_does_not_hold_is_refused() -> None:
    with pytest.raises(CodecError, match="found Twig"):
        CODEC.encode(Twig("t"))
    with pytest.raises(CodecError, match="found 'Twig'"):
        CODEC.decode("Twig", {"name": "t"})


@frozen
class Weighs:
    weight: float


@frozen
class Holds:
    columns: np.ndarray[Any, Any]


@frozen
class Mixes:
    either: int | str


@frozen
class Wraps:
    inner: tuple[Weighs, ...]


@frozen
class Hides:
    secret: int = field(init=False, default=3)


class Loose(Enum):
    ONE = 1


@frozen
class Lists:
    names: list[str]


@pytest.mark.parametrize("kind", [Weighs, Holds, Mixes, Wraps, Hides, Lists])
def test_a_class_without_an_exact_form_is_refused_when_the_codec_is_made(kind: type) -> None:
    with pytest.raises(CodecError, match=r"\w+\.\w+: "):
        Codec({kind.__name__: kind})


def test_enums_without_text_values_go_by_name() -> None:
    @frozen
    class Note:
        loose: Loose

    codec = Codec({"Note": Note})
    assert codec.encode(Note(Loose.ONE)) == {"loose": "ONE"}
    assert codec.decode("Note", {"loose": "ONE"}) == Note(Loose.ONE)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Draw values of an annotated type, all decimals finite."""
    if kind is Decimal:
        return st.decimals(allow_nan=False, allow_infinity=False)
    if kind is str:
        return TEXT
    if isinstance(kind, NewType):
        return values(kind.__supertype__)
    if get_origin(kind) is tuple:
        item, *others = get_args(kind)
        if others == [...]:
            return st.lists(values(item), max_size=2).map(tuple)
        return st.tuples(*map(values, (item, *others)))
    if get_origin(kind) in (Union, UnionType):
        return st.one_of(*map(values, get_args(kind)))
    if attrs.has(kind):
        fields = attrs.fields(attrs.resolve_types(kind))
        return st.builds(kind, **{one.name: values(one.type) for one in fields})
    if kind is Scope:
        return st.sampled_from([GLOBAL, VENUE, ACTOR, Scope("product:A-B"), Scope("strategy:x")])
    return st.from_type(kind)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
@settings(max_examples=20)
@given(st.data())
def test_every_message_of_the_catalogue_survives_the_journal(
    name: str, data: st.DataObject
) -> None:
    message = data.draw(values(CATALOGUE[name]))
    codec = Codec(CATALOGUE)
    assert codec.name(message) == name
    told = canonical(codec.encode(message))
    assert codec.decode(name, json.loads(told)) == codec.decode_json(name, told) == message


@pytest.mark.parametrize("code", ["reconciling", "total_cap", "a_rule_of_long_ago"])
def test_a_refusal_by_a_rule_that_is_gone_can_be_read(code: str) -> None:
    refusal = {"reason": code, "observed": "1", "limit": "0"}
    data = {
        "purpose": "entry",
        "strategy": "breakout",
        "product": "BTC-USD",
        "side": "BUY",
        "refusals": [{**refusal, "cap_type": None, "current_pct": None, "proposed_pct": None}],
    }
    codec = Codec(CATALOGUE)

    read = codec.decode("ProposalRefused", data)

    assert read.refusals[0].reason == code
    # It was written before exits named their lot and what they were for, and entries their order.
    assert codec.encode(read) == {**data, "lot": "", "exit_reason": None, "wanted": None}
