"""The gates of trading with real money: what each found, and in a line how it is opened.

They guard entries. While something is owned, a gate that is shut lets the system come up to sell
only; what is shut for good is whatever would touch the wrong account, or could not touch any.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from attrs import frozen

from domain.messages.venue import FeesRead, PermissionsRead
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.figures import percent
from domain.model.instants import Nanos
from domain.system.boot import foreign_portfolio, wrong_rights
from domain.system.certificate import Certificate
from domain.system.ways_out import LIVE_GATES, SET_CLOCK


class Gate(StrEnum):
    """The gates, in the order in which they are told."""

    MODE = "mode"
    CONFIRMATION = "confirmation"
    VENUE = "venue"
    SECRETS = "secrets"
    ACCOUNT = "account"
    PERMISSIONS = "permissions"
    FEES = "fees"
    CLOCK = "clock"
    CERTIFICATE = "certificate"
    SELFTEST = "selftest"


@frozen
class UnmetGate:
    """A gate that is shut: what was found, and what opens it.

    `is_final`: nothing may start behind it, whatever is owned.
    """

    gate: Gate
    found: str
    mend: str
    is_final: bool = False

    def __str__(self) -> str:
        return f"{self.gate.value}: {self.found}; {self.mend}"


@frozen(kw_only=True)
class Owner:
    """To whom a start belongs: the portfolios that the configuration and the journal name.

    None: it names none.
    """

    configured: str | None
    journal: str | None


NEW_CERTIFICATE = (
    "24 h of rehearsal on this venue and portfolio, with this program and this policy, give one: "
    "python run.py rehearse --venue coinbase"
)
ASK_AGAIN = "wait until the venue answers, then start again"


def unmet_mode(ceiling: str, source: str) -> UnmetGate:
    """Return that the configuration forbids live trading; `source` is where it says so."""
    found = f"app.mode is {ceiling} ({source}), and --env live is above it"
    return UnmetGate(Gate.MODE, found, "set app.mode: live in config/app.yaml")


def unmet_confirmation() -> UnmetGate:
    """Return that nobody has confirmed that real money is meant."""
    found = "nobody has confirmed that real money is meant"
    return UnmetGate(Gate.CONFIRMATION, found, "add --confirm-live")


def unmet_venue(rest: str) -> UnmetGate:
    """Return that no order leaves for where real money is."""
    found = f"this version sends no order to {rest}, where real money is"
    mend = "trade on paper by its prices: python run.py --env paper --venue coinbase"
    return UnmetGate(Gate.VENUE, found, mend, is_final=True)


def unmet_secrets(why: str) -> UnmetGate:
    """Return that there is no key that can be used; `why` says what to do, too."""
    return UnmetGate(Gate.SECRETS, why, "see: python run.py secrets check", is_final=True)


def unasked(gate: Gate, why: str) -> UnmetGate:
    """Return that what a gate depends on is not known."""
    return UnmetGate(gate, f"not known: {why}", "open the gates before it first")


def rights_gates(read: PermissionsRead, owner: Owner) -> tuple[UnmetGate, ...]:
    """Return what is wrong with the key's rights, or with whose account it is of."""
    if read.failure is not None:
        return _unknown_rights(read.failure, owner)
    found = []
    foreign = foreign_portfolio(read, owner.configured)
    if foreign is not None:
        mend = "give the key of that portfolio, or set app.account.portfolio_uuid"
        found.append(UnmetGate(Gate.ACCOUNT, foreign, mend, is_final=True))
    foreign = foreign_portfolio(read, None if owner.journal is None else owner.journal.lower())
    if foreign is not None:
        told = f"{foreign}, of which the journal of this folder is"
        mend = "give the key of that portfolio, or another --data-dir"
        found.append(UnmetGate(Gate.ACCOUNT, told, mend, is_final=True))
    wrong = wrong_rights(read)
    if wrong is not None:
        what, _, mend = wrong.partition("; ")
        found.append(UnmetGate(Gate.PERMISSIONS, what, mend))
    return tuple(found)


def _unknown_rights(failure: str, owner: Owner) -> tuple[UnmetGate, ...]:
    """Return that nobody knows what the key may do, and whether whose it is may be assumed."""
    # Refused for a moment or for good: a venue under load answers both alike.
    mend = "see: python run.py secrets check" if "the key" in failure else ASK_AGAIN
    unknown = f"the venue does not say what the key may do: {failure}"
    told = f"not known whose account it is: {failure}"
    return (
        # Without a journal that names the account, a start could touch anybody's.
        UnmetGate(Gate.ACCOUNT, told, mend, is_final=owner.journal is None),
        UnmetGate(Gate.PERMISSIONS, unknown, mend),
    )


def fees_gate(read: FeesRead, held: Certificate | None) -> UnmetGate | None:
    """Return what is wrong with the fees: unknown, or higher than what the rehearsal assumed."""
    if read.failure is not None or read.maker is None or read.taker is None:
        why = read.failure or "one of the rates is missing"
        return UnmetGate(Gate.FEES, f"the venue does not say what it takes: {why}", ASK_AGAIN)
    if held is None or (read.maker <= held.maker and read.taker <= held.taker):
        return None
    now, then = (
        f"{percent(maker * 100)} and {percent(taker * 100)}"
        for maker, taker in ((read.maker, read.taker), (held.maker, held.taker))
    )
    found = f"maker and taker pay {now} now, and {then} in the rehearsal"
    return UnmetGate(Gate.FEES, found, "rehearse with these fees, or wait for the lower tier")


def clock_gate(fault: str | None) -> UnmetGate | None:
    """Return that this machine's clock can't be trusted, in the words of `fault`."""
    return None if fault is None else UnmetGate(Gate.CLOCK, fault, f"set it: {SET_CLOCK}")


def certificate_gate(fault: str) -> UnmetGate | None:
    """Return why there is no certificate for this start; "" is none."""
    return UnmetGate(Gate.CERTIFICATE, fault, NEW_CERTIFICATE) if fault else None


def selftest_gate(reason: str) -> UnmetGate | None:
    """Return which guards are not proven; "" if all are."""
    if not reason:
        return None
    found = f"a guard does not hold: {reason}"
    return UnmetGate(Gate.SELFTEST, found, "see: python run.py selftest")


def is_final(unmet: Iterable[UnmetGate], *, is_owner: bool) -> bool:
    """Tell whether nothing may start: something final is shut, or nothing is there to be sold.

    `is_owner`: lots are owned, or it is not known what became of an order.
    """
    shut = tuple(unmet)
    return bool(shut) and (not is_owner or any(each.is_final for each in shut))


def gate_breaker(unmet: Iterable[UnmetGate], at_ns: Nanos) -> Breaker | None:
    """Return what lets nothing be bought in this run, None where every gate is open."""
    shut = sorted(unmet, key=lambda each: list(Gate).index(each.gate))
    if not shut:
        return None
    return Breaker(
        name=LIVE_GATES,
        scope=GLOBAL,
        effect=Effect.REDUCE_ONLY,
        reason=" | ".join(map(str, shut)),
        is_latched=False,
        at_ns=at_ns,
    )
