"""Plays drills in processes of their own, two at a time, and reads what they have left."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from attrs import frozen

from adapters.control.files import read_json, write_json
from app.rehearsal.drill import RehearsalDrill
from app.rehearsal.drill_run import CARD, FIRED
from app.run.child import CleanChildren, last_words
from domain.rehearsal.coverage import CoverageRow, Fired, RowEvidence, RowKind

AT_ONCE = 2
LIMIT_S = 600
SAID = "said"


@frozen
class DrillOutcome:
    """What a drill has fired, or why it has left nothing."""

    name: str
    fired: tuple[tuple[CoverageRow, RowEvidence, int], ...]
    error: str = ""


class Drilling:
    """Plays drills below `home`, by the rehearsed configuration."""

    def __init__(self, home: Path, config: Path, sets: Sequence[str], hash_: str) -> None:
        """`hash_` is that of the configuration: what was played by another is played anew."""
        self._home = home
        self._told = {"config": str(config.absolute()), "sets": list(sets), "hash": hash_}
        self._children = CleanChildren()

    def play(
        self,
        drills: Iterable[RehearsalDrill],
        missing: Iterable[CoverageRow],
        hear: Callable[[str], None],
    ) -> list[DrillOutcome]:
        """Return what comes of drills; `hear` is told the name of each that is over.

        What was played before, to its end, is only read.
        """
        rows = [[row.kind.value, row.name] for row in missing]
        self._children = CleanChildren()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            begun = [pool.submit(self._played, each, rows, hear) for each in drills]
            try:
                return [each.result() for each in begun]
            finally:
                self._children.end()

    def _played(
        self, drill: RehearsalDrill, missing: list[list[str]], hear: Callable[[str], None]
    ) -> DrillOutcome:
        folder = self._home / drill.name
        card = {**self._told, "name": drill.name, "missing": missing}
        if read_json(folder / CARD) == card and (folder / FIRED).exists():
            hear(drill.name)
            return read_outcome(folder)
        if self._children.is_over:
            return DrillOutcome(drill.name, (), "it was not begun")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write_json(folder / CARD, card)
        code = self._children.run(("app.rehearsal.drill_run", str(folder)), folder / SAID, LIMIT_S)
        hear(drill.name)
        if code is None:
            return DrillOutcome(drill.name, (), f"no end within {LIMIT_S} s")
        return read_outcome(folder, code)


def read_outcome(folder: Path, code: int = 0) -> DrillOutcome:
    """Return what the drill in `folder` has left; `code` is how its process ended."""
    card = read_json(folder / FIRED)
    try:
        if card is None:
            raise ValueError("nothing")
        return DrillOutcome(folder.name, tuple(_fired(folder.name, each) for each in card["rows"]))
    except (KeyError, TypeError, ValueError):
        return DrillOutcome(
            folder.name, (), f"its process ended with {code}: {last_words(folder / SAID)}"
        )


def _fired(drill: str, card: dict[str, Any]) -> tuple[CoverageRow, RowEvidence, int]:
    how = Fired.BY_HAND if card["by_hand"] is True else Fired.DRILL
    row = CoverageRow(RowKind(card["kind"]), str(card["name"]))
    return row, RowEvidence(how, f"drill {drill}", str(card["mark"])), int(card["count"])
