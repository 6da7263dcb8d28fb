"""The gates of a start with real money: each is looked at, and all that are shut are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from urllib.parse import urlsplit

from attrs import frozen

from adapters.clocks.asking import ask_all
from adapters.clocks.system import SystemClock
from adapters.control.certificates import certificates_in
from adapters.telemetry.log import ActorLog
from adapters.venues.coinbase.auth import KeyInvalid
from adapters.venues.coinbase.key_sources import FoundKey, find_key
from adapters.venues.coinbase.probe import Probe
from adapters.venues.coinbase.server_time import ask_venue_time
from adapters.venues.transport.endpoint import is_loopback
from app.command_line.options import COINBASE, ROOT, TradeOptions
from app.run import settings
from app.run.certifying import CertificateVerdict, certified, code_of
from app.run.recovery import JOURNAL
from app.run.thread_ports import venue_of_others
from app.selftest.proof import Proof, prove
from config.mode import Mode
from domain.messages.venue import FeesRead, PermissionsRead
from domain.model.errors import TradingError
from domain.system.certificate import PRODUCTION, STAND_IN, CertifiedPlace
from domain.system.drift import TimeAnswers, fault_of, read_clock
from domain.system.live_gates import (
    Gate,
    Owner,
    UnmetGate,
    certificate_gate,
    clock_gate,
    fees_gate,
    rights_gates,
    selftest_gate,
    unasked,
    unmet_confirmation,
    unmet_mode,
    unmet_secrets,
    unmet_venue,
)
from domain.system.recovery import Recovered

OF_THE_KEY = (Gate.ACCOUNT, Gate.PERMISSIONS, Gate.FEES)
CLOSED = "nothing is asked where no order may go"


@frozen
class AccountAnswers:
    """What the venue says of the key: its rights and portfolio, and its fees."""

    rights: PermissionsRead
    fees: FeesRead


@frozen(kw_only=True)
class GateQuestions:
    """What the gates ask outside of configuration and data folder.

    `account` asks the venue at an address with a key, `times` everybody who knows the time,
    `prove` tries the guards; `wall_ns` is UTC.
    """

    environment: Mapping[str, str]
    wall_ns: Callable[[], int]
    account: Callable[[str, FoundKey], AccountAnswers]
    times: Callable[[str], TimeAnswers]
    prove: Callable[[], Proof]


@frozen(kw_only=True)
class LiveStart:
    """What the gates of a start have found.

    `portfolio` is that of the key, or where the venue does not say that of the journal; `key` is
    None where there is none; `verdict` says under which certificate it may trade.
    """

    rest: str
    environment: str
    portfolio: str | None
    key: FoundKey | None
    verdict: CertificateVerdict
    proof: Proof | None
    unmet: tuple[UnmetGate, ...]

    @property
    def world(self) -> str:
        """What the journal of this account is of."""
        return world_of(self.environment, self.portfolio or "")


def surroundings_of(options: TradeOptions, environment: Mapping[str, str]) -> GateQuestions:
    """Return what the gates of a start ask: venue, servers of time, and the self-test."""
    servers = options.config.app.time.ntp_servers
    clock = SystemClock()
    return GateQuestions(
        environment=environment,
        wall_ns=clock.wall_ns,
        account=ask_account,
        times=lambda rest: ask_all(servers, partial(ask_venue_time, rest)),
        prove=lambda: prove(options.config, is_short=True),
    )


def ask_account(rest: str, key: FoundKey) -> AccountAnswers:
    """Ask the venue; the connection is closed again before anything is built that could order."""
    stream = rest.replace("http", "ws", 1)
    with closing(Probe(rest, stream, key.key, SystemClock(), ActorLog("live gates"))) as probe:
        return AccountAnswers(probe.permissions(), probe.fees())


def address_of(options: TradeOptions) -> str:
    """Return where a live start trades: Coinbase, or what plays it on this machine."""
    rest = venue_of_others(options)
    if rest is None:
        raise TradingError("--env live trades at Coinbase only")
    return rest


def environment_of(rest: str) -> str:
    """Return whether real money is at an address."""
    return STAND_IN if is_loopback(urlsplit(rest).hostname or "") else PRODUCTION


def world_of(environment: str, portfolio: str) -> str:
    """Return what the journal of a portfolio is of."""
    return f"{COINBASE}/{environment}/{portfolio}"


def journal_portfolio(known: Recovered, environment: str) -> str | None:
    """Return the portfolio of a journal, None where it has none yet.

    One of another environment has none that any key belongs to, and is refused as another account.
    """
    return known.world.removeprefix(world_of(environment, "")) or None


def standing_gates(
    options: TradeOptions, environment: Mapping[str, str], rest: str
) -> tuple[tuple[UnmetGate, ...], FoundKey | None]:
    """Return the gates that are shut and need nobody to be asked, and the key if there is one."""
    found, config = [], options.config
    ceiling = config.app.mode
    if ceiling.rank < Mode.LIVE.rank:
        found.append(unmet_mode(ceiling.value, config.sources.get(("app", "mode"), "the default")))
    if not options.confirm_live:
        found.append(unmet_confirmation())
    if environment_of(rest) == PRODUCTION:
        found.append(unmet_venue(rest))
    try:
        return tuple(found), find_key(environment, ROOT)
    except KeyInvalid as error:
        return (*found, unmet_secrets(str(error))), None


def refused_at_once(options: TradeOptions, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return all gates that are shut, where that can be told before anything is written.

    That is where the folder has no journal, so that nothing is owned, and one of the gates is shut
    that need nobody to be asked. Else none: they are looked at under the lock of the folder.
    """
    folder = options.folders.of_mode(Mode.LIVE)
    if (folder / JOURNAL).exists():
        return ()
    shut, _ = standing_gates(options, environment, address_of(options))
    if not shut and certificates_in(folder):
        return ()
    return told(look_at_gates(options, Recovered(), surroundings_of(options, environment)).unmet)


def look_at_gates(options: TradeOptions, known: Recovered, around: GateQuestions) -> LiveStart:
    """Look at every gate. Nothing is sent but questions, and nothing is built that could order."""
    rest = address_of(options)
    environment = environment_of(rest)
    standing, key = standing_gates(options, around.environment, rest)
    is_closed = environment == PRODUCTION
    owner = Owner(
        configured=options.config.app.account.portfolio_uuid,
        journal=journal_portfolio(known, environment),
    )
    answers = None if key is None or is_closed else around.account(rest, key)
    portfolio = _portfolio(answers, owner)
    place = CertifiedPlace(
        venue=COINBASE,
        environment=environment,
        portfolio=portfolio,
        code=code_of(options.config),
    )
    folder = options.folders.of_mode(Mode.LIVE)
    verdict = certified(folder, options.config, place, around.wall_ns())
    proof = around.prove()
    shut = [*standing, *_of_account(answers, owner, verdict, is_closed=is_closed)]
    shut += _of_clock(options, rest, around, is_closed=is_closed)
    shut += [certificate_gate(verdict.fault), selftest_gate(proof.reason)]
    return LiveStart(
        rest=rest,
        environment=environment,
        portfolio=portfolio,
        key=key,
        verdict=verdict,
        proof=proof,
        unmet=tuple(each for each in shut if each is not None),
    )


def _portfolio(answers: AccountAnswers | None, owner: Owner) -> str | None:
    if answers is not None and answers.rights.failure is None and answers.rights.portfolio_uuid:
        return answers.rights.portfolio_uuid
    return owner.journal


def _of_account(
    answers: AccountAnswers | None,
    owner: Owner,
    verdict: CertificateVerdict,
    *,
    is_closed: bool,
) -> Iterator[UnmetGate | None]:
    if answers is None:
        why = CLOSED if is_closed else "there is no key to ask with"
        yield from (unasked(each, why) for each in OF_THE_KEY)
        return
    yield from rights_gates(answers.rights, owner)
    yield fees_gate(answers.fees, verdict.certificate)


def _of_clock(
    options: TradeOptions, rest: str, around: GateQuestions, *, is_closed: bool
) -> Iterator[UnmetGate | None]:
    if is_closed:
        yield unasked(Gate.CLOCK, CLOSED)
        return
    limit_ns = settings.drift_limit_ns(options.config)
    yield clock_gate(fault_of(read_clock(around.times(rest), limit_ns), limit_ns))


def told(unmet: tuple[UnmetGate, ...]) -> tuple[str, ...]:
    """Return a line for each gate that is shut, in the order of the gates."""
    return tuple(map(str, sorted(unmet, key=lambda each: list(Gate).index(each.gate))))
