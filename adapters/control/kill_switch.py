"""The signal file that stops everything, for operators, scripts and the trader.

Anyone may create it by any means, empty or with words in it; the word `all` also ends protective
orders. Our own command writes JSON, where that is a member of its own and a reason may contain
every word. Here, and nowhere else, the file becomes a `KillOrder`.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

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
        reason, at = str(card.get("reason", "")), str(card.get("at", ""))
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


class FileHaltSignal:
    """The signal file as the kill switch and the last gate read it."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def read(self) -> KillOrder | None:
        """Return what the file says; None only if it is provably absent."""
        return read_kill(self._data_dir)
