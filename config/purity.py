"""What a strategy's source must not do, read from its text before any of it runs.

A strategy is a function of what it is handed: no clock, no chance, no files, no network, nothing
kept between calls. This finds mistakes; it is no prison for code that means harm.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

LIBRARIES = frozenset(
    {
        "__future__",
        "attrs",
        "collections",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "itertools",
        "math",
        "numpy",
        "operator",
        "statistics",
        "typing",
    }
)
OURS = ("domain.decisions", "domain.model", "domain.signals")
"""The packages of this product that a strategy may import from."""
CALLS = frozenset(
    {
        "__import__",
        "breakpoint",
        "compile",
        "delattr",
        "eval",
        "exec",
        "globals",
        "input",
        "open",
        "print",
        "setattr",
        "vars",
    }
)
ARITHMETIC = frozenset({"getcontext", "setcontext", "localcontext", "seterr", "seterrcall"})
"""What changes how everybody else on the same thread rounds: money is rounded there too."""
NUMPY = frozenset(
    {
        "datetime64",
        "fromfile",
        "genfromtxt",
        "load",
        "loadtxt",
        "memmap",
        "random",
        "save",
        "savetxt",
        "savez",
        "tofile",
    }
)
"""Parts of numpy that draw, read or write, or know the time."""

Found = Iterator[tuple[int, str]]


def impurities(source: str) -> Found:
    """Yield line and reason of everything in `source` that no strategy may do.

    Raises:
        SyntaxError: `source` is no Python.
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                for each in names:
                    yield from _imported(node.lineno, each.name, each.name)
            case ast.ImportFrom(module=module, names=names, level=level):
                for each in names:
                    whole = f"{'.' * level}{module or ''}"
                    yield from _imported(node.lineno, whole, f"{whole}.{each.name}")
            case ast.Name(id=name) if name in CALLS:
                yield node.lineno, f"uses {name}: {_WHY}"
            case ast.Attribute(attr=name) if name.startswith("__") or name in NUMPY | ARITHMETIC:
                yield node.lineno, f"uses .{name}: {_WHY}"
            case ast.Global() | ast.Nonlocal():
                yield node.lineno, f"keeps {', '.join(node.names)} between calls: {_WHY}"
            case ast.AsyncFunctionDef() | ast.Await():
                yield node.lineno, f"waits: {_WHY}"


_WHY = "a strategy is a pure function of its bars and its context"


def _imported(line: int, module: str, name: str) -> Found:
    is_ours = any(module == each or module.startswith(f"{each}.") for each in OURS)
    part = name.rpartition(".")[2]
    is_hidden = (module == "numpy" and part in NUMPY) or part in ARITHMETIC
    if name.startswith("numpy.random") or is_hidden:
        yield line, f"imports {name}: {_WHY}"
    elif module.partition(".")[0] not in LIBRARIES and not is_ours:
        allowed = ", ".join((*sorted(LIBRARIES - {"__future__"}), *OURS))
        yield line, f"imports {module}; it may import {allowed}"
