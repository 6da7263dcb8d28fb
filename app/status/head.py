"""The first lines of a status: which instance, whether it lives, how old the picture is."""

from __future__ import annotations

from collections.abc import Iterator

from app.status import words
from app.status.channels import channel_lines
from app.status.lines import BAD, BOLD, DIM, GOOD, WARN, Line
from app.status.members import Members
from app.status.signs import InstanceState, Signs
from domain.model.figures import moment
from domain.model.instants import MILLISECOND
from domain.model.wording import counted
from domain.system.drift import drift_words
from domain.system.rate_budget import PRIVATE, PUBLIC
from domain.system.ways_out import RESUME, SET_CLOCK, START

_ENDED_BY = {
    "signal": "a signal (Ctrl-C, kill -TERM or a closed terminal)",
    "cycles": "its number of cycles",
    "duration": "the end of its duration",
    "market_end": "the end of its market",
    "kill": "the kill switch",
    "halted": "its end while it was halted",
    "error": "an error",
}
_STYLES = {
    InstanceState.TRADING: GOOD,
    InstanceState.STARTING: WARN,
    InstanceState.BLOCKED: WARN,
    InstanceState.STOPPED: BOLD,
}


def head(document: Members, signs: Signs) -> Iterator[Line]:
    """Yield mode, state, age and times, and what keeps it from trading."""
    name = words.short(document.text("name") or document.text("mode") or "unknown mode", 40)
    yield Line(f"{name}: {state_words(document, signs)}", _STYLES.get(signs.state, BAD))
    yield Line(f"  {_picture(signs)}")
    yield Line(f"  market time {moment(document.moment('market_time'))}")
    yield Line(f"  {_counts(document, signs)}")
    if signs.who is not None:
        started = moment(Members({"at": signs.who.started}).moment("at"))
        yield Line(f"  pid {signs.who.pid} on {signs.who.host}, started {started} UTC")
    for other in document.texts("also_running"):
        world, _, mode = other.rpartition("/")
        which = f"--world {world} --env {mode}" if world else f"--env {mode}"
        yield Line(f"  {other} runs too, see: python run.py status {which}", WARN)
    if world := document.text("world"):
        yield Line(f"  world {world}")
    if signs.sentinel:
        yield Line(f"  its sentinel says: {signs.sentinel}")
    kill = document.text("kill_switch")
    if kill:
        yield Line(f"  KILL_SWITCH is set: {kill}; to trade again: {RESUME}", BAD)
    if document.flag("halted"):
        reason = document.text("halt_reason") or "no reason given"
        yield Line(f"  HALTED: {reason}; to trade again: {RESUME}", BAD)
    if reconcile := document.text("reconcile"):
        style = "" if reconcile == "clean" else BAD
        yield Line(f"  last comparison with the venue: {reconcile}", style)
    yield from _clock(document)
    if told := document.text("key_age"):
        yield Line(f"  {told}", WARN)
    for stalled in document.texts("stalled"):
        yield Line(f"  no fresh data of {stalled}", WARN)
    yield from _refused(document)
    yield from channel_lines(document, signs)
    for each in document.parts("left_out"):
        count, kind = each.text("count"), each.text("kind")
        yield Line(f"  left out: {count} of {kind}: {each.text('reason')}", WARN)


def state_words(document: Members, signs: Signs) -> str:
    """Return how the instance is, in words."""
    match signs.state:
        case InstanceState.UNKNOWN:
            return f"it runs, what it does now is NOT KNOWN: {_unknown(document, signs)}"
        case InstanceState.STARTING:
            return "starting; what follows is of the run before"
        case InstanceState.TRADING:
            return "trading"
        case InstanceState.BLOCKED:
            return "running, entries are blocked; see breakers"
        case InstanceState.HALTED:
            return "HALTED: no entries, exits run"
        case InstanceState.FROZEN:
            return f"FROZEN: no sign of life for {words.age(signs.silent_ns)}{_remedy(signs)}"
        case InstanceState.STOPPED:
            by = _ENDED_BY.get(signs.reason, signs.reason or "an unknown cause")
            return f"stopped at {moment(signs.ended_ns)} UTC by {by}"
        case InstanceState.DIED:
            start = START.replace("paper", document.text("mode") or "paper")
            last = moment(signs.last_ns)
            return f"DIED without an end of its own, last heard of at {last} UTC; start it: {start}"


def _refused(document: Members) -> Iterator[Line]:
    """Yield what the venue lets nobody ask at present."""
    budgets = document.part("rate_budgets")
    for name in (PRIVATE, PUBLIC):
        if (until := budgets.part(name).moment("paused_until")) is not None:
            text = f"the venue refuses {name} requests as too many; asked again at"
            yield Line(f"  {text} {moment(until)} UTC", WARN)


def _unknown(document: Members, signs: Signs) -> str:
    if not document.parts("actors"):
        return "its status can't be read"
    return f"its sentinel hears it, its picture stands still for {words.age(signs.silent_ns)}"


def _remedy(signs: Signs) -> str:
    if signs.who is None:
        return ""
    if signs.is_suspended:
        return f"; the process is suspended, it goes on with: kill -CONT {signs.who.pid}"
    return f"; to end it: kill -KILL {signs.who.pid}"


def _clock(document: Members) -> Iterator[Line]:
    """Yield how far this machine's clock is off, where that matters, and how old that is."""
    checked = document.part("clock")
    if not checked:
        return
    at_ns, now_ns = checked.moment("at"), document.moment("market_time")
    age = "at an unknown time"
    if at_ns is not None and now_ns is not None:
        age = f"{words.age(max(0, now_ns - at_ns))} before"
    drift = checked.number("drift_ms")
    if fault := checked.text("fault"):
        yield Line(f"  {fault}, found {age}; to set it: {SET_CLOCK}", WARN)
    elif drift is not None:
        told, source = drift_words(int(drift * MILLISECOND)), checked.text("source")
        yield Line(f"  this machine's clock: {told} by {source}, found {age}")
    for doubt in checked.texts("doubts"):
        yield Line(f"  not believed about the time: {doubt}", DIM)


def _picture(signs: Signs) -> str:
    age_ns = signs.age_ns
    age = "of unknown age" if age_ns is None else f"{words.age(age_ns)} old"
    return f"picture {age}, taken {moment(signs.taken_ns)} UTC"


def _counts(document: Members, signs: Signs) -> str:
    counts = [
        counted(document.count(name), word)
        for name, word in (("cycles", "cycle"), ("orders_total", "order"), ("fills_total", "fill"))
    ]
    next_ns = document.part("last_decision").moment("next_at")
    now_ns = document.moment("market_time")
    if signs.state.is_up and next_ns is not None and now_ns is not None and next_ns > now_ns:
        counts.append(f"the next in {words.age(next_ns - now_ns)}")
    return ", ".join(counts)
