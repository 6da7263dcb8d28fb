"""Who writes a file takes secrets out of it first, or has a reason to hold none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SEARCHED = ("actors", "adapters", "app", "config", "domain")
APART = "adapters/simulator/"
"""The venue has keys of its own, for its own world; its record of the wire leaves tokens out."""
HOLDS_NONE = {
    "adapters/clocks/market.py": "numbers",
    "adapters/journal/archive.py": "copies of records that were written without",
    "adapters/journal/emptying.py": "lines that the chain has sealed, less what they held",
    "adapters/journal/files.py": "lines that the chain has sealed",
    "adapters/journal/snapshots.py": "what records say that were written without",
    "adapters/telemetry/bars.py": "numbers",
    "adapters/telemetry/books.py": "numbers",
    "adapters/control/certificates.py": "the key of its own folder, which vouches for its files",
    "app/command_line/environment.py": "zeros, to try the disk",
    "app/commands/export.py": "tables made of the journal",
    "app/commands/logs.py": "nothing, once nobody reads",
    "app/commands/backtest_files.py": "results of orders that nobody has sent",
    "app/commands/sweep.py": "results of settings that were tried, and no address of a storage",
    "app/commands/report.py": "a page made of the journal",
    "app/commands/strategy.py": "a template and the name of a strategy",
    "app/incident/opening.py": "members of a bundle that were written without",
    "app/rehearsal/drill_run.py": "which faults are played",
    "app/rehearsal/running.py": "what a trader says, which redacts it",
    "app/rehearsal/state.py": "numbers",
    "app/torture/children.py": "which case is tried",
    "app/torture/market.py": "numbers",
    "app/torture/run.py": "figures and reasons of a run that was given no key",
    "app/run/child.py": "what a process says that was given no key",
    "app/run/watches.py": "files and lines of a stack, no value",
}


OPENS = re.compile(
    r"write_text\(|write_bytes\(|O_WRONLY|O_RDWR|fdopen\([^)]*[\"'][wax]|open\([^)]*[\"'][wax]b?[\"']"
)
"""How a module opens a file to write into it."""


def writers() -> dict[str, str]:
    files = (file for folder in SEARCHED for file in (ROOT / folder).rglob("*.py"))
    texts = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files}
    return {
        name: text
        for name, text in sorted(texts.items())
        if APART not in name and OPENS.search(text)
    }


@pytest.mark.req("SEC1")
def test_every_module_that_writes_a_file_redacts_or_says_why_not() -> None:
    careless = [name for name, text in writers().items() if "redacted(" not in text]
    careless = [name for name in careless if name not in HOLDS_NONE]

    assert careless == [], "use domain.model.secrets.redacted, or give the reason in HOLDS_NONE"


@pytest.mark.req("SEC1")
def test_no_excuse_has_outlived_its_module() -> None:
    found = writers()

    assert [name for name in HOLDS_NONE if name not in found or "redacted(" in found[name]] == []
