"""Trading with real money, played: a venue that stands for Coinbase, its key, a certificate."""

from __future__ import annotations

import shutil
import subprocess
import time
from decimal import Decimal
from pathlib import Path

from adapters.venues.coinbase.key_sources import FILE
from app.command_line.options import Folders
from app.run.certifying import Rehearsed, issue
from config.loading import load
from domain.model.instants import DAY, Nanos
from domain.model.money import Rate
from domain.system.certificate import STAND_IN
from tests.builders.certificates import EVIDENCE
from tests.builders.runs import EAGER, ROOT, Running, call
from tests.builders.simulator_process import RunningVenue

SETTINGS = (
    *EAGER,
    "--set=app.time.ntp_servers=[]",
    "--set=strategies.breakout.max_trades_per_cycle=1",
    "--set=policy.loop.interval_seconds=10",
)
"""Everything is bought, one in each decision, and the venue alone says what time it is."""
CONFIRMED = "--confirm-live"


class LiveHome:
    """The folders of somebody who trades at `real`, whose configuration allows it."""

    def __init__(self, home: Path, real: RunningVenue) -> None:
        self.home = home
        self.real = real
        names = ("app", "policy", "universe", "strategies")
        (home / "config").mkdir(parents=True)
        for name in names:
            shutil.copy(ROOT / "config" / f"{name}.yaml", home / "config")
        app = home / "config" / "app.yaml"
        app.write_text(app.read_text().replace("mode: paper", "mode: live", 1))
        self.portfolio = str(real.api.get("/key_permissions")["portfolio_uuid"])
        self.key = {FILE: str(real.session.key_file)}

    @property
    def folders(self) -> Folders:
        """All of them, as they are typed."""
        home = self.home
        return Folders(
            config=home / "config", data=home / "data", log=home / "logs", is_data_given=True
        )

    @property
    def folder(self) -> Path:
        """The folder of the mode."""
        return self.home / "data" / "live"

    def certify(self, *, age_ns: int = 3 * DAY, portfolio: str | None = None) -> Path:
        """Put a certificate there that says what a rehearsal would."""
        sets = tuple(each.removeprefix("--set=") for each in SETTINGS)
        rehearsed = Rehearsed(
            venue="coinbase",
            environment=STAND_IN,
            portfolio=portfolio or self.portfolio,
            evidence=EVIDENCE,
            maker=Rate(Decimal("0.006")),
            taker=Rate(Decimal("0.012")),
            issued_ns=Nanos(time.time_ns() - age_ns),
        )
        return issue(self.folder, load(self.home / "config", sets), rehearsed)

    def words(self, *arguments: str) -> tuple[str, ...]:
        """Return the options of a live start."""
        where = ("--venue-url", self.real.session.rest, "--no-dashboard")
        return ("--env", "live", *where, *SETTINGS, *arguments)

    def start(
        self, *arguments: str, key: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run to its end what begins to trade, with the key unless another is given."""
        environment = self.key if key is None else key
        return call(self.home, *self.words(*arguments), environment=environment)

    def running(self, *arguments: str) -> Running:
        """Begin to trade."""
        return Running(self.home, *self.words(*arguments), environment=self.key)
