"""A run against its objectives, as a document and on the terminal."""

from __future__ import annotations

from decimal import Decimal
from itertools import takewhile

from rich.console import Console
from rich.table import Table
from rich.text import Text

from domain.model.latency import Histogram
from domain.model.meters import TimeKind
from domain.model.money import plain
from domain.model.wording import counted
from domain.results.objectives import Objective, Performance, Times

PERCENTS = (50, 95, 99)
_MET = {True: "met", False: "MISSED", None: "not measured"}


def document(found: Performance) -> dict[str, object]:
    """Return everything as JSON takes it; decimals are strings, times are seconds."""
    return {
        "mode": found.mode,
        "clock": "virtual" if found.is_virtual else "machine",
        "met": found.is_met,
        "objectives": [
            {
                "name": each.name,
                "seen": None if each.seen is None else plain(each.seen),
                "limit": plain(each.limit),
                "unit": each.unit,
                "met": each.is_met,
            }
            for each in found.objectives
        ],
        "not_measured": list(not_measured(found)),
        "cycles": found.cycles,
        "statuses": {status.value: count for status, count in found.statuses},
        "degraded_cycles": found.degraded_cycles,
        "degraded": dict(found.degraded),
        "times": [
            {"kind": each.kind.value, "name": each.name, **_figures(Histogram(each.cells))}
            for each in found.times
        ],
    }


def not_measured(found: Performance) -> tuple[str, ...]:
    """Return a sentence for each thing that nobody measured."""
    told = []
    if not found.cycles:
        told.append("no cycle has been decided yet: nothing is known of cycles")
    if found.untimed:
        told.append(f"{counted(found.untimed, 'cycle')} without times")
    if found.unjudged:
        told.append(f"{counted(found.unjudged, 'cycle')} of which is not known how it was decided")
    return tuple(told)


def unmet(found: Performance) -> str:
    """Return which objectives are missed and which were not measured, in one line."""
    parts = []
    for word, is_met in (("missed", False), ("not measured", None)):
        names = [each.name for each in found.objectives if each.is_met is is_met]
        if names:
            parts.append(f"{word}: {', '.join(names)}")
    return "; ".join(parts)


def show(found: Performance, console: Console) -> None:
    """Print the objectives, then how long everything took."""
    clock = "; times are of the virtual clock" if found.is_virtual else ""
    head = f"{counted(found.cycles, 'cycle')} of the last {found.mode or 'unknown'} run{clock}"
    console.print(Text(head, style="bold"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("objective", "seen", "limit", ""):
        table.add_column(column, justify="left" if column in ("objective", "") else "right")
    for each in found.objectives:
        table.add_row(each.name, _value(each, each.seen), _value(each, each.limit), _met(each))
    console.print(table)
    for line in not_measured(found):
        console.print(Text(f"not measured: {line}"))
    for line in _came_to(found):
        console.print(Text(line))
    if found.times:
        console.print()
        console.print(_times(found))


def _met(objective: Objective) -> Text:
    word = _MET[objective.is_met]
    return Text(word, style="" if objective.is_met else "bold")


def _value(objective: Objective, value: Decimal | None) -> str:
    if value is None:
        return "–"
    digits = "0.001" if objective.unit == "s" else "0.01"
    return f"{value.quantize(Decimal(digits))} {objective.unit}"


def _came_to(found: Performance) -> list[str]:
    lines = []
    if found.cycles:
        parts = (f"{count} {status.value}" for status, count in found.statuses if count)
        lines.append("cycles: " + ", ".join(parts))
    if found.degraded:
        parts = (f"{name} {count}" for name, count in found.degraded)
        lines.append("degraded by: " + ", ".join(parts))
    return lines


def _times(found: Performance) -> Table:
    prefix = _shared([each.name for each in found.times if each.kind is TimeKind.REQUEST])
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(f"times in ms{f', paths below {prefix}' if prefix else ''}")
    for column in ("count", *(f"p{each}" for each in PERCENTS), "longest"):
        table.add_column(column, justify="right", no_wrap=True)
    for each in found.times:
        times = Histogram(each.cells)
        shown = (*(times.percentile_us(percent) for percent in PERCENTS), times.longest_us)
        figures = f"{times.count:,}", *map(_milliseconds, shown)
        table.add_row(Text(_named(each, prefix)), *figures)
    return table


def _named(timed: Times, prefix: str) -> str:
    if timed.name == timed.kind.value:
        return timed.name
    name = timed.name.replace(prefix, "", 1) if prefix else timed.name
    return f"{timed.kind.value} {name}"


def _shared(endpoints: list[str]) -> str:
    """Return the folders that the paths of all these endpoints begin with."""
    paths = [each.partition(" ")[2].split("/")[:-1] for each in endpoints]
    parts = (set(level) for level in zip(*paths, strict=False))
    alike = takewhile(lambda each: len(each) == 1, parts)
    return "".join(f"{each.pop()}/" for each in alike)


def _milliseconds(us: int | None) -> str:
    return "–" if us is None else plain(Decimal(us).scaleb(-3))


def _figures(times: Histogram) -> dict[str, object]:
    def seconds(us: int | None) -> str | None:
        return None if us is None else plain(Decimal(us).scaleb(-6))

    told = {f"p{each}": seconds(times.percentile_us(each)) for each in PERCENTS}
    return {"count": times.count, **told, "longest": seconds(times.longest_us)}
