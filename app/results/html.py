"""Parts of a page: one HTML file, nothing loaded from anywhere, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from plotly.io import to_html

from app.results.charts import Chart
from app.results.tables import Fact, Sheet

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --paper: #ffffff; --rule: #e2e6ec;
  --soft: #68717f; --up: #147f57; --down: #c23a4c; --warn: #fff4e0; --edge: #d9860b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #dde3ec; --paper: #12161c; --rule: #2b323d; --soft: #8f98a7;
    --up: #2fbf87; --down: #ec6a7b; --warn: #2a2114; }
}
body { margin: 0 auto; max-width: 70rem; padding: 1rem; background: var(--paper);
  color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--rule);
  white-space: nowrap; }
th { font-weight: 600; color: var(--soft); } .n { text-align: right; }
.facts td:nth-child(-n+2) { width: 1%; }
td.part { padding-left: 1.2rem; }
td.means { white-space: normal; color: var(--soft); }
.wide { overflow-x: auto; background:
  linear-gradient(to right, var(--paper) 2rem, transparent) local,
  linear-gradient(to left, var(--paper) 2rem, transparent) right local,
  linear-gradient(to right, var(--rule), transparent 1rem),
  linear-gradient(to left, var(--rule), transparent 1rem) right; background-repeat: no-repeat;
  background-size: 2rem 100%, 2rem 100%, 1rem 100%, 1rem 100%; }
.up { color: var(--up); } .down { color: var(--down); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .6rem; }
@media (min-width: 50rem) { .tiles { grid-template-columns: repeat(4, 1fr); } }
.tile { border: 1px solid var(--rule); border-radius: .4rem; padding: .5rem .7rem; }
.tile b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.tile span, .note { color: var(--soft); font-size: .87rem; }
.beware { background: var(--warn); border-left: 4px solid var(--edge); padding: .6rem 1rem;
  margin: 1rem 0; } .beware ul { margin: .3rem 0 0; padding-left: 1.2rem; }
footer { margin-top: 2rem; color: var(--soft); }
"""


def whole(title: str, parts: Iterable[str]) -> str:
    """Return the page of these parts."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        + "\n".join(parts)
        + "</body></html>\n"
    )


def facts(found: Iterable[Fact]) -> str:
    """Return lines of what is known, with their meaning."""

    def row(fact: Fact) -> str:
        name = f"<td class='part'>{fact.name}</td>" if fact.is_part else f"<td>{fact.name}</td>"
        value = f"<td class='n{_sign(fact.value)}'>{escape(fact.value)}</td>"
        return f"<tr>{name}{value}<td class='means'>{escape(fact.meaning)}</td></tr>"

    return f"<table class='facts'>{''.join(map(row, found))}</table>"


def sheet(shown: Sheet, note: str = "", most: int | None = None) -> str:
    """Return a table under its title, the newest row first unless it is whole.

    Of one with more rows than `most` only the newest are there, and the title says so.
    """

    def cell(tag: str, number: int, text: str) -> str:
        is_number = number in shown.numbers
        mark = f" class='n{_sign(text)}'" if is_number else ""
        return f"<{tag}{mark}>{escape(text)}</{tag}>"

    listed = shown.rows if shown.is_whole or most is None else shown.rows[-most:]
    head = "".join(cell("th", number, text) for number, text in enumerate(shown.columns))
    rows = "".join(
        "<tr>" + "".join(cell("td", number, text) for number, text in enumerate(row)) + "</tr>"
        for row in (listed if shown.is_whole else reversed(listed))
    )
    count = "" if shown.is_whole else f" ({len(shown.rows):,})"
    if len(listed) < len(shown.rows):
        count = f", the newest {len(listed):,} of {len(shown.rows):,}"
    told = f"<p class='note'>{escape(note)}</p>" if note else ""
    return (
        f"<h2>{escape(shown.title)}{count}</h2>{told}<div class='wide'><table>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def tiles(found: Iterable[Fact]) -> str:
    """Return what is read first, in boxes beside each other."""
    boxes = (
        f"<div class='tile'><span>{escape(each.name)}</span>"
        f"<b class='{_sign(each.value).strip()}'>{escape(each.value)}</b>"
        f"<span>{escape(each.meaning)}</span></div>"
        for each in found
    )
    return f"<div class='tiles'>{''.join(boxes)}</div>"


def sentences(title: str, lines: Iterable[str]) -> str:
    """Return a list of sentences under its title."""
    return f"<h2>{escape(title)}</h2>{_list(lines)}"


def warning(title: str, lines: Iterable[str]) -> str:
    """Return sentences that have to be read before anything else."""
    return f"<div class='beware'><b>{escape(title)}</b>{_list(lines)}</div>"


def figures(found: Iterable[Chart]) -> list[str]:
    """Return the charts as HTML; the first brings the library along."""
    return [
        f"<h2>{escape(chart.title)}</h2>"
        + (f"<p class='note'>{escape(chart.note)}</p>" if chart.note else "")
        + to_html(
            chart.figure,
            full_html=False,
            include_plotlyjs=number == 0,
            config={"displayModeBar": False, "responsive": True},
            div_id=f"chart-{number}",
        )
        for number, chart in enumerate(found)
    ]


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _sign(text: str) -> str:
    if text.startswith("+"):
        return " up"
    return " down" if text.startswith("\u2212") else ""
