"""The signal file that stops everything, for operators, scripts and the trader.

Anyone may create it by any means, empty or with words in it; the word `all` also ends protective
orders. Our own command writes JSON, so that a reason may contain that word without meaning it.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from attrs import frozen

from adapters.control.files import write_json
from domain.model.instants import iso

FILE = "KILL_SWITCH"
_ALL = re.compile(r"\ball\b", re.IGNORECASE)


@frozen
class KillOrder:
    """What the signal file says: why, since when (in words, maybe unknown), and how far."""

    reason: str
    at: str = ""
    is_all: bool = False


def by_signal() -> KillOrder:
    """Return the order that SIGUSR1 stands for."""
    return KillOrder("SIGUSR1", iso(time.time_ns()))


def write_kill(data_dir: Path, order: KillOrder) -> None:
    """Create or replace the signal file, safe against power loss.

    Raises:
        OSError: it could not be written.
    """
    card = {"reason": order.reason, "at": order.at, "all": order.is_all}
    write_json(data_dir / FILE, card, is_durable=True)


def read_kill(data_dir: Path) -> KillOrder | None:
    """Return what the signal file says; None only if it is provably absent."""
    try:
        text = (data_dir / FILE).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        return KillOrder(f"signal file that cannot be read ({error.strerror})")
    return _understood(text)


def _understood(text: str) -> KillOrder:
    try:
        card = json.loads(text)
    except ValueError:
        card = None
    if isinstance(card, dict) and "reason" in card:
        return KillOrder(str(card["reason"]), str(card.get("at", "")), bool(card.get("all")))
    return KillOrder(" ".join(text.split()), is_all=bool(_ALL.search(text)))


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
    """The signal file as the kill switch reads it."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def read(self) -> str | None:
        """Return None only if the file is provably absent, else its reason.

        The bare word `all` stands in the text only when protective orders shall end too.
        """
        order = read_kill(self._data_dir)
        if order is None:
            return None
        if not order.is_all:
            return _ALL.sub(lambda match: f'"{match.group()}"', order.reason)
        return f"{order.reason} all".strip()
