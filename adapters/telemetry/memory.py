"""How much memory this process uses."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

_PROC = Path("/proc")
_PAGE = resource.getpagesize()
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


def resident_bytes_of(pid: int) -> int | None:
    """Return the resident set of another process in bytes; None: it is gone, or not told here."""
    try:
        return _told(str(pid))
    except (OSError, ValueError, IndexError):
        return None


def _told(process: str) -> int:
    return int((_PROC / process / "statm").read_text(encoding="ascii").split()[1]) * _PAGE


def resident_bytes() -> int:
    """Return the resident set in bytes; where the system does not tell, the largest it ever was.

    Source: proc(5), statm, second field; getrusage(2), ru_maxrss.
    """
    try:
        return _told("self")
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT
