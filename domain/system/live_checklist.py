"""The way to real money in seven phases: what has to be true in each, and the command for it.

Each item is met by evidence that commands and files of this installation give; what they don't say
is not met. docs/LIVE_DEPLOYMENT_CHECKLIST.md is printed from this table.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from attrs import frozen

from domain.model.instants import DAY, HOUR
from domain.system.ways_out import RESUME, SELFTEST, START, START_LIVE

CHECK_FRESH_NS, DRILL_FRESH_NS, BACKUP_FRESH_NS = 7 * DAY, 30 * DAY, 7 * DAY
"""Wall time after which a check of the venue, a drill, a backup of the live journal is too old."""
LIVE_HOURS = 48
LIVE_NS = LIVE_HOURS * HOUR
"""Of trading under canary caps before anything grows."""
ENDING_NS = 7 * DAY
"""A certificate that ends sooner is renewed first."""
FEWEST_SALES = 20
"""Below it what was earned says nothing, neither way."""

VENUE_CHECK = "python run.py venue-check"
REHEARSE = "python run.py rehearse --venue coinbase"
DOCTOR = "python run.py doctor --env live"
SECRETS = "python run.py secrets check"
ROTATED = "python run.py secrets rotated"
LIVE_STATUS = "python run.py status --env live"
KILL_DRILL = 'python run.py kill --reason "drill"'


class LivePhase(IntEnum):
    """The phases, in the order in which they are gone through."""

    REHEARSAL = 1
    CONFIGURATION = 2
    ACCOUNT = 3
    SAFETY = 4
    START = 5
    FIRST_DAYS = 6
    GROWTH = 7

    @property
    def title(self) -> str:
        """What people call it."""
        return _TITLES[self]


_TITLES = {
    LivePhase.REHEARSAL: "The venue is known, and a rehearsal went well",
    LivePhase.CONFIGURATION: "The configuration is the one that is meant",
    LivePhase.ACCOUNT: "The account is the right one, and its key may do no more than it must",
    LivePhase.SAFETY: "Every way to stop was tried",
    LivePhase.START: "The machine is ready, and every gate is open",
    LivePhase.FIRST_DAYS: "The first two days, under the smallest caps",
    LivePhase.GROWTH: "Before anything grows",
}


@frozen
class ChecklistItem:
    """One line: its name, the phase, what has to be true, and the command that would meet it."""

    name: str
    phase: LivePhase
    claim: str
    command: str


@frozen
class ChecklistAnswer:
    """What this installation says of an item; `command` is what would meet it, "" if it is met."""

    item: ChecklistItem
    is_met: bool
    found: str
    command: str = ""


def _items(phase: LivePhase, *rows: tuple[str, str, str]) -> tuple[ChecklistItem, ...]:
    return tuple(ChecklistItem(name, phase, claim, command) for name, claim, command in rows)


ITEMS: tuple[ChecklistItem, ...] = (
    *_items(
        LivePhase.REHEARSAL,
        (
            "venue check",
            "the venue was touched harmlessly in the last 7 days, with the key, and all was well",
            VENUE_CHECK,
        ),
        (
            "venue order",
            "the smallest order was sent far below the market and cancelled, in the last 30 days",
            f"{VENUE_CHECK} --with-order",
        ),
        (
            "certificate",
            "a rehearsal on this venue and portfolio, with this program and this policy, was a GO",
            REHEARSE,
        ),
    ),
    *_items(
        LivePhase.CONFIGURATION,
        ("config", "the four files are valid", "python run.py config check"),
        (
            "ceiling",
            "`app.mode: live` stands in config/app.yaml, and nothing lower",
            "python run.py config show app.mode",
        ),
        ("strategies", "at least one strategy is enabled", "python run.py strategy list"),
        ("guards", "every guard refuses what it must", SELFTEST),
        ("traded on paper", "this very policy has been traded with on paper", START),
    ),
    *_items(
        LivePhase.ACCOUNT,
        ("secrets", "no key lies in the checkout or the configuration", SECRETS),
        ("key", "one key is named, and it can sign", SECRETS),
        ("key age", "the key is younger than 90 days", ROTATED),
        ("account", "the key belongs to the portfolio that is meant", DOCTOR),
        ("permissions", "the key may view and trade, and not transfer", DOCTOR),
        ("fees", "the venue tells its fees, and none is higher than in the rehearsal", DOCTOR),
        ("wallet", "the money lies in the currency that entries are paid in", DOCTOR),
    ),
    *_items(
        LivePhase.SAFETY,
        (
            "kill",
            "a kill was tried on paper in the last 30 days, confirmed, and resumed",
            KILL_DRILL,
        ),
        (
            "liquidation",
            "everything was sold on paper by `liquidate` in the last 30 days",
            "python run.py liquidate --emergency --env paper",
        ),
        (
            "alerts",
            "a test alert went through every channel in the last 30 days",
            "python run.py alerts test",
        ),
        (
            "incident",
            "an incident was put into one file in the last 30 days",
            "python run.py incident -o incident.tar.zst",
        ),
        ("signal file", "no KILL_SWITCH is there", RESUME),
        ("halts", "nothing is latched", RESUME),
    ),
    *_items(
        LivePhase.START,
        ("machine", "Python, libraries, folders, room and ports are as they should be", DOCTOR),
        ("clock", "the clock is right, by servers of time and the venue", DOCTOR),
        (
            "journal",
            "the live journal is whole, and its books add up",
            "python run.py audit verify --env live",
        ),
        ("gates", "every gate is open but the operator's word", DOCTOR),
        ("live start", "a start with real money has been ready to trade", START_LIVE),
    ),
    *_items(
        LivePhase.FIRST_DAYS,
        ("canary", "the first 48 hours of the certificate are over", LIVE_STATUS),
        ("live hours", f"it has traded for {LIVE_HOURS} hours in all under it", START_LIVE),
        ("comparison", "the last comparison with the venue was clean", LIVE_STATUS),
        ("live halts", "nothing is latched from trading live", RESUME),
        (
            "objectives",
            "cycles keep their time, and few are degraded",
            "python run.py slo --env live",
        ),
    ),
    *_items(
        LivePhase.GROWTH,
        (
            "backup",
            "the live journal was backed up in the last 7 days",
            "python run.py journal backup --env live -o backup.tar.zst",
        ),
        ("certificate life", "the certificate is good for 7 days more", REHEARSE),
        ("key life", "the key need not be replaced within the week", ROTATED),
        (
            "sales",
            f"{FEWEST_SALES} sales were made live: fewer say nothing of a strategy",
            "python run.py report --env live",
        ),
    ),
)


def items_of(phase: LivePhase | None) -> tuple[ChecklistItem, ...]:
    """Return the items of a phase, all of them for None."""
    return tuple(each for each in ITEMS if phase is None or each.phase is phase)


def unmet(answers: Iterable[ChecklistAnswer]) -> tuple[ChecklistAnswer, ...]:
    """Return what is not met, in order."""
    return tuple(each for each in answers if not each.is_met)
