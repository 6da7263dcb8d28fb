"""Each import contract goes red, by its name, when a scratch copy of the checkout breaks it."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from tests.house.tidy import PACKAGES, ROOT

CONTRACT = "importlinter:contract:"
LINT = (sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()")


@frozen
class Breach:
    """A module, new or not, that imports what `contract` keeps from it."""

    contract: str
    module: str
    imports: str


BREACHES = (
    Breach("direction", "domain.risk.sizing", "actors.kernel.board"),
    Breach("direction", "actors.trading.feed", "adapters.clocks.system"),
    Breach("direction", "actors.safety.operator", "config.mode"),
    Breach("direction", "adapters.control.status", "app.run.settings"),
    Breach("direction", "config.mode", "adapters.clocks.system"),
    Breach("domain", "domain.model.orders", "domain.messages.orders"),
    Breach("domain", "domain.model.money", "domain.risk.sizing"),
    Breach("domain", "domain.messages.orders", "domain.orders.lifecycle"),
    Breach("domain", "domain.unplaced.module", "domain.model.money"),
    Breach("actors", "actors.trading.exits", "actors.safety.kill_switch"),
    Breach("actors", "actors.safety.canceller", "actors.trading.order_manager"),
    Breach("actors", "actors.safety.operator", "actors.reporting.projector"),
    Breach("actors", "actors.reporting.alerts", "actors.trading.portfolio"),
    Breach("actors", "actors.kernel.supervisor", "actors.safety.kill_switch"),
    Breach("actors", "actors.unplaced.module", "actors.kernel.board"),
    Breach("acyclic", "domain.orders.lifecycle", "domain.portfolio.ledger"),
    Breach("acyclic", "actors.kernel.ports", "actors.kernel.base"),
    Breach("acyclic", "adapters.venues.coinbase.codec", "adapters.venues.coinbase.client"),
    Breach("pure", "domain.orders.lifecycle", "time"),
    Breach("pure", "domain.signals.windows", "random"),
    Breach("pure", "domain.messages.market", "pykka"),
    Breach("quiet", "actors.trading.feed", "requests"),
    Breach("quiet", "actors.safety.scheduler", "time"),
    Breach("ports", "adapters.venues.coinbase.client", "actors.kernel.supervision"),
    Breach("ports", "adapters.journal.recorder", "actors.kernel.topology"),
    Breach("ports", "adapters.runtime.threads", "actors.trading.feed"),
    Breach("ports", "adapters.unplaced.module", "actors.kernel.base"),
    Breach("kinds", "adapters.journal.chain", "adapters.control.files"),
    Breach("kinds", "adapters.processes.simulator", "adapters.simulator.world"),
    Breach("kinds", "adapters.unplaced.module", "adapters.clocks.system"),
    Breach("venues", "adapters.venues.transport.http", "adapters.venues.coinbase.auth"),
    Breach("venues", "adapters.venues.unplaced.module", "adapters.venues.transport.http"),
    Breach("simulator", "adapters.simulator.world", "adapters.venues.coinbase.wire"),
    Breach("simulator", "adapters.venues.coinbase.codec", "adapters.simulator.engine.wire"),
    Breach("sentinel", "adapters.sentinel.gateway", "adapters.venues.coinbase.bodies"),
    Breach("sentinel", "adapters.sentinel.main", "adapters.control.requests"),
    Breach("sentinel", "adapters.sentinel.orders", "domain.orders.identity"),
    Breach("sentinel", "adapters.sentinel.unplaced", "pykka"),
    Breach("sentinel-reach", "adapters.venues.coinbase.wire", "adapters.venues.coinbase.client"),
    Breach("sentinel-reach", "adapters.control.files", "adapters.venues.coinbase.bodies"),
    Breach("readers", "adapters.venues.coinbase.client", "adapters.venues.coinbase.gateway"),
    Breach("readers", "adapters.venues.coinbase.history", "adapters.venues.coinbase.cancels"),
    Breach("courier", "adapters.courier.courier", "adapters.venues.coinbase.auth"),
    Breach("courier", "adapters.courier.unplaced", "actors.kernel.ports"),
    Breach("apprise", "app.run.courier_watch", "apprise"),
    Breach("apprise", "adapters.courier.courier", "apprise"),
    Breach("shadow", "app.shadow.desk", "actors.trading.order_manager"),
    Breach("shadow", "app.run.deciders", "adapters.venues.coinbase.client"),
    Breach("shadow", "app.shadow.unplaced", "app.run.wiring"),
    Breach("strategies", "domain.strategies.second", "domain.strategies.breakout"),
)


def contracts() -> dict[str, str]:
    """Return id → name of every contract of the checkout."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    return {
        section.removeprefix(CONTRACT): settings[section]["name"]
        for section in settings.sections()
        if section.startswith(CONTRACT)
    }


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what the contracts are about."""
    folder = tmp_path_factory.mktemp("scratch")
    shutil.copy(ROOT / "setup.cfg", folder)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return folder


@pytest.fixture
def breach(scratch: Path, request: pytest.FixtureRequest) -> Iterator[Breach]:
    """Write a forbidden import; afterwards the copy is as it was."""
    made: Breach = request.param
    path = (scratch / made.module.replace(".", "/")).with_suffix(".py")
    before = path.read_text(encoding="utf-8") if path.exists() else None
    folder = path.parent
    is_new_folder = not folder.exists()
    if is_new_folder:
        folder.mkdir()
        (folder / "__init__.py").touch()
    path.write_text(f"{before or ''}\nimport {made.imports}\n", encoding="utf-8")
    yield made
    if is_new_folder:
        shutil.rmtree(folder)
    elif before is None:
        path.unlink()
    else:
        path.write_text(before, encoding="utf-8")


def lint(folder: Path) -> tuple[int, str]:
    """Return exit code and report of the import linter, asked in `folder`."""
    done = subprocess.run(
        [*LINT, "--no-cache", "--no-logo"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_copy_as_it_is_keeps_every_contract(scratch: Path) -> None:
    code, report = lint(scratch)

    assert code == 0, report
    assert f"Contracts: {len(contracts())} kept, 0 broken." in report


@pytest.mark.parametrize(
    "breach",
    [pytest.param(each, id=f"{each.contract}-{each.module}") for each in BREACHES],
    indirect=True,
)
def test_a_forbidden_import_breaks_the_contract(scratch: Path, breach: Breach) -> None:
    code, report = lint(scratch)

    assert code == 1, report
    assert f"{contracts()[breach.contract]} BROKEN" in report, report


def test_every_contract_has_an_import_that_breaks_it() -> None:
    assert {each.contract for each in BREACHES} == contracts().keys()
