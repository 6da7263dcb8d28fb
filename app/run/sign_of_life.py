"""Once a day a word that the trader lives, so that silence means something."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from pathlib import Path

from adapters.control.anchor import AnchorFile
from adapters.control.files import read_json, write_json
from adapters.control.status import read_status
from adapters.runtime.actor_system import ActorSystem
from app.run.watches import Watch
from app.status.alert_states import count_open
from app.status.members import Members
from domain.model.instants import SECOND, Nanos, iso
from domain.model.money import plain
from domain.system.courier_alerts import DayFigures, last_due_ns, of_sign_of_life
from domain.system.journal_head import head_in_words

FILE = "sign_of_life.json"
LOOK_NS = SECOND


class SignOfLife(Watch):
    """Tells the figures of the day when it is time; what was told last stands in a file."""

    def __init__(
        self, system: ActorSystem, folder: Path, log: Path, world: str, of_day_ns: Nanos
    ) -> None:
        """`folder` is that of the mode; `of_day_ns`: the time of day, after midnight UTC."""
        self._system = system
        self._folder, self._log, self._world = folder, log, world
        self._of_day_ns = of_day_ns
        self._looked_ns = 0
        self._told = Members(read_json(folder / FILE))
        self._told_ns = self._told.moment("wall") or 0
        self._begun_ns = system.clock.wall_ns()

    def look(self) -> None:
        """Look once a second; a run that begins after the time of day tells at once, once a day."""
        now_ns = self._system.clock.machine_ns()
        if now_ns - self._looked_ns < LOOK_NS:
            return
        self._looked_ns = now_ns
        wall_ns = self._system.clock.wall_ns()
        if self._told_ns >= last_due_ns(wall_ns, self._of_day_ns):
            return
        status = Members(read_status(self._folder))
        taken_ns = status.moment("wall_time")
        if taken_ns is None or taken_ns < self._begun_ns or status.number("equity") is None:
            return  # a picture of an earlier run is no sign of life
        self._tell(status, wall_ns)

    def _tell(self, status: Members, wall_ns: Nanos) -> None:
        pnl, before = status.number("pnl_net"), self._told.number("pnl_net")
        is_of_day = pnl is not None and before is not None
        figures = DayFigures(
            equity=status.number("equity"),
            pnl=pnl if pnl is None or before is None else Decimal(pnl - before),
            is_of_day=is_of_day,
            lots=len(status.parts("positions")),
            open_alerts=count_open(self._log, self._world) or 0,
            quote=status.text("quote"),
            head=self._head(),
        )
        self._system.announce(of_sign_of_life(figures))
        self._told_ns = wall_ns
        told = {"wall": iso(wall_ns), "pnl_net": None if pnl is None else plain(pnl)}
        self._told = Members(told)
        with contextlib.suppress(OSError):  # then it is told once more after the next start
            write_json(self._folder / FILE, told)

    def _head(self) -> str | None:
        """Return where the journal stands: outside of this machine nobody can write that anew."""
        known = AnchorFile(self._folder).read()
        return None if known is None else head_in_words(known.lineage, known.seq, known.hash)
