"""The page of changes that no test found says what was tried, and is silent about nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from scripts import mutants_page
from scripts.mutants_page import Survivor, Tried, main, page, survivor, tried_in

FOUND, SURVIVED, NO_TEST, TIMED_OUT, UNTRIED = 1, 0, 33, -24, None
DUST, GATE = "domain.risk.dust", "domain.risk.gate"
PLUS = Survivor(f"{DUST}.what_sells", "a + b", "a - b")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Return a folder as the tool leaves it: one module tried whole, one not."""
    codes = {
        DUST: (FOUND, FOUND, TIMED_OUT, SURVIVED, NO_TEST),
        GATE: (FOUND, SURVIVED, UNTRIED),
    }
    for module, results in codes.items():
        file = tmp_path / "mutants" / f"{module.replace('.', '/')}.py.meta"
        file.parent.mkdir(parents=True, exist_ok=True)
        named = {f"{module}.x_f__mutmut_{n}": code for n, code in enumerate(results, 1)}
        file.write_text(json.dumps({"exit_code_by_key": named}))
    return tmp_path


def test_what_survived_and_what_no_test_reaches_is_not_found(work: Path) -> None:
    known = tried_in(work)

    assert known.tried == {DUST: 5, GATE: 2}
    assert known.untried == {GATE: 1}
    assert known.unfound == tuple(
        f"{module}.x_f__mutmut_{n}" for module, n in ((DUST, 4), (DUST, 5), (GATE, 2))
    )


def test_only_modules_that_were_tried_whole_count(work: Path) -> None:
    whole = tried_in(work).whole()

    assert whole.tried == {DUST: 5}
    assert {name.partition(".x")[0] for name in whole.unfound} == {DUST}
    assert whole.share_pct == 60


def test_names_choose_changes(work: Path) -> None:
    assert tried_in(work, ["domain.risk.gate*"]).tried == {GATE: 2}
    assert tried_in(work, [f"{DUST}.x_f__mutmut_1", "nothing"]).tried == {DUST: 1}


def test_the_page_gives_the_score_and_the_reason_of_each_survivor() -> None:
    known = Tried(Counter({DUST: 40}), (f"{DUST}.x_what_sells__mutmut_1",), Counter())

    text = page(known, [PLUS], {PLUS.key: "Both are zero."})

    assert "**40 changes, 39 found by a test: 97.5 %** (aim: 95 %).\n" in text
    assert f"| `{DUST}` | 40 | 1 |\n" in text
    assert text.endswith(
        f"## `{DUST}.what_sells`\n\nBoth are zero.\n\n```diff\n- a + b\n+ a - b\n```\n"
    )
    assert "tried yet" not in text


def test_the_page_names_what_was_not_tried_and_what_nobody_explains() -> None:
    known = Tried(Counter({DUST: 1}), (f"{DUST}.x_f__mutmut_1",), Counter({GATE: 3}))

    text = page(known, [PLUS], {"another": "reason"})

    assert f"Not or not wholly tried yet: `{GATE}`." in text
    assert "no reason is known: a test is missing" in text


@pytest.mark.parametrize(
    ("name", "function"),
    [
        (f"{DUST}.x_what_sells__mutmut_12", "what_sells"),
        (f"{DUST}.x__private__mutmut_1", "_private"),
        (f"{DUST}.xǁKeeperǁ_give_up__mutmut_2", "Keeper._give_up"),
    ],
)
def test_a_change_is_read_from_what_the_tool_shows(
    name: str, function: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown = "--- a\n+++ b\n@@ -1,2 +1,1 @@\n x\n-    one(\n-        two)\n+    one()\n"
    monkeypatch.setattr(mutants_page, "shown_by_tool", lambda work, which: shown)

    assert survivor(tmp_path, name) == Survivor(f"{DUST}.{function}", "one( two)", "one()")


@pytest.mark.parametrize(("is_explained", "code"), [(True, 0), (False, 1)])
def test_a_run_of_everything_writes_the_page_and_fails_for_what_nobody_explains(
    is_explained: bool, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = {f"{DUST}.x_f__mutmut_{n}": int(n > 0) for n in range(40)}
    file = tmp_path / "mutants" / "domain" / "risk" / "dust.py.meta"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"exit_code_by_key": codes}))
    reasons = tmp_path / "reasons.toml"
    key = PLUS.key if is_explained else "another"
    reasons.write_text(f'[reasons]\n"{key}" = "Both are zero."\n')
    monkeypatch.setattr(mutants_page, "REASONS", reasons)
    monkeypatch.setattr(mutants_page, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(mutants_page, "survivor", lambda work, name: PLUS)

    assert main([str(tmp_path), "domain.risk.dust*"]) == code
    assert not (tmp_path / "page.md").exists()
    assert main([str(tmp_path)]) == code
    assert "97.5 %" in (tmp_path / "page.md").read_text()


def test_too_few_found_fails_though_each_is_explained(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reasons = work / "reasons.toml"
    reasons.write_text(f'[reasons]\n"{PLUS.key}" = "Both are zero."\n')
    monkeypatch.setattr(mutants_page, "REASONS", reasons)
    monkeypatch.setattr(mutants_page, "survivor", lambda work, name: PLUS)

    assert main([str(work), "domain.risk.dust*"]) == 1
    assert capsys.readouterr().out == "5 changes tried, 60.0 % found, 0 unexplained\n"
