"""Write docs/first-two-minutes.md: what a terminal of 80 and of 120 columns shows of a first run.

Virtual time makes the same of it every time. `--check` writes nothing and ends with 1 when the
committed page has another shape: other words or lines; values may differ.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from scripts.pages import ROOT, write_or_check

PAGE = Path("docs/first-two-minutes.md")
WIDTHS = (80, 120)
RUN = ("--env", "paper", "--speed", "max", "--duration", "2m", "--seed", "1")
INTRO = """# The first two minutes

Made by `python -m scripts.first_minutes`; do not edit.

What a terminal shows of the first two minutes of a new paper account, colours left out. It was
recorded in virtual time (`--speed max`), which leaves the same every time; at speed 1 the lines
begin with the time of day. READY and STOPPED are for programs and stand on standard output, the
rest is on standard error. With `--plain` there are neither colours nor symbols, with `--quiet`
only warnings and worse.
"""
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def record(columns: int, *arguments: str) -> str:
    """Return what a terminal of `columns` shows of a run in a new folder, without colours."""
    with tempfile.TemporaryDirectory() as home:
        folders = ("--data-dir", f"{home}/data", "--log-dir", f"{home}/logs")
        text = watch([sys.executable, "run.py", *RUN, *folders, *arguments], columns)
    text = _ESCAPES.sub("", text).replace("\r\n", "\n")
    # The folders are those of a moment; what is shown are the usual ones.
    usual = rf"\s+--(?:data|log)-dir\s+{home}/(?:data|logs)\b"
    text = re.sub(usual, "", text).replace(f"{home}/", "")
    # Without them the command fits behind its label, as it does for everybody.
    return re.sub(r"(?m)^(  [a-z]+(?: [a-z]+)?)\n +(?=python run\.py)", _behind, text)


def _behind(label: re.Match[str]) -> str:
    return f"{label[1]:<13}"


def watch(command: list[str], columns: int) -> str:
    """Return all that `command` writes to a terminal of `columns`."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8"}
    for name in ("COLUMNS", "LINES"):
        environment.pop(name, None)
    with subprocess.Popen(
        command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ):
        os.close(theirs)
        return _read(ours).decode("utf-8")


def _read(terminal: int) -> bytes:
    found = b""
    while True:
        try:
            part = os.read(terminal, 1 << 16)
        except OSError:  # the other end is closed: that is how a terminal tells it
            part = b""
        if not part:
            os.close(terminal)
            return found
        found += part


def shape(text: str) -> str:
    """Return `text` without what may differ between two recordings: values and breaks of lines."""
    words = re.sub(r"\b[0-9a-f]{16}\b", "HASH", text)
    return " ".join(re.sub(r"[−+]?\d[\d,.]*", "N", words).split())


def render() -> str:
    """Return the page."""
    shown = ((columns, record(columns).strip()) for columns in WIDTHS)
    return INTRO + "".join(f"\n## {each} columns\n\n```\n{text}\n```\n" for each, text in shown)


def main(arguments: list[str]) -> int:
    """Write the page, or compare its shape; return the exit code."""
    text = render()
    if "--check" in arguments and shape((ROOT / PAGE).read_text(encoding="utf-8")) == shape(text):
        return 0
    return write_or_check(PAGE, text, "scripts.first_minutes", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
