"""Cases in processes of their own, two at a time: what one of them breaks ends with it."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from attrs import asdict

from app.run.child import CleanChildren, last_words
from app.torture.cases import Case
from app.torture.outcome import TortureOutcome

AT_ONCE = 2
LIMIT_S = 240
CASE, OUTCOME, SAID = "case.json", "outcome.json", "said"
Heard = Callable[[int], None]


class TortureCases:
    """Runs cases below a folder of their own, which is gone at the end, and all of them with it."""

    def __init__(self, config: Path, sets: Sequence[str]) -> None:
        """`config` is the folder of the configuration whose bounds are tried, with `sets`."""
        self._told: Mapping[str, Any] = {"config": str(config.absolute()), "sets": list(sets)}
        self._children = CleanChildren()

    def outcomes(self, cases: Sequence[Case], hear: Heard) -> list[TortureOutcome]:
        """Return what comes of `cases`, in their order; `hear` is told how many are done."""
        ordered = sorted(cases, key=lambda case: not case.is_on_threads)  # the longest begin
        with _folder() as home, ThreadPoolExecutor(AT_ONCE) as pool:
            begun: dict[Future[TortureOutcome], Case] = {
                pool.submit(self._outcome, case, home / case.name): case for case in ordered
            }
            try:
                found = {}
                for done in as_completed(begun):
                    found[begun[done].name] = done.result()
                    hear(len(found))
            finally:
                self._children.end()
        return [found[case.name] for case in cases]

    def _outcome(self, case: Case, folder: Path) -> TortureOutcome:
        if self._children.is_over:
            return TortureOutcome(case=case, told={}, error="it was not begun")
        folder.mkdir()
        told = json.dumps({**asdict(case), **self._told})
        (folder / CASE).write_text(told, encoding="utf-8")
        said = folder / SAID
        code = self._children.run(("app.torture.run", str(folder)), said, LIMIT_S)
        if code is None:
            return TortureOutcome(case=case, told={}, error=f"no end within {LIMIT_S} s")
        return _read(case, folder, code)


def _read(case: Case, folder: Path, code: int) -> TortureOutcome:
    try:
        told = json.loads((folder / OUTCOME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        error = f"its process ended with {code}: {last_words(folder / SAID)}"
        return TortureOutcome(case=case, told={}, error=error)
    return TortureOutcome(case=case, told=told)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    # Who was killed may still write while its folder goes.
    with tempfile.TemporaryDirectory(prefix="bulkhead-", ignore_cleanup_errors=True) as home:
        yield Path(home)
