"""Write two pages: how many tests prove each requirement, and which.

Ids and rules come from docs/requirements.toml, proofs from `@pytest.mark.req("ID", …)` in tests/,
read from the source text without importing it. docs/requirements.md is for people, with counts by
kind of test; docs/requirement-tests.md has the names. `--check` writes nothing and ends with 1 when
a committed page is not the one that the tests give, or when a marker names an unknown id.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RULES = Path("docs/requirements.toml")
TABLE = Path("docs/requirements.md")
TESTS = Path("docs/requirement-tests.md")
KINDS = ("unit", "contract", "simulation", "supervision", "e2e", "house")
"""Folders of tests/, from the fastest proof to the slowest, and the checks of the text last."""
TITLES = {True: "Safety", False: "Decisions, configuration, operation"}
MADE = """Made by `python scripts/requirements_table.py` from
[requirements.toml](requirements.toml) and the `req` markers of the tests; do not edit."""
INTRO = f"""# Requirements

How many tests claim each requirement, by [kind](../tests/README.md); the id leads to the whole rule
and to the names of its tests. A marker says which test to read, not that the requirement is proven
whole: what a test leaves open is written in the test. A line without a number is not built yet.

{MADE}
"""
TESTS_INTRO = f"""# Requirements and their tests

The counts are in [requirements.md](requirements.md).

{MADE}
"""

Proofs = dict[str, list[str]]
"""Requirement id → tests, as `path::name`."""
Proof = tuple[str, str]
Ids = tuple[str, ...]


def marked_ids(node: ast.AST) -> Iterator[str]:
    """Yield the ids of every `….mark.req(…)` call inside `node`."""
    for call in ast.walk(node):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        owner = call.func.value
        if call.func.attr == "req" and isinstance(owner, ast.Attribute) and owner.attr == "mark":
            for argument in call.args:
                # An argument that is no literal yields its source text, reported as unknown.
                yield ast.unparse(argument).strip("'\"")


def is_pytestmark(node: ast.stmt) -> bool:
    """Tell whether `node` sets the markers of a whole module or class."""
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"


def proofs_in(body: list[ast.stmt], where: str, inherited: Ids) -> Iterator[Proof]:
    """Yield (id, `path::name`) for each test in `body`, markers of its surroundings included."""
    common = inherited + tuple(
        found for node in body if is_pytestmark(node) for found in marked_ids(node)
    )
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        own = tuple(found for mark in node.decorator_list for found in marked_ids(mark))
        if isinstance(node, ast.ClassDef):
            yield from proofs_in(node.body, f"{where}::{node.name}", common + own)
        elif node.name.startswith("test_"):
            for found in dict.fromkeys(common + own):
                yield found, f"{where}::{node.name}"


def collect(root: Path) -> Proofs:
    """Return the proofs that the tests under `root`/tests claim, in the order of their paths."""
    proofs: Proofs = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for identifier, test in proofs_in(tree.body, path.relative_to(root).as_posix(), ()):
            proofs.setdefault(identifier, []).append(test)
    return proofs


def load_rules(root: Path) -> dict[str, dict[str, Any]]:
    """Return id → {short, rule, safety} as docs/requirements.toml has it."""
    return tomllib.loads((root / RULES).read_text(encoding="utf-8"))


def unknown_ids(root: Path) -> list[str]:
    """Return a line for each marked id that docs/requirements.toml does not have."""
    known = load_rules(root)
    return [
        f"{tests[0]} names {identifier}, which {RULES} does not have"
        for identifier, tests in sorted(collect(root).items())
        if identifier not in known
    ]


def by_safety(root: Path) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """Yield each heading with its requirements."""
    rules = load_rules(root)
    for is_safety, title in TITLES.items():
        yield title, {k: row for k, row in rules.items() if row.get("safety", False) is is_safety}


def counts(tests: list[str]) -> list[str]:
    """Return how many tests of each kind there are; an empty text for none."""
    found = Counter(test.split("/")[1] for test in tests)
    unknown = found.keys() - set(KINDS)
    if unknown:
        raise SystemExit(f"expected tests in {', '.join(KINDS)}, found {', '.join(unknown)}")
    return [str(found[kind] or "") for kind in KINDS]


def render_table(root: Path) -> str:
    """Return the text that docs/requirements.md should have."""
    proofs, lines = collect(root), [INTRO]
    for title, rows in by_safety(root):
        claimed = sum(name in proofs for name in rows)
        lines += [f"## {title}", "", f"{claimed} of {len(rows)} have tests.", ""]
        lines += [f"| id | in short | {' | '.join(KINDS)} |", f"|---|---|{'---:|' * len(KINDS)}"]
        lines += [
            f"| [{name}]({TESTS.name}#{name.lower()}) | {row['short']} "
            f"| {' | '.join(counts(proofs.get(name, [])))} |"
            for name, row in rows.items()
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def test_list(tests: list[str]) -> Iterator[str]:
    """Yield a line a file, with the names of its tests."""
    by_file: dict[str, list[str]] = {}
    for test in tests:
        path, _, name = test.partition("::")
        by_file.setdefault(path, []).append(name)
    for path, names in by_file.items():
        shown = ", ".join(f"`{name}`" for name in names)
        yield f"- [{path.removeprefix('tests/')}](../{path}): {shown}"


def render_tests(root: Path) -> str:
    """Return the text that docs/requirement-tests.md should have."""
    proofs, lines = collect(root), [TESTS_INTRO]
    for name, row in load_rules(root).items():
        lines += [f"## {name}", "", row["rule"], ""]
        lines += [*(list(test_list(proofs.get(name, []))) or ["No test yet."]), ""]
    return "\n".join(lines).rstrip() + "\n"


def pages(root: Path) -> dict[Path, str]:
    """Return both pages."""
    return {TABLE: render_table(root), TESTS: render_tests(root)}


def stale(root: Path, path: Path, text: str) -> bool:
    """Tell whether the committed page is missing or another one."""
    return not (root / path).exists() or (root / path).read_text(encoding="utf-8") != text


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` compare; return the exit code."""
    problems = unknown_ids(ROOT)
    made = pages(ROOT)
    if arguments == ["--check"]:
        problems += [
            f"{path} is stale: run python scripts/requirements_table.py"
            for path, text in made.items()
            if stale(ROOT, path, text)
        ]
    elif arguments:
        problems.append(f"requirements_table.py knows only --check, was given {arguments}")
    else:
        for path, text in made.items():
            (ROOT / path).write_text(text, encoding="utf-8")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
