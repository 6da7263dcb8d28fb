"""What a rehearsal keeps in the data folder: what was asked for, and samples of memory.

Everything else that is told of it comes from journals and alerts, so a process that dies loses
nothing but the samples that it would have taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from adapters.control.files import read_json, write_json
from domain.model.instants import SECOND
from domain.rehearsal.judge import RehearsalPlan

FOLDER = "rehearsal"
"""Name of the folder beside the journal of the mode."""
STATE, SAMPLES, DRILLS = "rehearsal.json", "samples.jsonl", "drills"
VIRTUAL = "max"


@frozen(kw_only=True)
class RehearsalState:
    """What was asked for. `begun` is UTC wall time; what stands in the journal up to `after_seq`
    was there before.

    `words` are the options of the start as typed, `speed` is like its option.
    """

    begun: str
    after_seq: int
    length_ns: int
    interval_ns: int
    speed: str
    config_hash: str
    words: tuple[str, ...]

    @property
    def plan(self) -> RehearsalPlan:
        """Return what the judge wants to know of it."""
        speed = None if self.speed == VIRTUAL else Decimal(self.speed)
        return RehearsalPlan(length_ns=self.length_ns, interval_ns=self.interval_ns, speed=speed)


@frozen
class MemorySample:
    """How much memory the trader had at a time (UTC wall time), in bytes."""

    wall_ns: int
    resident: int


class RehearsalFolder:
    """The folder of a rehearsal in that of the mode."""

    def __init__(self, mode_folder: Path) -> None:
        self.path = mode_folder / FOLDER

    @property
    def drills(self) -> Path:
        """Where drills play and leave what they fired."""
        return self.path / DRILLS

    def read(self) -> RehearsalState | None:
        """Return what was asked for, None where nothing readable says so."""
        card = read_json(self.path / STATE)
        try:
            return None if card is None else _state(card)
        except (ArithmeticError, KeyError, TypeError, ValueError):
            return None

    def write(self, state: RehearsalState) -> None:
        """Keep what is asked for.

        Raises:
            OSError: it can't be written.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        write_json(self.path / STATE, {**asdict(state), "words": list(state.words)})

    def put_aside(self) -> None:
        """Begin anew: what an earlier rehearsal has left goes out of the way, and is kept.

        Raises:
            OSError: it can't be moved.
        """
        if not self.path.exists():
            return
        number = 1
        while (aside := self.path.with_name(f"{FOLDER}-{number}")).exists():
            number += 1
        self.path.rename(aside)

    def sample(self, sample: MemorySample) -> None:
        """Keep a sample.

        Raises:
            OSError: it can't be written.
        """
        line = json.dumps({"wall_ns": sample.wall_ns, "resident": sample.resident})
        with (self.path / SAMPLES).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def samples(self) -> tuple[MemorySample, ...]:
        """Return every sample that can be read; a line cut off by a crash is passed over."""
        try:
            lines = (self.path / SAMPLES).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ()
        return tuple(_samples(lines))


def _samples(lines: Sequence[str]) -> Iterator[MemorySample]:
    for line in lines:
        try:
            card = json.loads(line)
            wall_ns, resident = card["wall_ns"], card["resident"]
        except (KeyError, TypeError, ValueError):
            continue
        if type(wall_ns) is int and type(resident) is int and resident > 0:
            yield MemorySample(wall_ns, resident)


def _state(card: dict[str, Any]) -> RehearsalState:
    words = card["words"]
    if not isinstance(words, list):
        raise TypeError("words")
    state = RehearsalState(
        begun=str(card["begun"]),
        after_seq=_whole(card["after_seq"], least=0),
        length_ns=_whole(card["length_ns"], least=SECOND),
        interval_ns=_whole(card["interval_ns"], least=1),
        speed=str(card["speed"]),
        config_hash=str(card["config_hash"]),
        words=tuple(map(str, words)),
    )
    if state.plan.speed is not None and not state.plan.speed.is_finite():
        raise ValueError("speed")
    return state


def _whole(value: object, *, least: int) -> int:
    if type(value) is not int or value < least:
        raise ValueError(f"expected a whole number from {least}, was {value!r}")
    return value
