"""What a rehearsal leaves on disk: journal, state, samples and what its drills have fired."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import evolve

from adapters.control.files import write_json
from adapters.journal.segments import open_journal
from app.rehearsal.collecting import rows_of
from app.rehearsal.drill_run import CARD, FIRED
from app.rehearsal.state import MemorySample, RehearsalFolder, RehearsalState
from app.run.recovery import CODEC, JOURNAL
from config.effective import Config
from domain.messages.journal import RunStarted, RunStopped
from domain.messages.supervision import BootCompleted
from domain.model.instants import DAY, MINUTE, iso
from domain.model.money import Amount, Rate
from domain.rehearsal.coverage import CoverageRow
from tests.builders.rehearsals import DAY_CYCLES, a_round

BOOT = BootCompleted((), Rate(Decimal("0.006")), Rate(Decimal("0.012")), True)


def a_state(config: Config, begun_ns: int, words: Sequence[str] = (), **changes: Any) -> Any:
    """Return the state of a rehearsal of a day in real time."""
    state = RehearsalState(
        begun=iso(begun_ns),
        after_seq=0,
        length_ns=DAY,
        interval_ns=MINUTE,
        speed="1",
        config_hash=config.config_hash,
        words=tuple(words),
    )
    return evolve(state, **changes)


def write_day(
    mode_folder: Path,
    config: Config,
    begun_ns: int,
    *,
    venue: str = "coinbase",
    cycles: int = DAY_CYCLES,
    length_ns: int = DAY,
    more: Iterable[object] = (),
) -> None:
    """Write the journal of a run that began then (market and UTC wall time), a cycle a minute."""
    now = [begun_ns]
    started = RunStarted("paper", venue, "world", config.config_hash, config.policy_hash, 1)
    writer, _ = open_journal(
        mode_folder / JOURNAL,
        CODEC.encode(started),
        at_ns=begun_ns,
        config=config.config_hash,
        wall=lambda: now[0],
    )

    def add(message: object, at_ns: int) -> None:
        now[0] = at_ns
        writer.append(CODEC.name(message), CODEC.encode(message), at_ns=at_ns)

    add(BOOT, begun_ns)
    for number in range(cycles):
        round_ = evolve(a_round(cycle=number + 1), nlv=Amount(Decimal(10_000 + number % 7)))
        add(round_, begun_ns + number * MINUTE)
    for message in more:
        add(message, begun_ns + length_ns)
    add(RunStopped("duration", cycles, 0, 0, True), begun_ns + length_ns)
    writer.close()


def write_fired(own: RehearsalFolder, config: Config, *, drill: str, but: str = "") -> None:
    """Let a drill have fired every row, except the one of that name."""
    rows = [each for each in rows_of(config) if each.name != but]
    folder = own.drills / drill
    folder.mkdir(parents=True)
    write_json(folder / CARD, {"hash": config.config_hash})
    write_json(folder / FIRED, {"codes": [0], "rows": [_card(row) for row in rows]})


def _card(row: CoverageRow) -> dict[str, object]:
    told = {"mark": "record 1", "count": 1, "by_hand": False}
    return {"kind": row.kind.value, "name": row.name, **told}


def write_rehearsal(
    mode_folder: Path,
    config: Config,
    begun_ns: int,
    words: Sequence[str] = (),
    *,
    but: str = "",
    peak: int = 200_000_000,
    state: Any = None,
    **day: Any,
) -> RehearsalState:
    """Write all that a rehearsal which went well has left; return its state."""
    own = RehearsalFolder(mode_folder)
    kept: RehearsalState = state or a_state(config, begun_ns, words)
    write_day(mode_folder, config, begun_ns, **day)
    own.write(kept)
    own.sample(MemorySample(begun_ns, peak))
    write_fired(own, config, drill="sales", but=but)
    return kept
