"""Write docs/metrics.md: how a run is measured, and every metric, printed from the code's table.

`--check` writes nothing and ends with 1 when the committed page is not the one the table gives.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from adapters.telemetry.metrics import METRICS
from domain.model.cycle import CycleStage
from domain.model.latency import LONGEST_US, MOST_CELLS
from domain.results.objectives import DEGRADED_PCT, P95_US, P99_US
from scripts.pages import write_or_check

PAGE = Path("docs/metrics.md")
MICROSECONDS = 1_000_000
INTRO = f"""# How a run is measured

Made by `python -m scripts.metrics_page` from `adapters/telemetry/metrics.py`; do not edit.

## Objectives

```
python run.py slo
```

tells from the journal how the last run does, whether it still runs or not:

- 95 % of the cycles are decided within {P95_US // MICROSECONDS} s, and 99 % within
  {P99_US // MICROSECONDS} s, from when they were due to the last verdict of the risk gate;
- at most {DEGRADED_PCT} % of them are degraded.

It ends with 0 only if each of these was measured and is met, so that a script or CI fails where one
is missed, or where nothing was decided at all. Below stands how long each stage took
({", ".join(CycleStage)}), each endpoint of the venue, and writing and syncing the journal.
`--json` has the same; `--env` and `--world` choose the run.

A cycle is *degraded* if it was not decided as it should be: a strategy did not answer in time
(`late`), a product that may be bought was not shown for want of a true price (`no_fresh_price`), or
a breaker that nobody meant kept all entries back (`blocked:` and its name). What is latched, as a
loss limit, a halt or a pause, is meant, and degrades nothing.

Each cycle has a record in the journal, `RoundJudged`: what came of it (`traded`, `refused`,
`blocked` by a breaker, or `quiet`), the first reason of each refusal, how many products came how
far, why it was degraded, the time of each stage, and the equity. After each follows
`TimesMeasured`: how often requests and steps of the journal took how long since the last one.

Times are machine time. A cycle that is fired late counts from when it was due, whatever the speed.
Each is kept to three digits, rounded up, in at most {MOST_CELLS:,} numbers for each thing that is
timed: told times are never shorter than they were and at most 1 % longer, and limits of three
digits, as those above, are compared exactly. More than {LONGEST_US // MICROSECONDS // 3600} hour
counts as that. In virtual time (`--speed max`) one clock plays all: `slo` says so, and times then
say nothing of the machine.

## Prometheus

```
./scripts/paper --set app.metrics.port=9464
```

serves the metrics below at `http://127.0.0.1:9464/metrics`, on this machine only; the address is in
the log at READY. `app.metrics.port` is null as shipped, which serves nothing, and 0 takes any free
port. A port that is taken is told as a warning, and trading goes on without. Who scrapes reads what
was published last (once a second) and asks nobody who trades.

`ops/prometheus/prometheus.yml` is an example that scrapes it, `ops/prometheus/rules.yml` has alert
rules beside those of the trader itself, each with a command to run, and `ops/grafana/bulkhead.json`
is a dashboard to import. Counts begin at 0 with each start. What nobody has measured is absent and
not 0. Of money the metrics are for watching: exact numbers are in `status --json` and `report`.

## Metrics

| metric | kind | told apart by | what it is |
|---|---|---|---|
"""


def rows() -> Iterator[str]:
    """Yield a line for each metric, in the order of the table."""
    for each in METRICS:
        labels = ", ".join(f"`{label}`" for label in each.labels) or "–"
        yield f"| `{each.full_name}` | {each.kind.value} | {labels} | {each.text} |"


def render() -> str:
    """Return the page."""
    return INTRO + "\n".join(rows()) + "\n"


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, render(), "scripts.metrics_page", sys.argv[1:]))
