"""A sweep searches, judges its bests and the settings as they are, and keeps what it has tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.sweep.conduct import conduct
from app.sweep.findings import SweepFindings
from app.sweep.plan import SweepPlan
from app.sweep.store import TrialStore, sqlite_url
from app.sweep.trial import SweepJob, answer
from tests.builders.sweeps import plan
from tests.fakes.crews import InlineCrew

pytestmark = pytest.mark.req("BT2")


def conducted(small: SweepPlan, folder: Path, trials: int) -> tuple[SweepFindings, list[int]]:
    store = TrialStore(sqlite_url(folder / "t.sqlite"), small.identity, small.market)
    heard: list[int] = []
    found = conduct(small, store, InlineCrew(small.question), trials=trials, heard=heard.append)
    store.close()
    return found, heard


def test_each_best_is_judged_where_the_search_has_not_been(tmp_path: Path) -> None:
    small = plan(tmp_path)

    found, heard = conducted(small, tmp_path, 2)

    assert heard[0] == 0
    assert heard[-1] == 2 * len(small.folds)
    known = [each for each in found.folds if each.best is not None]
    assert known
    for each in known:
        assert each.best is not None
        sets = small.space.sets(each.best.indices)
        judged = answer(small.question, SweepJob(sets=sets, during=each.fold.judged))
        base = answer(small.question, SweepJob(sets=(), during=each.fold.judged))
        assert each.best_score == judged.score
        assert each.base_judged == base.score
        assert each.base_searched is not None

    assert conducted(small, tmp_path, 2)[0] == found
