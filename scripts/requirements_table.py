"""Write docs/requirements.md: for each requirement id its rule and the tests that prove it.

Ids and rules come from docs/requirements.toml, proofs from `@pytest.mark.req("ID", …)` in tests/,
read from the source text without importing it. `--check` writes nothing and ends with 1 when the
committed table is not the one that the tests give, or when a marker names an unknown id.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RULES = Path("docs/requirements.toml")
TABLE = Path("docs/requirements.md")
INTRO = """# Requirements and their proofs

Made by `python scripts/requirements_table.py` from [requirements.toml](requirements.toml) and the
`req` markers of the tests; do not edit. A marker says which test to read, not that the
requirement is proven whole: what a test leaves open is written in the test.
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
    """Return id → {rule, safety} as docs/requirements.toml has it."""
    return tomllib.loads((root / RULES).read_text(encoding="utf-8"))


def unknown_ids(root: Path) -> list[str]:
    """Return a line for each marked id that docs/requirements.toml does not have."""
    known = load_rules(root)
    return [
        f"{tests[0]} names {identifier}, which {RULES} does not have"
        for identifier, tests in sorted(collect(root).items())
        if identifier not in known
    ]


def proof_cell(tests: list[str]) -> str:
    """Return the tests of one requirement, grouped by file."""
    by_file: dict[str, list[str]] = {}
    for test in tests:
        path, _, name = test.partition("::")
        by_file.setdefault(path, []).append(name)
    return "<br>".join(
        f"[{path.removeprefix('tests/')}](../{path}): {', '.join(f'`{n}`' for n in names)}"
        for path, names in by_file.items()
    )


def render(root: Path) -> str:
    """Return the text that docs/requirements.md should have."""
    rules, proofs = load_rules(root), collect(root)
    lines = [INTRO]
    for title, safety in (("Safety", True), ("Decisions, configuration, operation", False)):
        rows = {name: row for name, row in rules.items() if row.get("safety", False) is safety}
        claimed = sum(name in proofs for name in rows)
        lines += [f"## {title}", "", f"{claimed} of {len(rows)} ids have tests.", ""]
        lines += ["| id | rule | tests |", "|---|---|---|"]
        lines += [
            f"| {name} | {row['rule']} | {proof_cell(proofs.get(name, [])) or 'not yet'} |"
            for name, row in rows.items()
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Write the table, or with `--check` compare; return the exit code."""
    problems = unknown_ids(ROOT)
    text = render(ROOT)
    if arguments == ["--check"]:
        if not (ROOT / TABLE).exists() or (ROOT / TABLE).read_text(encoding="utf-8") != text:
            problems.append(f"{TABLE} is stale: run python scripts/requirements_table.py")
    elif arguments:
        problems.append(f"requirements_table.py knows only --check, was given {arguments}")
    else:
        (ROOT / TABLE).write_text(text, encoding="utf-8")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
