"""The courier as a process: its settings are the first line of standard input.

That stays open as long as its trader lives. One courier at a time works for a folder: a second one
waits for the lock, which the end of the first gives back, however it ended.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys

from filelock import FileLock, Timeout

from adapters.courier.courier import FAREWELL, Courier, Hung
from adapters.courier.settings import read_settings

LOCK = "courier.lock"
BEAT = b"."
AGAIN_S = 0.2
EXIT_OK, EXIT_HUNG = 0, 1


def main() -> int:
    """Read the settings, wait for the lock, and carry alerts until the end."""
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGHUP):  # of a terminal: meant for the trader
        signal.signal(number, signal.SIG_IGN)
    pipe = sys.stdin.fileno()
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(pipe, 1)
        if not byte:
            return EXIT_OK  # the trader was gone before it had told anything
        line += byte
    settings = read_settings(line)
    os.set_blocking(sys.stdout.fileno(), False)
    lock = FileLock(settings.mode_folder / LOCK)
    while not _is_held(lock):
        _beat()
        readable, _, _ = select.select([pipe], [], [], AGAIN_S)
        if readable and os.read(pipe, 4096) in (b"", FAREWELL):
            return EXIT_OK  # whoever holds it delivers what is written
    try:
        Courier(settings, pipe, _beat).run()
    except Hung:
        os._exit(EXIT_HUNG)  # its thread can't be ended otherwise
    lock.release()
    return EXIT_OK


def _beat() -> None:
    # A trader that was stopped reads nothing until the pipe is full, one that has died never.
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), BEAT)


def _is_held(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
