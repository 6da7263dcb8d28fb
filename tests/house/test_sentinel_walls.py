"""The sentinel can list and cancel, and nothing else: by its imports and by its words."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.tidy import ROOT, mentioned_modules, sources

FOLDER = "adapters/sentinel"
ALLOWED = ("/orders/batch_cancel", "/orders/historical/batch", "/key_permissions")


@pytest.mark.req("K1")
def test_every_path_that_it_can_ask_for_lists_or_cancels() -> None:
    texts = [path.read_text(encoding="utf-8") for path in sources(FOLDER)]
    asked = {path for text in texts for path in re.findall(r'"(/[a-z_/]+)"', text)}

    assert asked == set(ALLOWED)
    assert sum(text.count('"POST"') for text in texts) == 1


@pytest.mark.req("K1")
def test_it_imports_no_code_that_could_make_an_order() -> None:
    used = {
        module
        for path in sources(FOLDER)
        for module in mentioned_modules(ast.parse(path.read_text(encoding="utf-8")))
    }
    ours = {each for each in used if (ROOT / each.partition(".")[0]).is_dir()}
    roots = {".".join(each.split(".")[:2]) for each in ours}

    assert roots <= {"adapters.venues", "adapters.control", "adapters.sentinel"} | {
        each for each in roots if each.startswith("domain.")
    }
    venues = {each for each in ours if each.startswith("adapters.venues.")}
    modules = {".".join(each.split(".")[:4]) for each in venues}
    assert modules <= {
        "adapters.venues.coinbase.answers",
        "adapters.venues.coinbase.auth",
        "adapters.venues.coinbase.key_sources",
        "adapters.venues.coinbase.wire",
    }
