"""Write docs/venue-faults.md: every kind of fault of the embedded venue, from the catalogue.

`--check` writes nothing and ends with 1 when the committed page is not the one the catalogue gives.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from adapters.simulator.faults.base import Fault, RequestFault, Striking, kind_of
from adapters.simulator.faults.catalogue import GROUPS, KINDS
from adapters.simulator.faults.script import members_of
from scripts.pages import write_or_check

PAGE = Path("docs/venue-faults.md")
INTRO = """# Faults of the embedded venue

Made by `python -m scripts.faults_page` from `adapters/simulator/faults`; do not edit.

A fault script has one JSON object a line; what it asks for happens at its market time:

```json
{"at": "20s", "for": "10s", "kind": "freeze_stream", "product": "BTC-USD"}
{"at": "1m", "kind": "lost_response", "endpoint": "place"}
{"at": "2m", "for": "5m", "kind": "lose_cancel", "probability": 0.3}
```

`--faults FILE` plays it at the venue that the trader starts, at any speed, and at the venue alone:

```
python run.py --env paper --faults faults.jsonl
python run.py venue --faults faults.jsonl
```

A running venue takes one more fault, one object of the same form, and says what has struck so far.
The VENUE line of a lone venue names its address, `rest`, and the file of its token, `admin`; those
of a trader's own venue are in the trader's log.

```
curl -H "Authorization: Bearer $(cat <admin>)" -d '{"kind": "seq_gap"}' <rest>/bulkhead/faults
curl -H "Authorization: Bearer $(cat <admin>)" <rest>/bulkhead/faults
curl -H "Authorization: Bearer $(cat <admin>)" <rest>/bulkhead/books
```

`at` and `for` are market time from the start of serving, for a fault that came by request from
then. Delays of orders, cancels and fills are market time too. Delays of requests are machine time,
like everything on a wire. What a fault draws comes from its `seed` and the world's (`--seed`): the
same script and seeds give the same run in virtual time. Nothing of a
script is remembered over a restart of the venue: it begins anew.

A script with mistakes ends the start with exit code 2 and names all of them: unknown kinds and
members, wrong values, products and currencies that the market does not have.
"""
COMMON = """## What every fault has

| member | expected | meaning |
|---|---|---|
"""
RULES = """
`for` is a member of all that last; those that come and are over at once say so below by not having
it. Faults of single requests, frames, cancels and orders have `count` and `probability` too, and
strike once if they have neither `for` nor `count`. Where several could strike one request or frame,
the first in the order of this page does; latency is added to whatever else happens.

`endpoint` is a class of requests or a list of them:
"""


def expected(kind: type[Fault], *, skip: tuple[str, ...]) -> Iterator[str]:
    """Yield a line for each member of a kind that is not in `skip`."""
    for name, (_, member, is_needed) in members_of(kind).items():
        if name not in skip:
            needed = " **(needed)**" if is_needed else ""
            yield f"| `{name}`{needed} | {member.form.expected} | {member.doc} |"


def own_members(kind: type[Fault]) -> str:
    """Return the members of a kind, the common ones by name only."""
    found = []
    for name, (_, _, is_needed) in members_of(kind).items():
        if name not in ("at", "seed"):
            found.append(f"**{name}**" if is_needed else name)
    return ", ".join(found) or "–"


def group(title: str, kinds: tuple[type[Fault], ...]) -> Iterator[str]:
    """Yield the part of the page about one group."""
    common = tuple(members_of(RequestFault if title.startswith("Requests") else Striking))
    yield f"## {title}\n"
    yield "| kind | what a client sees | members (needed ones in bold) |"
    yield "|---|---|---|"
    for kind in kinds:
        text = " ".join((inspect.getdoc(kind) or "").split())
        yield f"| `{kind_of(kind)}` | {text} | {own_members(kind)} |"
    yield ""
    details = [
        line.replace("| ", f"| `{kind_of(kind)}` ", 1)
        for kind in kinds
        for line in expected(kind, skip=common)
    ]
    if details:
        yield "| member | expected | meaning |"
        yield "|---|---|---|"
        yield from details
        yield ""


def render() -> str:
    """Return the whole page."""
    endpoints = members_of(RequestFault)["endpoint"][1].form.expected
    lines = [
        INTRO,
        f"There are {len(KINDS)} kinds.\n",
        COMMON + "\n".join(expected(Striking, skip=())),
        RULES + f"{endpoints.removeprefix('one or a list of ')}.\n",
    ]
    for title, kinds in GROUPS.items():
        lines += group(title, kinds)
    return "\n".join(lines).rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Write or check the page and return the exit code."""
    return write_or_check(PAGE, render(), "scripts.faults_page", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
