"""Who has earned what, for people: PnL by strategy and signal."""

from __future__ import annotations

from collections.abc import Iterator

from app.status import words
from app.status.lines import Line, columns, title
from app.status.members import Members

_HEAD = ("", "trips", "won", "fees", "realised", "unrealised", "open lots")
_NUMBERS = frozenset(range(1, len(_HEAD)))
_NAME_MAX = 20


def pnl_lines(document: Members) -> Iterator[Line]:
    """Yield a row a strategy that has traded, with one a signal below it."""
    strategies = document.parts("strategies")
    if not strategies:
        return
    yield from title("By strategy and signal, after fees")
    rows: list[tuple[str, ...]] = [_HEAD]
    for each in strategies:
        rows.append(_row(each.text("strategy") or "no strategy", each))
        rows += (
            _row(f"  {words.short(signal.text('signal') or 'not named', _NAME_MAX - 2)}", signal)
            for signal in each.parts("signals")
        )
    yield from columns(rows, _NUMBERS)


def _row(name: str, pnl: Members) -> tuple[str, ...]:
    return (
        words.short(name, _NAME_MAX),
        f"{pnl.count('trips'):,}",
        f"{pnl.count('won'):,}",
        words.short(words.money(pnl.number("fees")), 11),
        words.short(words.signed(pnl.number("realised")), 11),
        words.short(words.signed(pnl.number("unrealised")), 11),
        f"{pnl.count('lots'):,}",
    )
