"""Write the JSON Schema of a backtest's report: docs/backtest-report.schema.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from app.backtest.report_schema import json_schema
from scripts.pages import write_or_check

PAGE = Path(__file__).resolve().parents[1] / "docs" / "backtest-report.schema.json"


def render() -> str:
    """Return the schema as text."""
    return json.dumps(json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, render(), "scripts.backtest_schema", sys.argv[1:]))
