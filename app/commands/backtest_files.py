"""The files that a backtest writes where it is asked to: report, page, tables for notebooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import frozen

from app.results.tabular import DoesNotFit

if TYPE_CHECKING:
    from app.backtest.outcome import BacktestOutcome


@frozen
class Files:
    """Where to write what; None: it is not asked for, and no work is done for it."""

    report: Path | None
    html: Path | None
    results: Path | None

    def check(self) -> None:
        """Look before anything is played whether there is a place for the files.

        Raises:
            click.UsageError: a folder is missing, or two of them are the same.
        """
        taken: dict[Path, str] = {}
        for name, place in (
            ("report", self.report),
            ("html", self.html),
            ("results", self.results),
        ):
            if place is None:
                continue
            if not place.absolute().parent.is_dir():
                raise click.UsageError(f"--{name}: there is no folder {place.parent}")
            other = taken.setdefault(place.resolve(), name)
            if other != name:
                raise click.UsageError(f"--{name}: {place} is already what --{other} writes")

    def write(self, outcome: BacktestOutcome, *, is_text_needed: bool) -> str:
        """Write what is asked for; return the report as JSON, "" where nobody needs it.

        Raises:
            click.UsageError: a file could not be written; the text says which and why.
        """
        text = ""
        if is_text_needed or self.report is not None or self.html is not None:
            text = self._told(outcome)
        if self.results is not None:
            from app.backtest.result_tables import write_results

            try:
                files = write_results(outcome, self.results)
            except OSError as error:
                raise click.UsageError(f"--results {self.results}: {error.strerror}") from error
            except DoesNotFit as error:
                raise click.UsageError(f"--results {self.results}: {error}") from error
            for file in files:
                click.echo(f"written: {file}", err=True)
        return text

    def _told(self, outcome: BacktestOutcome) -> str:
        from app.backtest.analysis import analyse
        from app.backtest.report import report

        found = analyse(outcome)
        text = json.dumps(report(outcome, found), indent=2) + "\n"
        if self.report is not None:
            _write("--report", self.report, text)
        if self.html is not None:
            from app.backtest.tear_sheet import tear_sheet  # the chart library takes a second

            _write("--html", self.html, tear_sheet(outcome, found))
        return text


def _write(option: str, file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{option} {file}: {error.strerror}") from error
    click.echo(f"written: {file}", err=True)
