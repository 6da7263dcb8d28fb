"""The page docs/config.md, made from the schema: `python -m config.reference > docs/config.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import attrs

from config.catalogue import Key, keys
from config.plugins import rules
from config.profiles import profile_keys
from domain.model.bounds import duration_text
from domain.model.instants import Nanos
from domain.model.money import plain

INTRODUCTION = """# Configuration

Made from the schema by `python -m config.reference`; do not edit.

Four files in `config/` hold every value: `app.yaml`, `policy.yaml`, `universe.yaml` and
`strategies.yaml`. They are checked as a whole before anything starts; all problems are reported at
once, each with file and line, and the start ends with exit code 2.

- `python run.py config check` checks them, `python run.py config show` shows every value in force
  and where it was decided.
- `config check --nlv 500` shows for each product what an entry may cost at that equity, which key
  makes it no larger, and from which equity on it can be bought at all; `config show --nlv 500` says
  the most that can be lost within a minute, an hour and a day, and why no more. A start with fewer
  than three tradable products says from which equity on there are three.
- Each start keeps its configuration in the data folder and says what differs from the start before:
  each value that is looser is a warning. `config history` lists them by hash, `config diff A B`
  compares two of them, or one with the files as they are, and `config restore HASH` puts its four
  files back as they were, comments and all; `git checkout HEAD~1 config/` does the same where your
  configuration is under version control.
- `--set FILE.section.key=value` overrides one value for one start. The value at that key is
  replaced whole, lists and mappings too. `app.mode` can only be lowered.
- Percentages are percent: `3` means 3 %. Numbers are plain decimals and stay exact. Durations
  carry their unit: `90s`, `15m`, `24h`.
- YAML tags, anchors, aliases, directives and second documents are refused.
- **mandatory**: the key must stand in the file, or come from the profile (below). The default shown
  is the shipped value.
- **tighter**: which way a value is stricter; `more` is a list that holds more. The
  range is a hard limit of the code.
- No key, password or token belongs into these files. A private key in them, among own strategies,
  in `--set` or anywhere in the checkout refuses the start (exit code 4) and its place is named.
"""
PROFILES = """## Profiles

`policy.profile` says how boldly it trades: one word for what stands below, where neither a file nor
`--set` says anything else. Hard limits and the caps of `policy.yaml` hold for every profile.

| key | conservative | swing_trader | day_trader |
|---|---|---|---|
"""
RULES = """## Rules without a key

These rules of the gate have nothing to be set, so there is no line that could be left out or
loosened. Each answers for a requirement and so always runs: nothing that can be written anywhere
in the four files, and no `--set`, turns one off. Anything under `policy.rules` that names one is
refused with exit code 2, as is any limit of another rule whose line is missing.

"""
HEAD = "| key | default | unit | range | tighter | meaning |\n|---|---|---|---|---|---|"


def page() -> str:
    """Return the whole page as Markdown."""
    parts = [INTRODUCTION]
    for file in ("app", "policy", "universe", "strategies"):
        rows = [_row(key) for key in keys() if key.path[0] == file]
        parts.append("\n".join((f"## {file}.yaml\n", HEAD, *rows)) + "\n")
    rows = ["| " + " | ".join((f"`{name}`", *cells)) + " |" for name, *cells in profile_keys()]
    parts.append(PROFILES + "\n".join(rows) + "\n")
    parts.append(RULES + "\n".join(_bare_rules()) + "\n")
    return "\n".join(parts)


def _bare_rules() -> Iterator[str]:
    """Yield a line for each rule that has no settings: its code and what it does."""
    for rule in rules():
        if rule.DEMANDED_BY and not attrs.fields(rule):
            does = " ".join((rule.__doc__ or "").split()).partition(". ")[0]
            yield f"- `{rule.CODE}`: {does.removesuffix('.')}."


def _row(key: Key) -> str:
    name = ".".join(str(part) for part in key.path[1:])
    meaning = f"{key.doc} (`use: {key.use}`)" if key.use else key.doc
    if key.rule:
        meaning += f" (rule `{key.rule}`, which runs if it is named)"
    default = "**mandatory**" if key.mandatory else ""
    if not key.mandatory or key.default or key.default == 0:
        default = f"{default} `{_shown(key.default, key.kind)}`".strip()
    tighter = "" if key.tighter == "none" else key.tighter
    cells = (f"`{name}`", default, key.unit, key.limits, tighter, meaning)
    return "| " + " | ".join(cells) + " |"


def _shown(value: Any, kind: Any) -> str:
    if kind is Nanos:
        return duration_text(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{name}: {_shown(part, None)}" for name, part in value.items())
        return "{" + inner + "}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return plain(value)
    if value is None:
        return "null"
    return "[]" if value == () else str(value)


if __name__ == "__main__":
    sys.stdout.write(page())
