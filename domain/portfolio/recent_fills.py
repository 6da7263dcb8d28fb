"""Which fills are in the books already: bounded, and one more costs the same however many."""

from __future__ import annotations

from attrs import frozen

PAGE, PAGES = 256, 96
"""A fill can come twice only while it waits in an inbox: the books were rebuilt from a journal that
holds it. An inbox and what is kept for a dead actor hold 10,000 messages each, so of more than the
last 24,000 fills none can come again; one that came with an order of its own is refused there."""


@frozen
class RecentFills:
    """The entry ids of the newest fills, in pages: adding one copies a page, never all."""

    pages: tuple[frozenset[str], ...] = (frozenset(),)

    def __contains__(self, entry_id: object) -> bool:
        return any(entry_id in page for page in self.pages)

    def __len__(self) -> int:
        return sum(map(len, self.pages))

    def and_also(self, entry_id: str) -> RecentFills:
        """Return these and one more; the oldest page goes when there are too many."""
        *full, last = self.pages
        if len(last) < PAGE:
            return RecentFills((*full, last | {entry_id}))
        return RecentFills((*full, last, frozenset((entry_id,)))[-PAGES:])
