"""One case in a process of its own: a run of the trader in a world of its own, and its books.

Usage: python -m app.torture.run FOLDER, which holds `case.json`; the outcome is `outcome.json`.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import asdict

from adapters.journal.segments import read_records
from adapters.simulator.engine.store import FillQuery, OrderQuery, SqliteStore
from adapters.simulator.world import DATABASE, DEFAULT_OPENING, FOLDER
from adapters.telemetry.log import configure
from adapters.telemetry.terminal import Terminal
from app.command_line.options import Folders, TradeOptions
from app.configuration.losses import mechanism_of, radius_of
from app.run import settings
from app.run.recovery import CODEC, JOURNAL
from app.run.trader import run
from app.torture import told
from app.torture.cases import Case
from app.torture.children import CASE, OUTCOME
from app.torture.honest import HONEST
from app.torture.judge import seen_at_venue
from app.torture.market import BEGIN, torture_market
from config.effective import Config
from config.loading import load
from config.mode import Mode
from domain.messages.decisions import OrderApproved, ProposalRefused, RoundJudged
from domain.messages.supervision import BreakerTripped
from domain.model.approval import ApprovedEntry, Purpose
from domain.model.instants import MINUTE, Nanos
from domain.model.money import Amount, install_context, plain
from domain.risk.blast_radius import WINDOWS

MARKET = "market"
SPEED = Decimal(60)
_ALL = 1_000_000


def tortured(folder: Path, case: Case, config: Config) -> dict[str, Any]:
    """Run `case` in `folder` and return what came of it, for the one who judges it."""
    opening = {config.app.quote.value: DEFAULT_OPENING["USD"]}
    market = torture_market(case.seed, case.minutes, case.falls_after, config.app.quote.value)
    market.write(folder / MARKET)
    options = options_of(folder, case, case.config(config), opening)
    # The log's terminal is silent: who reads along is the one who judges.
    terminal = Terminal(None, is_plain=True, is_quiet=True)
    configure(options.folders.log, "WARNING", terminal)
    said: list[str] = []
    code = run(options, said.append, terminal)
    mode_folder = options.folders.of_mode(options.mode)
    with closing(SqliteStore(mode_folder / FOLDER / DATABASE)) as store:
        orders = store.find_orders(OrderQuery(limit=_ALL))
        fills = store.find_fills(FillQuery(limit=_ALL))
    (nlv,) = opening.values()
    seen = seen_at_venue(nlv, orders, fills, market, case.minutes)
    return {
        "code": code,
        "said": said,
        "seen": asdict(seen),
        "bounds": bounds_of(options.config, Amount(nlv)),
        "journal": journal_of(mode_folder, case),
        "proposals": sum(told.PROPOSALS[name] for name in case.names),
        "honest_rounds": told.rounds(HONEST),
    }


def options_of(
    folder: Path, case: Case, config: Config, opening: dict[str, Decimal]
) -> TradeOptions:
    """Return how the trader is started, on folders that nobody else uses."""
    return TradeOptions(
        mode=Mode.PAPER,
        config=config,
        folders=Folders(data=folder / "data", log=folder / "logs", is_data_given=True),
        market=str(folder / MARKET),
        from_ns=BEGIN,
        lookback_ns=settings.lookback_ns(config),
        seed=case.seed,
        speed=SPEED if case.is_on_threads else None,
        opening=opening,
        duration_ns=Nanos(case.minutes * MINUTE),
        dashboard=False,
        plain=True,
        quiet=True,
    )


def bounds_of(config: Config, nlv: Amount) -> dict[str, Any]:
    """Return what the configuration states: losses, at risk, purchases within each window."""
    mechanism, working = mechanism_of(config, nlv), settings.working_of(config)
    orders_each = 1 + working.max_reprices + int(working.takes_rest)
    at_once = mechanism.trades_per_round
    if mechanism.trades_per_hour is not None:  # what is open counts as if it were filled
        at_once = min(at_once, mechanism.trades_per_hour)
    return {
        "losses": {each.window: each.most for each in radius_of(config, nlv).windows},
        "at_risk": mechanism.at_risk_cap,
        "orders": {
            name: (-(-length // mechanism.interval_ns) + 1) * at_once * orders_each
            for name, length in WINDOWS
        },
    }


def journal_of(mode_folder: Path, case: Case) -> dict[str, Any]:
    """Return what the journal counts: rounds, verdicts on hostile and honest, breakers."""
    refused = approved = honest = 0
    cycles: set[int] = set()
    breakers: set[str] = set()
    for record in read_records(mode_folder / JOURNAL):
        match CODEC.decode(record.type, record.data):
            case ProposalRefused(purpose=Purpose.ENTRY, strategy=strategy):
                refused += strategy in case.names
            case OrderApproved(order=ApprovedEntry(strategy=strategy)):
                approved += strategy in case.names
                honest += strategy == HONEST
            case RoundJudged(cycle=cycle):
                cycles.add(cycle)
            case BreakerTripped(breaker=breaker):
                breakers.add(f"{breaker.effect.name} {breaker.name} {breaker.scope}")
            case _:
                pass
    return {
        "refused": refused,
        "approved": approved,
        "honest_approved": honest,
        "cycles": len(cycles),
        "breakers": sorted(breakers),
    }


def main() -> int:
    """Run the case that lies in the folder, and leave the outcome there."""
    install_context()
    folder = Path(sys.argv[1])
    told_case = json.loads((folder / CASE).read_text(encoding="utf-8"))
    config = load(Path(told_case.pop("config")), tuple(told_case.pop("sets")))
    outcome = tortured(folder, Case(**told_case), config)
    fresh = folder / f"{OUTCOME}.new"
    fresh.write_text(json.dumps(outcome, default=plain), encoding="utf-8")
    fresh.replace(folder / OUTCOME)
    return 0


if __name__ == "__main__":
    sys.exit(main())
