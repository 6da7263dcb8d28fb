"""The program as a user calls it: exit codes, texts, no traceback."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.control.instances import InstanceLock
from adapters.control.kill_switch import FILE, read_kill
from adapters.control.requests import FileControlInbox
from adapters.control.status import FileStatusBoard

ROOT = Path(__file__).parents[2]
HEAVY = {"aiohttp", "cryptography", "numpy", "pyarrow", "pykka", "requests", "ruamel", "websocket"}
STATUS: dict[str, object] = {
    "mode": "paper",
    "config_hash": "0123456789abcdef",
    "halted": False,
    "halt_reason": None,
    "cycles": 4,
    "equity": "10012.5",
    "positions": [{"product": "BTC-USD", "quantity": "0.01", "cost": "431", "stop": "410"}],
    "actors": [{"name": "risk_gate", "state": "up", "epoch": 1, "restarts": 0, "mailbox": 0}],
}


class Ran:
    def __init__(self, process: subprocess.CompletedProcess[str]) -> None:
        self.code, self.out, self.err = process.returncode, process.stdout, process.stderr
        assert "Traceback" not in self.out + self.err


def run(*arguments: str, cwd: Path, python: tuple[str, ...] = ()) -> Ran:
    folders = [f"--{name}-dir={cwd / name}" for name in ("config", "data")]
    folders += [f"--log-dir={cwd / 'logs'}"]
    command = [sys.executable, *python, str(ROOT / "run.py"), *folders, *arguments]
    return Ran(subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A working folder with the shipped configuration."""
    shutil.copytree(ROOT / "config", tmp_path / "config", ignore=shutil.ignore_patterns("*.py*"))
    return tmp_path


@contextmanager
def instance(home: Path, answer: dict[str, object]) -> Iterator[list[str]]:
    """Something that holds the lock of paper, publishes a status and answers requests.

    Killed, it ends and says that nothing rests.
    """
    folder = home / "data" / "paper"
    lock, stop, seen = InstanceLock(folder), threading.Event(), list[str]()
    lock.acquire("2026-11-24T10:00:00Z")
    FileStatusBoard(folder).publish(STATUS)
    inbox = FileControlInbox(folder)

    def serve() -> None:
        while not stop.wait(0.02):
            os.utime(folder / "status.json")  # a sign of life
            if (home / "data" / FILE).exists():
                FileStatusBoard(folder).publish({**STATUS, "halted": True})
                a_journal(home, is_confirmed=True)
                lock.release()
                return
            for each in inbox.poll():
                seen.append(f"{each.verb}: {each.reason}")
                inbox.reply(each.id, answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()
        lock.release()


def a_journal(home: Path, *, is_confirmed: bool) -> None:
    """Write the last record of a run."""
    journal = home / "data" / "paper" / "journal"
    journal.mkdir(parents=True, exist_ok=True)
    (journal.parent / "LOCK").touch()
    record = {"type": "RunStopped", "data": {"reason": "kill", "is_confirmed": is_confirmed}}
    (journal / "000001.jsonl").write_text(json.dumps(record) + "\n")


def test_bare_call_is_help(home: Path) -> None:
    ran = run(cwd=home)

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Usage: run.py")
    assert sorted(entry.name for entry in home.iterdir()) == ["config"]


def test_help_loads_nothing_that_takes_long(home: Path) -> None:
    ran = run("--help", cwd=home, python=("-X", "importtime"))

    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in ran.err.splitlines()}
    assert "click" in names
    assert not names & HEAVY


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("logs",),
        ("alerts", "list"),
        ("kill",),
        ("resume",),
        ("release",),
        ("audit", "verify"),
        ("config", "check"),
        ("config", "show"),
        ("paper", "reset"),
        ("venue",),
        (),
    ],
)
def test_every_command_has_help_with_an_example(home: Path, command: tuple[str, ...]) -> None:
    ran = run(*command, "--help", cwd=home)

    assert ran.code == 0
    assert "Example:" in ran.out
    assert f"run.py {' '.join(command)}".strip() in ran.out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "No such command"),
        ("--nonsense", "No such option"),
        ("--env", "requires an argument"),
        ("--env demo", "expected one of dry-run, paper, live"),
        ("--cycles 3", "--cycles needs --env"),
        ("--env paper status", "stands before `status`"),
        ("--set a.b=c config check", "stands before `config`"),
        ("--env paper --speed 61", "expected 1 to 60, or max"),
        ("--env paper --speed max", "needs an end"),
        ("--env paper --market /no/such.parquet", "no file or folder"),
        ("--env paper --venue coinbase --speed 5", "cannot be sped up"),
        ("--env paper --venue coinbase --market generated", "exclude each other"),
        ("--env paper --market mirror:http://127.0.0.1:9 --speed max", "cannot be sped up"),
        ("--env paper --venue coinbase --from 2026-01-05T00:00:00Z", "a live one begins now"),
        ("--env paper --set policy.loop.interval_seconds=0", "must be >= 1, was 0"),
        ("--env paper --set app.mode=live", "may only be lowered"),
        ("--env paper --config-dir nowhere", "file is missing"),
        ("kill", "Missing option '--reason'"),
        ("status --env demo", "expected one of"),
    ],
)
def test_bad_usage_ends_with_2_and_starts_nothing(home: Path, line: str, words: str) -> None:
    ran = run(*line.split(), cwd=home)

    assert ran.code == 2
    assert words in ran.err
    assert ran.out == ""
    assert sorted(entry.name for entry in home.iterdir()) == ["config"]


@pytest.mark.req("M1")
def test_a_mode_above_the_ceiling_is_refused_with_4(home: Path) -> None:
    ran = run("--env", "paper", "--set", "app.mode=dry-run", cwd=home)

    assert ran.code == 4
    assert "above the ceiling app.mode: dry-run (--set #1)" in ran.err
    assert not (home / "data").exists()


@pytest.mark.req("M1")
def test_live_is_refused_with_4_and_names_its_gates(home: Path) -> None:
    app = home / "config" / "app.yaml"
    app.write_text(app.read_text().replace("mode: paper", "mode: live"))

    ran = run("--env", "live", "--confirm-live", cwd=home)

    assert ran.code == 4
    assert "certificate" in ran.err
    assert not (home / "data").exists()


def test_optimised_python_is_refused(home: Path) -> None:
    ran = run("--help", cwd=home, python=("-O",))

    assert ran.code == 2
    assert "without -O" in ran.err


@pytest.mark.req("C1")
def test_bad_config_names_file_and_line(home: Path) -> None:
    policy = home / "config" / "policy.yaml"
    line = policy.read_text().splitlines().index("  total_pct: 15") + 1
    policy.write_text(policy.read_text().replace("total_pct: 15", "total_pct: 25"))

    for command in (("config", "check"), ("config", "show"), ("--env", "paper")):
        ran = run(*command, cwd=home)
        assert ran.code == 2
        assert f"config/policy.yaml:{line}: policy.caps.total_pct: must be <= 15, was 25" in ran.err


def test_config_check_reports_both_ways(home: Path) -> None:
    plain = run("config", "check", cwd=home)
    document = json.loads(run("config", "check", "--json", cwd=home).out)

    assert plain.code == 0
    assert document["ok"]
    assert f"config={document['config_hash']} policy={document['policy_hash']}" in plain.out


def test_config_check_json_lists_the_problems(home: Path) -> None:
    ran = run("config", "check", "--json", "--set", "policy.caps.total_pct=25", cwd=home)

    assert ran.code == 2
    document = json.loads(ran.out)
    assert [problem["source"] for problem in document["problems"]] == ["--set #1"]


def test_config_show_names_the_source_of_each_value(home: Path) -> None:
    ran = run("config", "show", "--json", "--set", "policy.max_order_usd=50", cwd=home)

    values = json.loads(ran.out)["values"]
    assert values["policy.max_order_usd"] == {"value": "50", "source": "--set #1"}
    assert values["strategies.breakout.volume_ratio"]["source"] == "default"


def test_status_before_any_run_is_1(home: Path) -> None:
    ran = run("status", cwd=home)
    assert (ran.code, ran.out) == (1, "")
    assert "no run yet" in ran.err

    ran = run("status", "--json", cwd=home)
    assert ran.code == 1
    assert json.loads(ran.out) == {"mode": None, "running": False}


def test_status_of_a_running_and_of_a_stopped_instance(home: Path) -> None:
    with instance(home, {}):
        running = json.loads(run("status", "--json", cwd=home).out)
        table = run("status", cwd=home)
    stopped = json.loads(run("status", "--json", "--env", "paper", cwd=home).out)

    assert {**running, **STATUS} == running
    assert (running["running"], running["pid"], running["kill_switch"]) == (True, os.getpid(), None)
    assert running["state"] == "trading"
    assert (stopped["running"], stopped["pid"], stopped["state"]) == (False, None, "died")
    assert stopped["positions"][0]["protected_at"] == "nobody"
    assert table.code == 0
    for word in ("paper: trading", "10,012.50", "BTC-USD", "Actors: 1 of 1 up"):
        assert word in table.out


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b"\xff", b"[" * 100_000])
def test_a_damaged_status_is_said_and_what_is_seen_from_outside_is_shown(
    home: Path, damage: bytes
) -> None:
    with instance(home, {}):
        (home / "data" / "paper" / "status.json").write_bytes(damage)
        ran = run("status", cwd=home)
        document = json.loads(run("status", "--json", cwd=home).out)

    assert ran.code == 1
    assert "status.json: damaged" in ran.err
    assert f"pid {os.getpid()}" in ran.out
    assert (document["mode"], document["running"]) == ("paper", True)
    assert document["state"] == "unknown"
    assert "trading" not in ran.out


def test_with_two_modes_running_the_other_is_named(home: Path) -> None:
    other = InstanceLock(home / "data" / "dry-run")
    other.acquire("2026-11-24T10:00:00Z")
    FileStatusBoard(home / "data" / "dry-run").publish({**STATUS, "mode": "dry-run"})
    try:
        with instance(home, {}):
            ran = run("status", "--env", "paper", cwd=home)
            document = json.loads(run("status", "--json", "--env", "dry-run", cwd=home).out)
    finally:
        other.release()

    told = " ".join(ran.out.split())
    assert "dry-run runs too, see: python run.py status --data-dir" in told
    assert "--env dry-run" in told
    assert document["also_running"] == ["paper"]


def logs_following(home: Path, *, lines: int) -> subprocess.Popen[str]:
    """Write a log and start to follow it."""
    (home / "logs").mkdir()
    line = json.dumps({"time": "2026-11-28T21:40:33Z", "level": "INFO", "actor": "feed"})
    (home / "logs" / "bulkhead.jsonl").write_text((line + "\n") * lines)
    command = [sys.executable, str(ROOT / "run.py"), "logs", "-f", "-n", "0"]
    return subprocess.Popen(
        [*command, f"--log-dir={home / 'logs'}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_who_follows_the_log_ends_it_with_ctrl_c(home: Path) -> None:
    with logs_following(home, lines=1) as process:
        assert process.stdout is not None
        assert "feed" in process.stdout.readline()
        process.send_signal(signal.SIGINT)

        assert process.wait(60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_reader_of_the_log_that_has_seen_enough_is_no_error(home: Path) -> None:
    with logs_following(home, lines=50_000) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()

        assert process.wait(60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.req("K1")
def test_kill_writes_the_signal_file_and_waits_for_the_instance(home: Path) -> None:
    with instance(home, {}):
        ran = run("kill", "--reason", "venue looks wrong", cwd=home)

    order = read_kill(home / "data")
    assert ran.code == 0
    assert "paper: the instance has ended; no entry rests, confirmed" in ran.out
    assert order is not None
    assert (order.reason, order.includes_exits) == ("venue looks wrong", False)
    assert order.at


@pytest.mark.req("K1")
def test_kill_where_nothing_runs_is_no_success(home: Path) -> None:
    ran = run("kill", "--reason", "x", cwd=home)

    assert (ran.code, ran.out) == (1, "")
    assert f"no instance runs on {home / 'data'}, and there is no journal" in ran.err
    assert read_kill(home / "data") is None

    a_journal(home, is_confirmed=True)
    ran = run("kill", "--reason", "x", cwd=home)

    assert ran.code == 1
    assert "no instance runs" in ran.err
    assert read_kill(home / "data") is not None


def test_folders_are_those_of_the_checkout_wherever_a_command_is_given(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "run.py"), "status", "--data-dir", "no-such-folder"]
    ran = Ran(subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120))

    assert str(ROOT / "no-such-folder") in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.req("K1")
def test_kill_again_keeps_the_first_reason_unless_it_goes_further(home: Path) -> None:
    a_journal(home, is_confirmed=True)
    run("kill", "--reason", "first", cwd=home)
    again = run("kill", "--reason", "second", cwd=home)
    assert "was there already: first" in again.out

    run("kill", "--reason", "third", "--all", cwd=home)
    order = read_kill(home / "data")
    assert order is not None
    assert (order.reason, order.includes_exits) == ("third", True)


@pytest.mark.req("K1")
def test_resume_asks_the_running_instance(home: Path) -> None:
    with instance(home, {"code": 0, "lines": ["latch is off"]}) as seen:
        ran = run("resume", "--reason", "books agree", cwd=home)

    assert (ran.code, ran.out) == (0, "paper: latch is off\n")
    assert seen == ["resume: books agree"]


@pytest.mark.req("K1")
def test_resume_passes_on_what_is_still_open(home: Path) -> None:
    with instance(home, {"code": 1, "lines": ["order 5 is UNKNOWN"]}):
        ran = run("resume", "--reason", "x", cwd=home)

    assert (ran.code, ran.out) == (1, "")
    assert "order 5 is UNKNOWN" in ran.err


@pytest.mark.req("REC1")
def test_release_asks_the_running_instance_and_names_the_lot(home: Path) -> None:
    with instance(home, {"code": 0, "lines": ["released 2 BTC-USD of lot lot-1"]}) as seen:
        ran = run("release", "lot-1", "--reason", "sold by hand", cwd=home)

    assert (ran.code, ran.out) == (0, "paper: released 2 BTC-USD of lot lot-1\n")
    assert seen == ["release: sold by hand"]


@pytest.mark.req("REC1")
def test_release_where_nothing_runs_says_what_to_do(home: Path) -> None:
    ran = run("release", "lot-1", "--reason", "x", cwd=home)

    assert ran.code == 1
    assert "start it first" in ran.err


def test_resume_of_nothing_says_so(home: Path) -> None:
    ran = run("resume", "--reason", "x", cwd=home)

    assert (ran.code, ran.out) == (0, "nothing is latched\n")


def test_resume_where_nothing_ever_ran_removes_the_signal_file(home: Path) -> None:
    (home / "data").mkdir()
    (home / "data" / FILE).touch()

    ran = run("resume", "--reason", "x", cwd=home)

    assert ran.code == 0
    assert not (home / "data" / FILE).exists()


def test_a_closed_pipe_is_no_bug(home: Path) -> None:
    command = f"{sys.executable} {ROOT / 'run.py'} config show | true; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(
        ["bash", "-c", command], cwd=home, capture_output=True, text=True, timeout=120
    )

    assert ran.stderr == ""
    assert ran.stdout.strip() in {"0", "1"}
