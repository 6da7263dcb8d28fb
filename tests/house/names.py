"""Names of classes: each stands once, and what a docstring says of a class exists."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterator, Mapping
from itertools import filterfalse
from pathlib import Path

from tests.house.tidy import full_name, where

QUOTED = re.compile(r"`(\w+)(?:\([^`]*\))?`")
"""A name in backticks, alone or called."""
TIMERS = {"Timer", "InTurn"}
"""The bases of timers."""


def classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    """Yield the public classes at the top of a module."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node


def is_timer(node: ast.ClassDef) -> bool:
    """Tell whether a class is the value of a timer: it comes back to its own actor only."""
    return not TIMERS.isdisjoint(full_name(base, {}) for base in node.bases)


def twins(trees: Mapping[Path, ast.Module]) -> dict[str, list[str]]:
    """Return class name → modules, of every name that stands more than once; timers don't count."""
    found: dict[str, list[str]] = {}
    for path, tree in trees.items():
        for node in filterfalse(is_timer, classes(tree)):
            found.setdefault(node.name, []).append(where(path))
    return {name: modules for name, modules in found.items() if len(modules) > 1}


def members(node: ast.ClassDef) -> set[str]:
    """Return fields, methods, parameters of methods and attributes set on `self`."""
    names = {node.name}
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(inner.name)
        elif isinstance(inner, ast.arg):
            names.add(inner.arg)
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            names.add(inner.id)
        elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
            names.add(inner.attr)
    return names


def top_names(tree: ast.Module) -> set[str]:
    """Return what a module defines or imports."""
    names = set[str]()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(target.id for target in targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
    return names


def known_everywhere(trees: Mapping[Path, ast.Module]) -> set[str]:
    """Return what a docstring may name without being its class's own."""
    modules = {path.stem for path in trees} | {path.parent.name for path in trees}
    return set[str]().union(modules, *map(top_names, trees.values())) | {
        *dir(builtins),
        *keyword.kwlist,
    }


def inherited(node: ast.ClassDef, by_name: Mapping[str, ast.ClassDef]) -> set[str]:
    """Return the members of a class and of its bases, as far as they are ours."""
    names = members(node)
    for base in node.bases:
        found = by_name.get(full_name(base, {}).rpartition(".")[2])
        if found is not None and found is not node:
            names |= inherited(found, by_name)
    return names


def within(tree: ast.Module) -> set[str]:
    """Return functions, methods and texts of a module: names on the wire, keys, commands."""
    names = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return names


def unknown_names(trees: Mapping[Path, ast.Module]) -> Iterator[str]:
    """Find backticked names in docstrings of classes that nothing bears."""
    by_name = {node.name: node for tree in trees.values() for node in classes(tree)}
    everywhere = known_everywhere(trees)
    for path, tree in trees.items():
        known = everywhere | within(tree)
        for node in ast.walk(tree):
            if not isinstance(node, ast.ClassDef):
                continue
            own = inherited(node, by_name)
            for name in QUOTED.findall(ast.get_docstring(node) or ""):
                if name not in own and name not in known:
                    title = f"{where(path)}:{node.lineno} {node.name}"
                    yield f"{title} speaks of `{name}`, which nothing bears"
