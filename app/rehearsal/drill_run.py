"""One drill in a process of its own, on folders of its own, and what it has fired.

Usage: python -m app.rehearsal.drill_run FOLDER, which holds `drill.json`; the outcome is
`fired.json`.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

from attrs import evolve

from adapters.control.files import write_json
from adapters.journal.archive import write_backup
from adapters.telemetry.acks import alert_id
from adapters.telemetry.lines import LineFiles
from adapters.telemetry.log import configure
from adapters.telemetry.terminal import Terminal
from app.command_line.options import Folders, TradeOptions
from app.commands.journals import decoded
from app.rehearsal.broken_rule import with_broken_rule
from app.rehearsal.drill import PACE, DrillPhase, RehearsalDrill
from app.rehearsal.drills import by_hand, drills
from app.rehearsal.eager import traded_eagerly
from app.run import settings
from app.run.recovery import JOURNAL
from app.run.restoring import restore
from app.run.trader import run
from config.loading import load
from config.mode import Mode
from domain.model.instants import MINUTE, Nanos, iso
from domain.model.money import install_context
from domain.rehearsal.coverage import CoverageRow, FiringFold, RowKind, alert_row

CARD, FIRED, ALERTS = "drill.json", "fired.json", "alerts.jsonl"
SEED = 1
ENDS = (0, 1, 3)
"""How the run of a drill may end: well, unconfirmed after what was done to it, or halted."""
Firings = dict[CoverageRow, tuple[str, int, bool]]
"""For each row what fired it first, how often that was, and whether each time by hand."""


def drilled(folder: Path, drill: RehearsalDrill, config: Path, sets: tuple[str, ...]) -> list[int]:
    """Play `drill` in `folder` by the rehearsed configuration; return the code of each phase."""
    folders = Folders(config=config, data=folder / "data", log=folder / "logs", is_data_given=True)
    return [_played(folders, drill, phase, sets) for phase in drill.phases]


def _played(
    folders: Folders, drill: RehearsalDrill, phase: DrillPhase, sets: tuple[str, ...]
) -> int:
    all_sets = (*sets, *PACE, *phase.sets)
    config = traded_eagerly(load(folders.config, all_sets), leaves=drill.leaves)
    if phase.has_broken_rule:
        config = with_broken_rule(config)
    script = folders.data.parent / "faults.jsonl"
    script.write_text("".join(f"{json.dumps(each)}\n" for each in phase.faults), encoding="utf-8")
    options = TradeOptions(
        mode=Mode.PAPER,
        config=config,
        folders=folders,
        lookback_ns=settings.lookback_ns(config),
        seed=SEED,
        speed=None,
        opening=config.app.paper.balances,
        duration_ns=Nanos(phase.minutes * MINUTE),
        faults=script if phase.faults else None,
        sets=all_sets,
        drills=drill.orders,
        dashboard=False,
        plain=True,
        quiet=True,
    )
    folder = options.folders.of_mode(options.mode)
    options = evolve(options, deeds=drill.deeds(options.folders.home, folder))
    configure(folders.log, "WARNING", Terminal(None, is_plain=True, is_quiet=True))
    folder.mkdir(parents=True, exist_ok=True)
    if phase.loses_journal:
        (folder / JOURNAL).rename(folders.data.parent / f"{JOURNAL}-lost")
    if phase.restores_journal:
        backup = folders.data.parent / "backup.tar.zst"
        write_backup(folder / JOURNAL, backup, options.mode.value, iso(time.time_ns()))
        restore(backup, folder)
    return run(options, lambda _: None, Terminal(None, is_plain=True, is_quiet=True))


def fired_in(journal: Path, log: Path) -> Firings:
    """Return what the journal of a drill and its alerts show.

    Raises:
        JournalBroken: it is damaged.
        OSError: it can't be read.
    """
    fold, found = FiringFold(), Firings()
    for record, message in decoded(journal):
        for row, is_by_hand in fold.take(message):
            _add(found, row, f"record {record.seq}", is_by_hand=is_by_hand)
    for alert in LineFiles(log / ALERTS).newest(None, lambda _: True):
        row, is_by_hand = alert_row(str(alert.get("code")), str(alert.get("what")))
        _add(found, row, f"alert {alert_id(alert)}", is_by_hand=is_by_hand)
    return found


def _add(found: Firings, row: CoverageRow, mark: str, *, is_by_hand: bool) -> None:
    first, count, only_by_hand = found.get(row, (mark, 0, True))
    # The first record by its cause is better evidence than an earlier one by hand.
    if only_by_hand and not is_by_hand:
        first = mark
    found[row] = first, count + 1, only_by_hand and is_by_hand


def drill_named(name: str, missing: tuple[CoverageRow, ...]) -> RehearsalDrill:
    """Return a drill by its name.

    Raises:
        KeyError: there is none.
    """
    known = {each.name: each for each in drills()}
    hand = by_hand(missing)
    if hand is not None:
        known[hand.name] = hand
    return known[name]


def main() -> int:
    """Play the drill whose card lies in the folder, and leave there what it has fired."""
    install_context()
    folder = Path(sys.argv[1])
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    missing = tuple(CoverageRow(RowKind(kind), name) for kind, name in card["missing"])
    drill = drill_named(card["name"], missing)
    codes = drilled(folder, drill, Path(card["config"]), tuple(card["sets"]))
    found = fired_in(folder / "data" / Mode.PAPER.value / JOURNAL, folder / "logs")
    rows = [
        {"kind": row.kind.value, "name": row.name, "mark": mark, "count": count, "by_hand": hand}
        for row, (mark, count, hand) in sorted(found.items())
    ]
    write_json(folder / FIRED, {"codes": codes, "rows": rows})
    shutil.rmtree(folder / "data" / Mode.PAPER.value / "venue", ignore_errors=True)
    return 0 if all(code in ENDS for code in codes) else 1


if __name__ == "__main__":
    sys.exit(main())
