"""The rules of style that a machine can check; each returns one line per finding."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("actors", "adapters", "app", "config", "domain")
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 40

BANNED = {
    "time.time": "the Clock port",
    "time.time_ns": "the Clock port",
    "time.monotonic": "the Clock port",
    "time.monotonic_ns": "the Clock port",
    "time.perf_counter": "the Clock port",
    "time.sleep": "a timer of the actor",
    "datetime.datetime.now": "the Clock port",
    "datetime.datetime.utcnow": "the Clock port",
    "datetime.date.today": "the Clock port",
    "uuid.uuid1": "domain/orders/identity.py",
    "uuid.uuid4": "domain/orders/identity.py",
    "random": "a seeded generator handed in",
    "secrets": "a value handed in",
    "os.urandom": "a value handed in",
    "print": "a message, or the log of the actor",
    "input": "a message",
}
"""What neither domain nor actors may call → what to use instead. A module bans all it holds."""

FOREIGN_WORDS = {
    "symbol": "product",
    "instrument": "product",
    "ticker": "product or quote",
    "exchange": "venue",
    "broker": "venue",
    "helper": "the name of what it does",
    "util": "the name of what it does",
    "misc": "the name of what it holds",
}
"""Words that docs/glossary.md replaces → the word to use in names of our own."""

UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
LATE_IMPORT = re.compile(r"([a-z_]+(?:\.[a-z_0-9]+)+):[A-Za-z_]+")
MACHINE_PATH = re.compile(r"(?<![\w.}/])/(?:home|root|Users|work|opt|mnt|media)/[\w.]")


def sources(*folders: str) -> list[Path]:
    """Return the Python files under `folders` of the checkout, in order of their paths."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def where(path: Path, line: int = 0) -> str:
    """Return `path` as seen from the checkout, with its line if there is one."""
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    return f"{name}:{line}" if line else name


def long_module(name: str, text: str) -> Iterator[str]:
    """Find a module with more lines than a reader keeps in mind."""
    lines = text.count("\n")
    if lines > MODULE_LINES_MAX:
        yield f"{name} has {lines} lines, at most {MODULE_LINES_MAX}: split it by subject"


def function_lines(tree: ast.Module) -> dict[str, int]:
    """Return the length of each function without its docstring, by name and line of its `def`."""
    lengths = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            doc = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
            doc_lines = (doc.end_lineno or 0) - doc.lineno + 1 if doc else 0
            lengths[f"{node.name}:{node.lineno}"] = (
                (node.end_lineno or 0) - node.lineno + 1 - doc_lines
            )
    return lengths


def long_functions(name: str, tree: ast.Module, ratchet: Mapping[str, int]) -> Iterator[str]:
    """Find functions that are too long; one in `ratchet` (`path::function`) may keep its length."""
    for function, lines in function_lines(tree).items():
        title, _, line = function.partition(":")
        limit = ratchet.get(f"{name}::{title}", FUNCTION_LINES_MAX)
        if lines > limit:
            yield f"{name}:{line} {title} has {lines} lines, at most {limit}: name its steps"


def imported_names(tree: ast.Module) -> dict[str, str]:
    """Return local name → full name of everything that the module imports."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def full_name(node: ast.expr, imported: Mapping[str, str]) -> str:
    """Return the dotted name that `node` stands for, or an empty text if it is no name."""
    if isinstance(node, ast.Name):
        return imported.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        owner = full_name(node.value, imported)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def banned_calls(name: str, tree: ast.Module) -> Iterator[str]:
    """Find clocks, sleeps, chance and output where only ports may bring them."""
    imported = imported_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            used = full_name(node, imported)
            # A bare `random` that nobody imported is somebody's variable, not the module.
            known = used in ("print", "input") or used.partition(".")[0] in {
                full.partition(".")[0] for full in imported.values()
            }
            for banned in {used, used.partition(".")[0]} & BANNED.keys() if known else ():
                yield f"{name}:{node.lineno} uses {used}: take {BANNED[banned]}"


def binary_floats(name: str, tree: ast.Module) -> Iterator[str]:
    """Find float literals and conversions where only exact numbers may be."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"{name}:{node.lineno} has the float {node.value}: write Decimal with a text"
        elif isinstance(node, ast.Call) and full_name(node.func, {}) == "float":
            yield f"{name}:{node.lineno} calls float(): money stays Decimal"


def is_set(node: ast.expr) -> bool:
    """Tell whether `node` makes a set on the spot."""
    if isinstance(node, ast.Call):
        return full_name(node.func, {}) in ("set", "frozenset")
    return isinstance(node, ast.Set | ast.SetComp)


def iterated_sets(name: str, tree: ast.Module) -> Iterator[str]:
    """Find loops over a set as it stands: its order differs from run to run."""
    for node in ast.walk(tree):
        gone_through: list[ast.expr] = []
        if isinstance(node, ast.For | ast.comprehension):
            gone_through = [node.iter]
        elif isinstance(node, ast.Call) and full_name(node.func, {}) in ("list", "tuple", "iter"):
            gone_through = node.args
        for found in filter(is_set, gone_through):
            yield f"{name}:{found.lineno} goes through a set: sort it, or keep a dict or tuple"


def mocks(name: str, tree: ast.Module) -> Iterator[str]:
    """Find imports of mocks: a small real implementation says more."""
    for module in sorted(mentioned_modules(tree)):
        if module.startswith(("unittest.mock", "mock.", "pytest_mock")):
            yield f"{name} imports {module}: write a small real one in tests/fakes"


def foreign_words(name: str, tree: ast.Module) -> Iterator[str]:
    """Find classes, functions and modules named with a word that the glossary replaces."""
    named = [(Path(name).stem, 1)]
    named += [
        (node.name, node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    for title, line in named:
        words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", title)
        for word in words:
            singular = word.lower().removesuffix("s")
            if singular in FOREIGN_WORDS:
                yield f"{name}:{line} {title}: say {FOREIGN_WORDS[singular]}, not {singular}"


def unfinished(name: str, text: str) -> Iterator[str]:
    """Find notes to do something later: an issue is the place for them."""
    for number, line in enumerate(text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield f"{name}:{number} leaves work for later: finish it or open an issue"


def machine_paths(name: str, text: str) -> Iterator[str]:
    """Find paths that exist on somebody's machine only."""
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATH.search(line):
            yield f"{name}:{number} names a path of one machine: make it relative or configurable"


def module_name(path: Path, root: Path) -> str:
    """Return the dotted name under which `path` is imported."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def mentioned_modules(tree: ast.Module) -> set[str]:
    """Return what `tree` imports, also late: by a text of the form `package.module:name`."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            late = LATE_IMPORT.fullmatch(node.value)
            names.update([late[1]] if late else [])
    return names


def dead_modules(paths: list[Path], root: Path, plugins: tuple[str, ...]) -> Iterator[str]:
    """Find modules of `paths` that nothing imports and nobody can start.

    Those whose names begin with one of `plugins` are found by name and never dead.
    """
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    used = set[str]().union(*(mentioned_modules(ast.parse(text)) for text in texts.values()))
    for path, text in texts.items():
        module = module_name(path, root)
        starts = 'if __name__ == "__main__":' in text
        if path.name != "__init__.py" and not (
            module in used or starts or module.startswith(plugins)
        ):
            yield f"{path.relative_to(root).as_posix()} is imported by nothing: wire it or drop it"
