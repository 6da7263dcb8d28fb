"""What candles are like, for people and as a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from adapters.simulator.importing.quality import Quality
from domain.model.instants import iso
from domain.model.money import plain
from domain.model.wording import counted


def quality_document(quality: Quality) -> dict[str, Any]:
    """Return one product's candles as members of a document."""
    longest = quality.longest_at_ns
    return {
        "product": quality.product,
        "minutes": quality.rows,
        "first": iso(quality.first_ns),
        "last": iso(quality.last_ns),
        "missing_minutes": quality.missing,
        "gaps": quality.gaps,
        "longest_gap_minutes": quality.longest_minutes,
        "longest_gap_at": None if longest is None else iso(longest),
        "outliers": quality.outliers,
        "outliers_at": [iso(each) for each in quality.outliers_at],
        "tick": plain(quality.tick),
    }


def quality_lines(quality: Sequence[Quality]) -> Iterator[str]:
    """Yield lines that say what candles are like."""
    for each in quality:
        yield (
            f"  {each.product}: {counted(each.rows, 'minute')}, {iso(each.first_ns)} to"
            f" {iso(each.last_ns)}, tick {plain(each.tick)}"
        )
        if each.longest_at_ns is not None:
            yield (
                f"    gaps: {counted(each.missing, 'minute')} missing in"
                f" {counted(each.gaps, 'place')}; the longest begins"
                f" {iso(each.longest_at_ns)} and has {counted(each.longest_minutes, 'minute')}"
            )
        if each.outliers:
            shown = ", ".join(iso(at_ns) for at_ns in each.outliers_at)
            more = ", …" if each.outliers > len(each.outliers_at) else ""
            yield (
                f"    outliers: {counted(each.outliers, 'bar')} more than 10 % away from the prices"
                f" around, at {shown}{more}"
            )
