"""Write docs/mutants.md from what `scripts/mutants` has tried: the score, and what no test found.

    python -m scripts.mutants_page build/mutants [NAME...]

Only modules of which every change was tried count for the page, and it names the others. With
names, such as `domain.risk.gate*`, it tells of those changes and leaves the page as it is. Why a
change that no test finds is harmless stands in docs/mutants.toml. Exit code 1 if fewer than 95 %
were found, or a change that was not found has no reason there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from attrs import frozen

from scripts.pages import ROOT

PAGE, REASONS = ROOT / "docs" / "mutants.md", ROOT / "docs" / "mutants.toml"
LEAST_PCT = 95.0
UNTRIED, UNFOUND = (None,), (0, 5, 33)
"""Exit codes of the tests of one change: none yet; all passed, or there was none to run."""
INTRO = """# Changes that no test found

Made by `./scripts/mutants`; do not edit. The reasons come from docs/mutants.toml.

Every operator, constant, argument and condition of `domain/risk` and `domain/orders` is changed by
itself, and the unit tests of `domain/` and `actors/` are run that reach it. A change that they all
let pass is a claim that nobody makes.

**{tried} changes, {found} found by a test: {share:.1f} %** (aim: {least:g} %).{missing}

| module | changes | not found |
|---|---:|---:|
"""


@frozen
class Survivor:
    """A change that no test found: function, the lines taken away and put there."""

    function: str
    before: str
    after: str

    @property
    def key(self) -> str:
        """Return by what its reason is found, which no other change of the file can move."""
        return f"{self.function}: {self.after or self.before}"


@frozen
class Tried:
    """What came of the changes: how many of each module were tried, and those not found.

    `untried` says of how many changes of a module nothing is known yet.
    """

    tried: Counter[str]
    unfound: tuple[str, ...]
    untried: Counter[str]

    def whole(self) -> Tried:
        """Return what is known of the modules of which every change was tried."""
        tried = {name: count for name, count in self.tried.items() if not self.untried[name]}
        unfound = tuple(name for name in self.unfound if module_of(name) in tried)
        return Tried(Counter(tried), unfound, self.untried)

    @property
    def share_pct(self) -> float:
        """Return how many percent of what was tried a test has found."""
        total = self.tried.total()
        return 100 * (total - len(self.unfound)) / max(total, 1)


def module_of(name: str) -> str:
    """Return the module that a change is in."""
    return name.partition(".x")[0]


def tried_in(work: Path, patterns: Iterable[str] = ()) -> Tried:
    """Return what `work` knows of the changes whose names match one of `patterns`, or of all."""
    wanted = tuple(patterns) or ("*",)
    tried, untried, unfound = Counter[str](), Counter[str](), list[str]()
    for file in sorted((work / "mutants" / "domain").rglob("*.meta")):
        codes: Mapping[str, int | None] = json.loads(file.read_text())["exit_code_by_key"]
        for name, code in codes.items():
            if not any(fnmatchcase(name, each) for each in wanted):
                continue
            (untried if code in UNTRIED else tried)[module_of(name)] += 1
            if code in UNFOUND:
                unfound.append(name)
    return Tried(tried, tuple(unfound), untried)


def shown_by_tool(work: Path, name: str) -> str:
    """Return a change as a difference of lines."""
    command = [sys.executable, "-m", "mutmut", "show", name]
    return subprocess.run(command, cwd=work, check=True, capture_output=True, text=True).stdout


def survivor(work: Path, name: str) -> Survivor:
    """Return what was changed under this name."""
    shown = shown_by_tool(work, name)
    lines = [each for each in shown.splitlines() if each[:3] not in ("---", "+++")]
    before, after = (
        " ".join(each[1:].strip() for each in lines if each.startswith(sign)) for sign in "-+"
    )
    module, rest = module_of(name), name.partition(".x")[2]
    function = rest.rpartition("__mutmut")[0][1:].replace("ǁ", ".")
    return Survivor(f"{module}.{function}", before, after)


def page(known: Tried, survivors: Iterable[Survivor], reasons: Mapping[str, str]) -> str:
    """Return the page on the modules that `known` has tried whole."""
    total, unfound = known.tried.total(), Counter(module_of(name) for name in known.unfound)
    missing = [f"`{name}`" for name, count in sorted(known.untried.items()) if count]
    parts = [
        INTRO.format(
            tried=total,
            found=total - len(known.unfound),
            share=known.share_pct,
            least=LEAST_PCT,
            missing=f"\n\nNot or not wholly tried yet: {', '.join(missing)}." if missing else "",
        )
    ]
    parts += [f"| `{name}` | {known.tried[name]} | {unfound[name]} |\n" for name in known.tried]
    for each in survivors:
        why = reasons.get(each.key, "no reason is known: a test is missing")
        parts.append(f"\n## `{each.function}`\n\n{why}\n\n```diff\n")
        parts += [f"- {each.before}\n"] if each.before else []
        parts += [f"+ {each.after}\n"] if each.after else []
        parts.append("```\n")
    return "".join(parts)


def main(arguments: list[str]) -> int:
    """Write the page from the folder that is named; return 1 if too much was not found."""
    folder, *names = arguments
    work = Path(folder)
    known = tried_in(work, names) if names else tried_in(work).whole()
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8"))["reasons"]
    survivors = sorted((survivor(work, name) for name in known.unfound), key=lambda s: s.key)
    if not names:
        PAGE.write_text(page(known, survivors, reasons), encoding="utf-8")
    open_ = [each for each in survivors if each.key not in reasons]
    for each in open_:
        print(f"{each.function}\n  - {each.before}\n  + {each.after}")
    total = known.tried.total()
    print(f"{total} changes tried, {known.share_pct:.1f} % found, {len(open_)} unexplained")
    return 1 if known.share_pct < LEAST_PCT or open_ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
