"""Opaque cursors: where the next page begins."""

from __future__ import annotations

import base64
import binascii

from adapters.simulator.engine.wire import invalid

_MARK = b"at:"


def encode_cursor(position: int) -> str:
    """Return the cursor of a position (>= 0)."""
    return base64.urlsafe_b64encode(_MARK + str(position).encode()).decode()


def decode_cursor(cursor: str | None) -> int:
    """Return the position in a cursor, 0 where there is none.

    Raises:
        Refused: the cursor is none of ours.
    """
    if cursor is None:
        return 0
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise invalid("cursor is invalid") from error
    digits = raw.removeprefix(_MARK)
    if digits == raw or not digits.isdigit() or len(digits) > 18:
        raise invalid("cursor is invalid")
    return int(digits)
