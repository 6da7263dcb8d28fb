"""The signal file that stops everything, for operators, scripts and the trader.

Anyone may create it by any means, empty or with words in it; the word `all` also ends protective
orders. Our own command writes JSON, where that is a member of its own and a reason may contain
every word. Here, and nowhere else, the file becomes a `KillOrder`.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from pathlib import Path

from attrs import evolve

from adapters.control.files import parse_json, read_text, write_json
from domain.model.instants import iso
from domain.model.kill import KillOrder

FILE = "KILL_SWITCH"
LONGEST_REASON = 500
"""Letters of a reason that are kept: whatever the file holds goes into journal and alerts."""
_ALL = re.compile(r"\ball\b", re.IGNORECASE)


def by_signal() -> KillOrder:
    """Return the order that SIGUSR1 stands for."""
    return KillOrder("SIGUSR1", at=iso(time.time_ns()))


def write_kill(data_dir: Path, order: KillOrder) -> None:
    """Create or replace the signal file, safe against power loss.

    Raises:
        OSError: it could not be written.
    """
    card = {"reason": order.reason, "at": order.at, "all": order.includes_exits}
    write_json(data_dir / FILE, card, is_durable=True)


def read_kill(data_dir: Path) -> KillOrder | None:
    """Return what the signal file says; None only if it is provably absent."""
    try:
        text = read_text(data_dir / FILE, errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        return KillOrder(f"signal file that cannot be read ({error.strerror})")
    return _understood(text)


def _understood(text: str) -> KillOrder:
    card = parse_json(text)
    if card is not None and card.keys() & {"reason", "all"}:
        reason, at = (_readable(str(card.get(name, ""))) for name in ("reason", "at"))
        return KillOrder(reason, bool(card.get("all")), at)
    return KillOrder(_readable(text), bool(_ALL.search(text)))


def _readable(text: str) -> str:
    """Return words of anybody in one line that can be shown and kept."""
    shown = "".join(one if one.isprintable() else " " for one in text)
    words = " ".join(shown.split())
    return words if len(words) <= LONGEST_REASON else f"{words[:LONGEST_REASON]}…"


def remove_kill(data_dir: Path) -> bool:
    """Remove the signal file; tell whether there was one.

    Raises:
        OSError: it is there and cannot be removed.
    """
    try:
        (data_dir / FILE).unlink()
    except FileNotFoundError:
        return False
    return True


def touch_kill(data_dir: Path) -> None:
    """Have a signal file that is there count as written now: it stops a liquidation too.

    Raises:
        OSError: it could not be touched.
    """
    os.utime(data_dir / FILE)


def strongest_kill(folders: Iterable[Path], since_s: float | None = None) -> KillOrder | None:
    """Return what the signal files in `folders` say together; None only if all are absent.

    The first that is there gives the reason; protective orders end if any of them says so. Files
    of before `since_s` (UTC wall seconds) do not count: of a liquidation that a person began under
    them.
    """
    counting = (each for each in folders if not _is_older(each, since_s))
    found = [order for order in map(read_kill, counting) if order is not None]
    if not found:
        return None
    return evolve(found[0], includes_exits=any(each.includes_exits for each in found))


def _is_older(data_dir: Path, since_s: float | None) -> bool:
    """Tell whether a signal file is provably older than that."""
    if since_s is None:
        return False
    try:
        return (data_dir / FILE).stat().st_mtime < since_s
    except OSError:
        return False  # absent, or it can't be seen: that is for the reader to say


class FileHaltSignal:
    """The signal files as the kill switch and the last gate read them."""

    def __init__(self, *folders: Path, since_s: float | None = None) -> None:
        """`folders`: each may hold a signal file that counts, if it is not older than `since_s`."""
        self._folders = folders
        self._since_s = since_s

    def read(self) -> KillOrder | None:
        """Return what the files say; None only if all are provably absent."""
        return strongest_kill(self._folders, self._since_s)
