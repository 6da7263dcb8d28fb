"""A start with real money of which the test shuts one gate after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import define, evolve, field

from adapters.venues.coinbase.key_sources import NAME, SECRET, FoundKey
from app.command_line.options import COINBASE, MIRROR, Folders, TradeOptions
from app.run.certifying import Rehearsed, issue
from app.run.live_start import AccountAnswers, GateQuestions, world_of
from app.selftest.proof import Guard, Proof
from config.effective import Config
from config.loading import load
from config.mode import Mode
from domain.messages.journal import RunStarted
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import StatementTaken
from domain.messages.venue import FeesRead, PermissionsRead
from domain.model.instants import DAY, MILLISECOND, Nanos
from domain.model.money import ZERO, Rate
from domain.model.orders import OrderState
from domain.model.portfolio import AccountBalance
from domain.system.certificate import STAND_IN
from domain.system.drift import TimeAnswers, TimeTrip
from domain.system.live_gates import Gate
from domain.system.recovery import Recovered, fold
from tests.builders.certificates import EVIDENCE, PORTFOLIO
from tests.builders.keys import WHOLE
from tests.builders.messages import NOW, a_moved, an_intent, booked
from tests.builders.world import CONFIG

HERE, COINBASE_ITSELF = "http://127.0.0.1:8080", "https://api.coinbase.com"
OTHER = "00000000-0000-4000-8000-000000000000"
ENTRY = an_intent()


def an_owner(portfolio: str = PORTFOLIO, environment: str = STAND_IN) -> Recovered:
    """Return what the journal of somebody says who has bought something at that account."""
    told = (
        RunStarted("live", COINBASE, world_of(environment, portfolio), "", "", 0),
        StatementTaken("start", (AccountBalance("USD", Decimal(10_000), ZERO),)),
        IntentRaised(ENTRY),
        booked(ENTRY),
        a_moved(ENTRY, OrderState.FILLED, "2"),
    )
    return fold(((NOW + number, each) for number, each in enumerate(told)), "USD")


@define
class LiveCase:
    """What a start finds; each gate is open until `shut` is called with it."""

    folder: Path
    rest: str = HERE
    confirmed: bool = True
    config: Config = field(factory=lambda: with_ceiling(load(CONFIG), Mode.LIVE))
    environment: Mapping[str, str] = field(factory=lambda: {NAME: "k1", SECRET: WHOLE})
    rights: PermissionsRead = PermissionsRead(1, True, True, False, PORTFOLIO, None)
    fees: FeesRead = FeesRead(1, Rate(Decimal("0.006")), Rate(Decimal("0.012")), None)
    off_ns: int = 0
    flaw: str = ""
    liquidates: bool = False
    asked: list[str] = field(factory=list)

    def certify(self, **changes: Any) -> None:
        """Put a certificate there for what is about to start."""
        rehearsed = Rehearsed(
            venue=COINBASE,
            environment=STAND_IN,
            portfolio=PORTFOLIO,
            evidence=EVIDENCE,
            maker=Rate(Decimal("0.006")),
            taker=Rate(Decimal("0.012")),
            issued_ns=Nanos(NOW - 3 * DAY),
        )
        issue(self.options.folders.of_mode(Mode.LIVE), self.config, evolve(rehearsed, **changes))

    @property
    def options(self) -> TradeOptions:
        """What was asked for."""
        return TradeOptions(
            mode=Mode.LIVE,
            config=self.config,
            folders=Folders(data=self.folder / "data", log=self.folder / "logs"),
            venue=COINBASE,
            market=f"{MIRROR}{self.rest}?products=BTC-USD",
            confirm_live=self.confirmed,
            liquidates_since_s=1.0 if self.liquidates else None,
        )

    @property
    def around(self) -> GateQuestions:
        """What the gates ask."""
        return GateQuestions(
            environment=self.environment,
            wall_ns=lambda: NOW,
            account=self._account,
            times=self._times,
            prove=lambda: Proof((Guard("total_cap", 1, self.flaw),)),
        )

    def _account(self, rest: str, key: FoundKey) -> AccountAnswers:
        self.asked.append(f"{key.key.name} at {rest}")
        return AccountAnswers(self.rights, self.fees)

    def _times(self, rest: str) -> TimeAnswers:
        self.asked.append(f"the time at {rest}")
        return TimeAnswers(venue=(TimeTrip(MILLISECOND, self.off_ns),))

    def shut(self, gate: Gate) -> None:
        """Shut a gate and no other."""
        _SHUT[gate](self)


def with_ceiling(config: Config, mode: Mode) -> Config:
    """Return `config` with that ceiling."""
    return evolve(config, app=evolve(config.app, mode=mode))


def _low_ceiling(case: LiveCase) -> None:
    case.config = with_ceiling(case.config, Mode.PAPER)


def _unconfirmed(case: LiveCase) -> None:
    case.confirmed = False


def _real_money(case: LiveCase) -> None:
    case.rest = COINBASE_ITSELF


def _no_key(case: LiveCase) -> None:
    case.environment = {}


def _other_account(case: LiveCase) -> None:
    account = evolve(case.config.app.account, portfolio_uuid=OTHER)
    case.config = evolve(case.config, app=evolve(case.config.app, account=account))


def _may_transfer(case: LiveCase) -> None:
    case.rights = evolve(case.rights, can_transfer=True)


def _unknown_fees(case: LiveCase) -> None:
    case.fees = FeesRead(1, None, None, "HTTP 503")


def _clock_is_off(case: LiveCase) -> None:
    case.off_ns = 200 * MILLISECOND


def _uncertified(case: LiveCase) -> None:
    for file in case.options.folders.of_mode(Mode.LIVE).glob("certificates/*.json"):
        file.unlink()


def _unproven(case: LiveCase) -> None:
    case.flaw = "lets it pass"


_SHUT: Mapping[Gate, Callable[[LiveCase], None]] = {
    Gate.MODE: _low_ceiling,
    Gate.CONFIRMATION: _unconfirmed,
    Gate.VENUE: _real_money,
    Gate.SECRETS: _no_key,
    Gate.ACCOUNT: _other_account,
    Gate.PERMISSIONS: _may_transfer,
    Gate.FEES: _unknown_fees,
    Gate.CLOCK: _clock_is_off,
    Gate.CERTIFICATE: _uncertified,
    Gate.SELFTEST: _unproven,
}
