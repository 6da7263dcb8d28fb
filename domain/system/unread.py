"""How often which kind of entry could not be read: counted each time, told once."""

from __future__ import annotations

from collections.abc import Iterable

from domain.messages.venue import EntriesUnread
from domain.model.entries import EntryKind, Unread

MOST_REASONS = 50
"""Reasons told apart, of each kind. They come from our own texts, but names of members do not."""
OTHER_REASONS = "for yet another reason"
NAMES_TOLD = 5


class UnreadTally:
    """Counts what was kept out, by kind and reason."""

    def __init__(self) -> None:
        self._counts: dict[EntryKind, dict[str, int]] = {}

    def count(self, unread: Iterable[Unread]) -> tuple[EntriesUnread, ...]:
        """Count these; return the news of each kind and reason among them."""
        found: dict[tuple[EntryKind, str], list[Unread]] = {}
        for each in unread:
            counts = self._counts.setdefault(each.kind, {})
            is_known = each.reason in counts or len(counts) < MOST_REASONS
            reason = each.reason if is_known else OTHER_REASONS
            counts[reason] = counts.get(reason, 0) + 1
            found.setdefault((each.kind, reason), []).append(each)
        return tuple(
            EntriesUnread(kind, reason, _names(entries), len(entries), self._counts[kind][reason])
            for (kind, reason), entries in found.items()
        )


def is_first(news: EntriesUnread) -> bool:
    """Tell whether nothing of the kind has been left out for this reason before."""
    return news.count == news.fresh


def sentence(news: EntriesUnread) -> str:
    """Return what people are told."""
    what = f"1 {news.kind} is" if news.fresh == 1 else f"{news.fresh} of kind {news.kind} are"
    names = f" ({', '.join(news.names)})" if news.names else ""
    return f"{what} left out{names}: {news.reason}"


def _names(entries: list[Unread]) -> tuple[str, ...]:
    named = (each.client_order_id or each.order_id or each.name for each in entries)
    return tuple(dict.fromkeys(name for name in named if name))[:NAMES_TOLD]
