"""Each entry is read by itself; what can't be read says why, without its value."""

from __future__ import annotations

import pytest

from domain.model.entries import LONGEST_TEXT, EntryKind, NotOurs, Unread, read_each
from domain.model.errors import InvalidNumber, ProtocolBroken

pytestmark = pytest.mark.req("E2")


def by_size(entry: object) -> int | None:
    if entry == "foreign":
        raise NotOurs("of no concern")
    if entry == "odd":
        raise ProtocolBroken("size: expected a number, was 'odd'")
    if entry == "fatal":
        raise ArithmeticError("fatal")
    return None if entry == "nothing" else len(str(entry))


def about(entry: object) -> dict[str, str]:
    if entry == "fatal":
        raise InvalidNumber("who knows")
    return {"name": str(entry)}


def test_what_cannot_be_read_costs_no_other_entry_whatever_it_raises() -> None:
    entries = ["a", "odd", "bb", "fatal", "nothing", "foreign", "ccc"]

    found = read_each(EntryKind.ORDER, entries, by_size, about)

    assert found.read == (1, 2, 3)
    assert found.unread == (
        Unread(kind=EntryKind.ORDER, reason="size: expected a number", name="odd"),
        Unread(kind=EntryKind.ORDER, reason="not understood: ArithmeticError"),
        Unread(kind=EntryKind.ORDER, reason="of no concern", name="foreign", is_foreign=True),
    )


def test_what_a_stranger_writes_is_kept_short() -> None:
    unread = Unread(kind=EntryKind.ORDER, reason="r" * 999, name="n" * 999)

    assert (len(unread.reason), len(unread.name)) == (LONGEST_TEXT, LONGEST_TEXT)
