"""The account: keys, wallets, the clock, and the gates of trading with real money."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing

from adapters.clocks.asking import ask_all
from adapters.clocks.system import SystemClock
from adapters.control.key_note import KeyNote
from adapters.telemetry.log import ActorLog
from adapters.venues.coinbase.auth import KeyInvalid
from adapters.venues.coinbase.key_sources import FoundKey, find_key, is_configured
from adapters.venues.coinbase.probe import Probe
from app.command_line.options import ROOT, Folders, TradeOptions
from app.doctor.finding import Symptom, fail, ok, warn
from app.run import settings
from app.run.folding import fold_journal
from app.run.key_watch import age_of
from app.run.live_start import look_at_gates, surroundings_of
from app.run.recovery import JOURNAL
from app.run.stray_keys import stray_keys
from config.effective import Config
from config.mode import Mode
from domain.model.errors import JournalError
from domain.model.money import ZERO, plain
from domain.model.wallets import command, elsewhere, step, told
from domain.system.certificate import PRODUCTION
from domain.system.drift import TimeTrip, drift_words, fault_of, read_clock
from domain.system.key_age import KeyState
from domain.system.live_gates import Gate
from domain.system.recovery import Recovered
from domain.system.ways_out import SET_CLOCK

ROTATE = "create a new key, put it in its place, then: python run.py secrets rotated"


def keys(where: Folders, environment: Mapping[str, str], *, is_needed: bool) -> Iterator[Symptom]:
    """Look for the key of the real venue, its age, and key material where none may be."""
    own = (where.data, where.log, ROOT / "data", ROOT / "logs")
    for sentence in stray_keys((ROOT, where.config), (), own):
        found, _, mend = sentence.removeprefix("secrets: ").partition("; ")
        yield fail("secrets", found, mend or "move it out of the checkout")
    if not is_needed and not is_configured(environment):
        yield ok("key", "none, and none is needed")
        return
    try:
        found_key = find_key(environment, ROOT)
    except KeyInvalid as error:
        yield fail("key", str(error), "see: python run.py secrets check")
        return
    yield ok("key", f"{found_key.algorithm} from {found_key.source}: it can sign")
    yield _age(where, found_key)


def _age(where: Folders, found: FoundKey) -> Symptom:
    age = age_of(found, KeyNote(where.data), time.time_ns())
    if age.state is KeyState.OVERDUE:
        return fail("key age", age.words.partition(":")[0], ROTATE)
    if age.state in (KeyState.DUE, KeyState.UNKNOWN):
        return warn("key age", age.words.partition(":")[0], ROTATE)
    return ok("key age", age.words)


def clock(config: Config) -> Iterator[Symptom]:
    """Compare this machine's clock with the servers of time; on paper it warns of what is off."""
    limit_ns = settings.drift_limit_ns(config)
    reading = read_clock(ask_all(config.app.time.ntp_servers, _nobody), limit_ns)
    fault = fault_of(reading, limit_ns)
    if reading.drift_ns is None:
        silent = f"not compared, nobody answers: {', '.join(config.app.time.ntp_servers)}"
        yield warn("clock", silent, "look at the network, or at app.time.ntp_servers")
    elif fault is not None:
        yield warn("clock", fault, f"set it: {SET_CLOCK}")
    else:
        yield ok("clock", f"{drift_words(reading.drift_ns)} by {reading.source}")


def _nobody(_: float) -> tuple[TimeTrip, ...]:
    return ()


def paper_wallets(config: Config) -> Iterator[Symptom]:
    """Look whether a new paper account has money where entries are paid from."""
    quote, balances = config.app.quote.value, config.app.paper.balances
    there, other = balances.get(quote, ZERO), elsewhere(quote, balances)
    if not there and other:
        yield fail("wallet", told(quote, other), command(quote))
    elif not there:
        yield fail("wallet", f"a new account has no {quote}", f"--paper-balance {quote}=10000")
    elif other:
        yield warn("wallet", told(quote, other), command(quote))
    else:
        yield ok("wallet", f"a new account begins with {there} {quote}")


def _known(options: TradeOptions) -> Recovered:
    """Return what the journal says of whose it is; a broken one is told of by its own look."""
    place = options.folders.of_mode(Mode.LIVE) / JOURNAL
    try:
        return fold_journal(place, "").fold.result() if place.exists() else Recovered()
    except (JournalError, OSError):
        return Recovered()


def gates(options: TradeOptions, environment: Mapping[str, str]) -> Iterator[Symptom]:
    """Look at every gate of a start with real money; nothing is sent but questions."""
    start = look_at_gates(options, _known(options), surroundings_of(options, environment))
    shut = {each.gate: each for each in start.unmet}
    for gate in Gate:
        if gate in (Gate.CONFIRMATION, Gate.SECRETS):
            continue  # by whoever starts it; and told of the key
        unmet = shut.get(gate)
        name = f"gate {gate}"
        yield ok(name, "open") if unmet is None else fail(name, unmet.found, unmet.mend)
    yield ok("venue", start.rest)
    if start.key is not None and start.environment != PRODUCTION:
        yield _live_wallet(options.config, start.rest, start.key)


def _live_wallet(config: Config, rest: str, key: FoundKey) -> Symptom:
    """Ask the venue in which wallet the money lies."""
    stream = rest.replace("http", "ws", 1)
    with closing(Probe(rest, stream, key.key, SystemClock(), ActorLog("doctor"))) as probe:
        read = probe.accounts()
    quote = config.app.quote.value
    totals = {each.currency: each.total for each in read.accounts}
    if read.failure is not None:
        return warn("wallet", f"not known: {read.failure}", "look again when the venue answers")
    if elsewhere(quote, totals):
        return warn("wallet", told(quote, elsewhere(quote, totals)), step(quote))
    if not totals.get(quote, ZERO) > 0:
        return fail("wallet", f"there is no {quote} in the account", f"deposit {quote}")
    return ok("wallet", f"{plain(totals[quote])} {quote} at the venue")
