"""What live trading owns, for whoever goes back to paper: nobody would watch it there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from app.run.folding import fold_journal
from app.run.recovery import JOURNAL
from config.mode import Mode
from domain.model.errors import JournalError

FLAG = "--leave-live-positions"
SELL = "python run.py liquidate --emergency --env live"
VERIFY = "python run.py audit verify --env live"
NAMED = 5


def owned_live(homes: Iterable[Path]) -> tuple[str, ...]:
    """Return in sentences why paper may not start: what the live journals in `homes` own, or that
    one can't be trusted. None: it may.

    Raises:
        OSError: one can't be read.
    """
    return tuple(told for home in homes if (told := _told(home / Mode.LIVE.value)) is not None)


def _told(folder: Path) -> str | None:
    journal = folder / JOURNAL
    try:
        if not any(journal.glob("*.jsonl")):
            return None
        known = fold_journal(journal, "").fold.result()
    except JournalError as error:
        return (
            f"live positions: what live trading owns is not known: {error}; look: {VERIFY}; or"
            f" leave it as it is with {FLAG}"
        )
    if not known.owned and not known.has_unsettled:
        return None
    more = [f"and {len(known.owned) - NAMED} more"] if len(known.owned) > NAMED else []
    owned = ", ".join([*known.owned[:NAMED], *more]) or "an order of which the end is not known"
    return (
        f"live positions: live trading owns {owned}, and a paper run watches none of it; sell"
        f" first: {SELL}; or leave it, with nothing but its orders at the venue, with {FLAG}"
    )
