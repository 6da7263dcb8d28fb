import contextlib
import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from adapters.control.instances import InstanceRunning
from adapters.venues.coinbase.auth import KeyInvalid
from app.command_line.cli import cli, main
from app.command_line.options import Folders
from app.command_line.shell import folder_options
from config.errors import ConfigError
from domain.model.errors import InvariantBroken, JournalError, TradingError, Unreachable

Raise = Callable[[BaseException], None]


@pytest.fixture
def raising() -> Iterator[Raise]:
    """A command `probe` that raises what the test wants."""

    def install(error: BaseException) -> None:
        @cli.command("probe")
        @folder_options
        def probe(folders: Folders) -> int:
            raise error

    yield install
    cli.commands.pop("probe", None)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (click.UsageError("no"), 2),
        (ConfigError(()), 2),
        (JournalError("record 5 is not whole"), 4),
        (KeyInvalid("others may read it"), 4),
        (InstanceRunning("held by pid 1"), 5),
        (Unreachable("no route"), 1),
        (TradingError("no"), 1),
        (click.Abort(), 1),
        (InvariantBroken("sold more than owned"), 70),
        (RuntimeError("a bug"), 70),
        (MemoryError(), 1),
        (OSError(errno.ENOSPC, "No space left on device"), 1),
    ],
)
def test_errors_have_the_exit_codes_of_the_contract(
    error: BaseException,
    code: int,
    raising: Raise,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    raising(error)

    assert main(["probe", "--log-dir", str(tmp_path)]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    assert captured.err.strip()


def test_a_bug_is_kept_in_a_file_and_named_by_an_id(
    raising: Raise, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(RuntimeError("only in the file"))

    assert main(["--log-dir", str(tmp_path / "logs"), "probe"]) == 70

    (file,) = (tmp_path / "logs" / "incidents").iterdir()
    told = capsys.readouterr().err
    assert file.stem in told
    assert str(file) in told
    assert "only in the file" not in told
    assert "RuntimeError: only in the file" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_a_bug_is_told_even_if_nothing_can_be_written(
    raising: Raise, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    raising(RuntimeError("x"))

    assert main(["probe", "--log-dir", str(tmp_path / "file" / "logs")]) == 70
    assert "could not be written" in capsys.readouterr().err


def test_folder_options_of_the_command_win_over_those_before_it(tmp_path: Path) -> None:
    seen: list[Folders] = []

    @cli.command("probe")
    @folder_options
    def probe(folders: Folders) -> int:
        seen.append(folders)
        return 0

    try:
        assert main(["--data-dir", "a", "--log-dir", "b", "probe", "--data-dir", "c"]) == 0
    finally:
        cli.commands.pop("probe")
    assert seen == [Folders(config=Path("config"), data=Path("c"), log=Path("b"))]


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("stauts", "No such command 'stauts'; did you mean status?"),
        ("config chekc", "Did you mean 'check'?"),
        ("status --jsn", "--json"),
        ("status --env papr", "was 'papr'; did you mean paper?"),
        ("--env paper --venue coinbas", "was 'coinbas'; did you mean coinbase?"),
        ("completion bsh", "did you mean bash?"),
        ("--env paper --drill crash:risk_gat@1s", "did you mean risk_gate?"),
    ],
)
def test_a_word_that_is_nearly_right_is_told_what_was_meant(
    line: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == 2
    assert hint in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["kill", "resume", "pause", "unpause"])
@pytest.mark.parametrize("reason", ["", "   ", "\n\t", "\x1b"])
def test_a_reason_that_says_nothing_is_refused(
    verb: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--reason", reason, "--data-dir", str(tmp_path)]) == 2
    assert "say why" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "balance", ["USD=1e400", "USD=1e-400", "USD=1000000001", "USD=-1", "USD=NaN", "USD=inf"]
)
@pytest.mark.parametrize("command", [("--env", "paper"), ("venue",)])
def test_an_absurd_balance_is_a_sentence(
    balance: str, command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [f"--{name}-dir={tmp_path / name}" for name in ("data", "log")]
    with contextlib.suppress(SystemExit):  # the venue ends its process itself
        assert main([*command, "--paper-balance", balance, *folders]) == 2

    told = capsys.readouterr().err
    assert "expected a" in told
    assert not (tmp_path / "data" / "paper").exists()
