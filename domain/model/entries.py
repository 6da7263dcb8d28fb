"""The reader's law: what can't be read is kept out by itself, and is never kept silent.

Everything that reads entries somebody else has written (lists, frames, files) reads them by
`read_each`. An odd entry costs nobody but itself; who asked gets it as `Unread`, with what it says
of its identity, and decides whether it may be one of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from attrs import field, frozen

from domain.model.errors import TradingError

E = TypeVar("E")
T = TypeVar("T")
LONGEST_TEXT = 100
"""Characters kept of what a stranger has written: it goes into logs, alerts and statuses."""


class NotOurs(TradingError):
    """An entry is understood and concerns us in nothing; the text says why, without values."""


class EntryKind(StrEnum):
    """What an entry is; the value completes "1 … is left out"."""

    ORDER = "order"
    FILL = "fill"
    WALLET = "wallet"
    PRODUCT = "product"
    CANDLE = "candle"
    QUOTE = "quote"
    CANCEL = "answer to a cancel"
    BOOK = "change of a book"
    TRADE = "trade"
    EVENT = "event of a stream"
    ANSWER = "answer"
    """A whole answer that is not the protocol: nothing of it can be read."""


def _short(text: str) -> str:
    return text[:LONGEST_TEXT]


@frozen(kw_only=True)
class Unread:
    """An entry that was kept out. `reason` tells what is wrong and holds no value of the entry.

    `name` is the product or currency, each identity "" where the entry does not say it.
    `is_foreign`: it could be read, and is nothing of ours.
    """

    kind: EntryKind
    reason: str = field(converter=_short)
    name: str = field(default="", converter=_short)
    order_id: str = ""
    client_order_id: str = ""
    is_foreign: bool = False


@frozen
class Entries(Generic[T]):
    """What was read, in the order of the source, and what was not."""

    read: tuple[T, ...] = ()
    unread: tuple[Unread, ...] = ()


def read_each(
    kind: EntryKind,
    entries: Iterable[E],
    read: Callable[[E], T | None],
    about: Callable[[E], Mapping[str, str]],
) -> Entries[T]:
    """Return each of `entries` by `read`, which raises what it likes; None: it is not for us.

    `about` returns identities of an entry by the names that they have in `Unread`.
    """
    found: list[T] = []
    unread: list[Unread] = []
    for entry in entries:
        try:
            value = read(entry)
        except Exception as error:  # noqa: BLE001 - whatever the entry did to us, it is one entry
            foreign = isinstance(error, NotOurs)
            said = _identity(entry, about)
            unread.append(Unread(kind=kind, reason=reason_of(error), is_foreign=foreign, **said))
        else:
            if value is not None:
                found.append(value)
    return Entries(tuple(found), tuple(unread))


def reason_of(error: Exception) -> str:
    """Return what is wrong, without the value: the same for every entry that has this fault."""
    if not isinstance(error, TradingError):
        return f"not understood: {type(error).__name__}"
    return str(error).partition(", was ")[0]


def _identity(entry: E, about: Callable[[E], Mapping[str, str]]) -> Mapping[str, str]:
    try:
        return about(entry)
    except Exception:  # noqa: BLE001 - an entry may hide what it is, too
        return {}
