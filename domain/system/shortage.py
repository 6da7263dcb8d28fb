"""Shortage is no bug: what fails for want of threads, files, memory or room works again later."""

from __future__ import annotations

import errno

NUMBERS = frozenset(
    (errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT)
)
NO_THREAD = "can't start new thread"
"""What Python says when the system gives it no more threads."""


def is_shortage(error: BaseException | None) -> bool:
    """Tell whether `error`, or what it was raised from, says that something has run out."""
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        if isinstance(error, OSError) and error.errno in NUMBERS:
            return True
        if isinstance(error, RuntimeError) and NO_THREAD in str(error):
            return True
        error = error.__cause__
    return False
