"""Write docs/faults.md: each fault of the embedded venue in a run of its own, and what was seen.

    python -m scripts.fault_times                       all kinds (about ten minutes)
    python -m scripts.fault_times --only freeze_stream  these again, the other rows stay
    python -m scripts.fault_times --check               runs nothing; 1 if a kind has no row

Every run is `run.py --env paper --speed max` on the invented market with many small entries. What a
run without a fault logs as well is no sign of a fault.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from adapters.simulator.faults.base import Fault
from adapters.simulator.faults.catalogue import GROUPS, KINDS
from adapters.simulator.faults.script import members_of
from domain.model.instants import SECOND, parse_iso
from scripts.pages import ROOT
from scripts.paper_runs import data_of, play, status

PAGE = Path("docs/faults.md")
BEGINS_S, LASTS_S, ENDS_S, RUN = 20, 220, 450, "8m"
"""Seconds of a run; what it says at its end is no sign of a fault."""
MANY_ENTRIES = (
    "--set=strategies.breakout.lookback_minutes=1",
    "--set=strategies.breakout.volume_minutes=1",
    "--set=strategies.breakout.volume_ratio=0",
    "--set=strategies.breakout.notional_pct=0.2",
    "--set=policy.exits.max_hold=1m",
)
IN_USDC = (
    "--set=app.quote=USDC",
    "--paper-balance=USDC=10000",
    "--set=policy.stablecoin.off_seconds=60",
)
"""A run that a stablecoin pays for, in which its way back is seen to the end."""
EXAMPLES: dict[str, Any] = {
    "probability": "0.5",
    "p50": "200ms",
    "p99": "3s",
    "delay": "4s",
    "by": "5s",
    "share": "0.5",
    "percent": -5,
    "price": "0.87",
    "product": "BTC-USD",
    "currency": "USD",
    "amount": "-100",
    "quantity": "0.01",
    "side": "BUY",
    "maker": "0.01",
    "taker": "0.02",
    "channel": "l2_data",
    "member": "updates.*.price_level",
    "value": "0",
}
"""What a member of a fault says here, where it is needed (probability: wherever it may be said)."""
OF_A_KIND: dict[str, dict[str, Any]] = {
    "empty_book": {"side": "bid"},
    "wide_spread": {"percent": 3},
    "stale_answer": {"endpoint": ["orders", "fills"]},
    "thin_book": {"share": "0.02"},
    "product_flag": {"flag": "cancel_only"},
    "odd_content": {"channel": "l2_data", "value": "0"},
}
AFTER_A_DISCONNECT = ("refuse_stream", "stream_auth_error")
"""What only a new connection meets."""
WELL_AGAIN = ("FeedRecovered", "BreakerReset", "LiquidityMeasured")
_NUMBERS = re.compile(r"\d[\d.,:]*")
_ROW = re.compile(r"^\| `(\w+)` \|")
HEAD = """# What a fault looks like, and how soon

Made by `python -m scripts.fault_times`: every kind of fault of [venue-faults.md](venue-faults.md)
is played alone, in virtual time, against a trader that buys on every rising minute and sells a
minute later (`depeg`: one that pays in USDC). It begins 20 seconds after the start and lasts 220,
or strikes within them. Times are market time.

- *first seen as*: the first line or alert that a run without the fault does not have, and how long
  after the fault began; what strikes by chance or an order alone may strike later.
- *well again*: how long after the end of the fault the last block was lifted; "–" where nothing was
  blocked.
- *at the end*: whether our books are those of the venue, no product is stale and nothing blocks.
  A block that opened more than five times within an hour waits for a person: it is named here.

"""


@frozen
class Sign:
    """A line of the log that says something of a fault."""

    at_ns: int
    level: str
    event: str
    text: str

    @property
    def gist(self) -> str:
        """What it says without its numbers: two of a kind are the same sign."""
        return f"{self.event} {_NUMBERS.sub('#', self.text)}"


def example(name: str, kind: type[Fault]) -> dict[str, Any]:
    """Return a fault of this kind as a line of a script says it.

    Raises:
        KeyError: it needs a member that has no example.
    """
    found: dict[str, Any] = {"kind": name, "at": f"{BEGINS_S}s"}
    members = members_of(kind)
    if "for" in members:
        found["for"] = f"{LASTS_S}s"
    for member, (_, _, is_needed) in members.items():
        if is_needed or member == "probability":
            found[member] = OF_A_KIND.get(name, {}).get(member, EXAMPLES.get(member))
            if found[member] is None:
                raise KeyError(f"{name} needs {member}: say an example of it here")
    return found | OF_A_KIND.get(name, {})


def signs(home: Path) -> Iterator[Sign]:
    """Yield what the run in `home` logged from the moment on at which faults begin."""
    lines = (home / "log" / "bulkhead.jsonl").read_text(encoding="utf-8").splitlines()
    first = None
    for line in map(json.loads, lines):
        if line["market_time"] is None:
            continue
        at_ns = parse_iso(line["market_time"])
        first = at_ns if first is None else first
        if BEGINS_S * SECOND <= at_ns - first < ENDS_S * SECOND:
            yield Sign(at_ns - first, line["level"], line["event"], line["text"])


def news(found: Iterable[Sign], usual: set[str]) -> list[Sign]:
    """Return the signs that a run without a fault does not have."""
    return [sign for sign in found if sign.gist not in usual]


def row(name: str, found: list[Sign], last: dict[str, Any]) -> str:
    """Return the line of the page."""
    seen, after = "nothing", "–"
    if found:
        first = found[0]
        text = first.text if len(first.text) <= 110 else first.text[:109] + "…"
        seen, after = text.replace("|", "/"), seconds(first.at_ns - BEGINS_S * SECOND)
    lifted = [each.at_ns for each in found if each.event in WELL_AGAIN]
    well = seconds(max(0, lifted[-1] - (BEGINS_S + LASTS_S) * SECOND)) if lifted else "–"
    return f"| `{name}` | {seen} | {after} | {well} | {state(last)} |"


def seconds(length_ns: int) -> str:
    """Return a length for people."""
    return f"{length_ns / SECOND:.1f} s"


def state(last: dict[str, Any]) -> str:
    """Return what is not as it should be at the end of a run, or that all is."""
    wrong = [f"stale: {', '.join(last['stalled'])}"] if last["stalled"] else []
    wrong += [each["name"] for each in last["breakers"] if each["state"] != "OK"]
    if last["reconcile"] != "clean":
        wrong.append(f"books: {last['reconcile']}")
    return "; ".join(dict.fromkeys(wrong)) or "all well"


def played(fault: dict[str, Any] | None, *more: str) -> tuple[list[Sign], dict[str, Any]]:
    """Run with this fault, or without any; return its signs and its last status."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        options = ["--duration", RUN, *MANY_ENTRIES, *more]
        if fault is not None:
            script = home / "faults.jsonl"
            script.write_text("\n".join(map(json.dumps, lines_of(fault))), encoding="utf-8")
            options += ["--faults", str(script)]
        play(home, *options)
        assert data_of(home).is_dir()
        return list(signs(home)), status(home)


def lines_of(fault: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the script of a run: the fault, and what it needs to be met."""
    if fault["kind"] in AFTER_A_DISCONNECT:
        return [{"kind": "disconnect", "at": fault["at"]}, fault]
    return [fault]


def rows_of(page: str) -> dict[str, str]:
    """Return the lines of the page by kind."""
    return {found[1]: line for line in page.splitlines() if (found := _ROW.match(line))}


def render(rows: dict[str, str]) -> str:
    """Return the whole page."""
    parts = [HEAD.rstrip()]
    for title, kinds in GROUPS.items():
        names = [name for name, kind in KINDS.items() if kind in kinds]
        head = "| fault | first seen as | after | well again | at the end |\n|---|---|---|---|---|"
        parts.append(
            "\n".join([f"\n## {title}\n", head, *(rows[name] for name in names if name in rows)])
        )
    return "\n".join(parts) + "\n"


def main(arguments: list[str]) -> int:
    """Play faults, write the page and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", nargs="+", choices=sorted(KINDS), default=[])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    path = ROOT / PAGE
    rows = rows_of(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if options.check:
        if list(rows) == list(KINDS) and render(rows) == path.read_text(encoding="utf-8"):
            return 0
        sys.stderr.write(f"{PAGE} lacks a kind: run python -m scripts.fault_times --only KIND\n")
        return 1
    usual: dict[tuple[str, ...], set[str]] = {}
    for name in options.only or KINDS:
        more = IN_USDC if name == "depeg" else ()
        if more not in usual:
            usual[more] = {sign.gist for sign in played(None, *more)[0]}
        found, last = played(example(name, KINDS[name]), *more)
        rows[name] = row(name, news(found, usual[more]), last)
        path.write_text(render(rows), encoding="utf-8")
        sys.stderr.write(rows[name] + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
