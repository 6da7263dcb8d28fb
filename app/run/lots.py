"""What is owned, in texts for the journal and the last line, and what protects it."""

from __future__ import annotations

from collections.abc import Mapping

from actors.reporting.rows import is_protected_at_venue
from app.run.opening import positions_of
from domain.system.recovery import Recovered

Status = Mapping[str, object]
Texts = tuple[str, ...]


def lots_of(status: Status, recovered: Recovered) -> Texts:
    """Return what is owned: by the status, or by the journal where nobody valued it yet."""
    if not _is_valued(status):
        return recovered.owned
    return tuple(map(_text, positions_of(status)))


def missing_of(status: Status) -> Texts:
    """Return the lots of which the venue holds nothing any more."""
    gone = (each for each in positions_of(status) if each.get("missing") == each["quantity"])
    return tuple(map(_text, gone))


def protection_of(status: Status, recovered: Recovered) -> tuple[Texts, Texts]:
    """Return what of it an order at the venue protects, also while nothing runs, and what none."""
    if not _is_valued(status):
        return recovered.protection
    rows = [(_text(each), _is_at_venue(each)) for each in positions_of(status)]
    protected = tuple(lot for lot, is_there in rows if is_there)
    return protected, tuple(lot for lot, is_there in rows if not is_there)


def _is_valued(status: Status) -> bool:
    return bool(status.get("positions")) or status.get("equity") is not None


def _is_at_venue(position: Mapping[str, object]) -> bool:
    return is_protected_at_venue(str(position.get("protected_at")))


def _text(position: Mapping[str, object]) -> str:
    missing = position.get("missing", "0")
    rest = "" if missing == "0" else f" ({missing} missing)"
    return f"{position['product']} {position['quantity']}{rest}"
