"""The shell gets a short name for the program, and asks it how a word goes on."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from app.command_line.cli import main
from app.command_line.shell import COMPLETE

CHECKS = {"bash": ("bash", "-n"), "zsh": ("zsh", "-n"), "fish": ("fish", "-n")}


@pytest.mark.parametrize("shell", CHECKS)
def test_the_script_of_each_shell_calls_this_program(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out

    assert f"{shell}_complete" in script
    assert script.count(sys.executable) == 2, "the function, and what completes its words"
    assert script.count("run.py") == 2
    assert "$+commands" not in script
    if shutil.which(shell):
        done = subprocess.run(
            CHECKS[shell], input=script, capture_output=True, text=True, timeout=30, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("bulkhead stat", ["status"]),
        ("bulkhead config ch", ["check"]),
        ("bulkhead --env p", ["paper"]),
        ("bulkhead --venue c", ["coinbase"]),
        ("bulkhead kill --r", ["--reason"]),
    ],
)
def test_a_word_goes_on(
    words: str,
    found: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(COMPLETE, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))

    with pytest.raises(SystemExit) as ended:
        main([])

    assert ended.value.code == 0
    told = capsys.readouterr().out.split()
    assert [line.partition(",")[2] for line in told] == found
