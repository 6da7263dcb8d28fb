"""The run that is rehearsed: a trader in a process of its own, watched until its end.

One that an earlier rehearsal has left running is watched further instead of being started twice.
"""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from attrs import field, frozen, mutable

from adapters.control.files import read_json
from adapters.control.instances import STATUS, holder, is_running
from adapters.telemetry.memory import resident_bytes_of
from app.command_line.options import ROOT
from app.rehearsal.state import MemorySample, RehearsalFolder
from app.run.recovery import JOURNAL
from app.status.members import Members
from domain.model.instants import SECOND, parse_iso

LOG = "run.log"
POLL_S, SAMPLE_S = 0.5, 10.0
FIRST_SAMPLES_S = 1.0
FIRST_SAMPLES = 30
"""So many samples come sooner: a run in virtual time may be over within a minute."""
CYCLE = b'"type":"RoundJudged"'
AT = re.compile(rb'"at":"([^"]+)"')


@frozen
class RunView:
    """How a run stands: cycles decided in the rehearsal, equity as text, memory in bytes."""

    cycles: int
    equity: str
    resident: int | None


Show = Callable[[RunView], None]


@mutable
class CycleCount:
    """Counts cycles in the segments of a journal as they grow, those in `base` included.

    Of several within one interval one counts.
    """

    journal: Path
    base: int
    known: frozenset[str]
    interval_ns: int
    _read: dict[str, int] = field(factory=dict)
    _slots: set[int] = field(factory=set)

    def look(self) -> int:
        """Return how many there are by now."""
        for segment in sorted(self.journal.glob("*.jsonl")):
            if segment.name in self.known:
                continue
            with contextlib.suppress(OSError), segment.open("rb") as file:
                file.seek(self._read.get(segment.name, 0))
                text = file.read()
                whole = text[: text.rfind(b"\n") + 1]
                self._slots.update(self._slots_in(whole))
                self._read[segment.name] = self._read.get(segment.name, 0) + len(whole)
        return self.base + len(self._slots)

    def _slots_in(self, text: bytes) -> Iterator[int]:
        for line in text.splitlines():
            if CYCLE in line and (at := AT.search(line)) is not None:
                with contextlib.suppress(ValueError):
                    yield parse_iso(at[1].decode("latin-1")) // self.interval_ns


class RehearsedRun:
    """The trader of a rehearsal in the mode's folder."""

    def __init__(
        self, mode_folder: Path, folder: RehearsalFolder, cycles: int, interval_ns: int
    ) -> None:
        """`cycles` were decided before; one is due every `interval_ns`."""
        self._mode_folder = mode_folder
        self._folder = folder
        journal = mode_folder / JOURNAL
        known = frozenset(each.name for each in journal.glob("*.jsonl"))
        self._cycles = CycleCount(journal, cycles, known, interval_ns)
        self._samples = 0
        self._sampled_s = 0.0

    @property
    def log(self) -> Path:
        """Where it says what a trader says."""
        return self._folder.path / LOG

    @property
    def is_alive(self) -> bool:
        """Tell whether a trader runs there already."""
        return is_running(self._mode_folder)

    def start(self, words: Sequence[str], show: Show) -> int:
        """Run it with these options until it ends; return its exit code.

        Ctrl-C is passed on, and its orderly end awaited.
        """
        with self.log.open("ab") as said:
            child = subprocess.Popen(
                [sys.executable, str(ROOT / "run.py"), *words],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,  # Ctrl-C reaches it once, and by us
            )
        with _passing_on(child):
            self._watch(lambda: child.poll() is None, show)
            return child.wait()

    def attach(self, show: Show) -> None:
        """Watch the trader that runs there until its end."""
        self._watch(lambda: self.is_alive, show)

    def _watch(self, is_alive: Callable[[], bool], show: Show) -> None:
        while is_alive():
            show(self._look())
            time.sleep(POLL_S)  # between two looks at another process
        show(self._look())

    def _look(self) -> RunView:
        found = holder(self._mode_folder)
        resident = None if found is None else resident_bytes_of(found.pid)
        self._sample(resident)
        status = Members(read_json(self._mode_folder / STATUS) or {})
        return RunView(self._cycles.look(), status.text("equity"), resident)

    def _sample(self, resident: int | None) -> None:
        every_s = FIRST_SAMPLES_S if self._samples < FIRST_SAMPLES else SAMPLE_S
        if resident is None or time.monotonic() - self._sampled_s < every_s:
            return
        self._sampled_s = time.monotonic()
        self._samples += 1
        with contextlib.suppress(OSError):  # a sample less
            self._folder.sample(MemorySample(time.time_ns(), resident))


@contextlib.contextmanager
def _passing_on(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Pass signals that end us on to the child: it ends in its order, and so do we."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def pass_on(number: int, _: object) -> None:
        if child.poll() is None:
            child.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def seconds(length_ns: int) -> str:
    """Return a length as `--duration` takes it, not shorter than it is."""
    return f"{-(-length_ns // SECOND)}s"
