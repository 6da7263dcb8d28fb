"""What a check of the venue shows: a line a step, or one document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.status.lines import BAD, DIM, WARN, Line
from domain.model.wording import counted
from domain.system.address import Address
from domain.system.venue_check import CheckedStep, StepResult, exit_code

_VERDICT, _STEP = 8, 12
"""Columns of the first two words of a line."""
_STYLES = {
    StepResult.NOTED: WARN,
    StepResult.SKIPPED: DIM,
    StepResult.FAILED: BAD,
    StepResult.REFUSED: BAD,
}


def lines_of(finding: CheckedStep) -> tuple[Line, ...]:
    """Return the line of a step, and below it what to do or type next."""
    found = f"expected {finding.expected}; found {finding.found}"
    if finding.verdict is StepResult.SKIPPED:
        found = f"not tried: {finding.found}"
    indent = _VERDICT + _STEP + 2
    head = f"{finding.verdict:<{_VERDICT}} {finding.step:<{_STEP}} {found}"
    lines = [Line(head, _STYLES.get(finding.verdict, ""), indent)]
    if finding.mend:
        lines.append(Line(f"{'':<{indent}}next: {finding.mend}", indent=len("next: ")))
    return tuple(lines)


def summary(found: Sequence[CheckedStep]) -> str:
    """Return how many steps went how."""
    counts = {each: sum(one.verdict is each for one in found) for each in StepResult}
    told = [f"{count} {each.lower()}" for each, count in counts.items() if count]
    return f"{counted(len(found), 'step')}: {', '.join(told)}"


def not_well(found: Sequence[CheckedStep]) -> str:
    """Return which steps are to blame for an exit code that is not 0."""
    wrong = (StepResult.FAILED, StepResult.REFUSED)
    return f"not well: {', '.join(each.step for each in found if each.verdict in wrong)}"


def document(rest: str, found: Sequence[CheckedStep], address: Address) -> dict[str, Any]:
    """Return all of it as one value; what to type is of the folders at `address`."""
    code = exit_code(found)
    rows = [
        {
            "step": each.step,
            "verdict": each.verdict.lower(),
            "expected": each.expected,
            "found": each.found,
            "next": address.put(each.mend) or None,
        }
        for each in found
    ]
    return {"venue": rest, "ok": code == 0, "exit_code": code, "steps": rows}
