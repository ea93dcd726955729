"""One process at a time works in a folder; a killed one leaves it free."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import ratapprox
from ratapprox.networks.locking import LockedError, lock
from ratapprox.networks.runs import FolderError, RunFolder, StorageError

HOLD = """
import sys, time
from pathlib import Path
from ratapprox.networks.runs import RunFolder
keeper = RunFolder.open(sys.argv[1], {}, resume=True)
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that has a run open in tmp_path/run."""
    environment = os.environ | {"PYTHONPATH": str(Path(ratapprox.__path__[0]).parent)}
    command = [sys.executable, "-c", HOLD, str(tmp_path / "run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_folder_in_use_by_another_process_is_refused_and_free_when_that_is_killed(holder, tmp_path):
    with pytest.raises(FolderError, match="is in use by process") as refused:
        RunFolder.open(tmp_path / "run", {}, resume=True)
    assert f"process {holder.pid} on {platform.node()} (since " in str(refused.value)
    holder.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    holder.wait()
    with RunFolder.open(tmp_path / "run", {}, resume=True) as keeper:
        (note,) = keeper.notes
    assert f"process {holder.pid}" in note and "its lock is taken over" in note
    with RunFolder.open(tmp_path / "run", {}, resume=True) as keeper:
        assert keeper.notes == ()


def test_two_runs_of_one_process_exclude_each_other_too(tmp_path):
    with RunFolder.open(tmp_path, {}) as first:
        assert json.loads((tmp_path / "lock.json").read_bytes())["pid"] == os.getpid()
        with pytest.raises(FolderError, match=f"is in use by process {os.getpid()}"):
            RunFolder.open(tmp_path, {}, resume=True)
        with pytest.raises(FolderError, match="already holds a run"):
            RunFolder.open(tmp_path, {})
    assert (tmp_path / "lock.json").read_bytes() == b""
    first.close()  # a second time does nothing
    RunFolder.open(tmp_path, {}, resume=True).close()


def test_a_run_that_is_refused_leaves_the_folder_free(tmp_path):
    RunFolder.open(tmp_path, {"steps": 1}).close()
    with pytest.raises(FolderError, match="steps is 1 there"):
        RunFolder.open(tmp_path, {"steps": 2}, resume=True)
    RunFolder.open(tmp_path, {"steps": 1}, resume=True).close()


def test_a_folder_with_nothing_but_a_lock_is_empty(tmp_path):
    lock(tmp_path / "lock.json").release()
    RunFolder.open(tmp_path, {}).close()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"pid": 1}'])
def test_a_lock_file_that_nobody_holds_is_taken_whatever_it_says(tmp_path, content):
    path = tmp_path / "lock.json"
    path.write_bytes(content)
    held = lock(path)
    assert held.stale == ""
    with pytest.raises(LockedError):
        lock(path)
    held.release()


FORK = """
import json, os, sys
from pathlib import Path
from ratapprox.networks.locking import LockedError, lock
path = Path(sys.argv[1])
held = lock(path)
child = os.fork()
if not child:
    held.release()
    os._exit(0)
os.waitpid(child, 0)
assert json.loads(path.read_bytes())["pid"] == os.getpid()
try:
    lock(path)
except LockedError:
    print("still held")
"""


@pytest.mark.skipif(os.name != "posix", reason="fork is a word of POSIX")
def test_a_forked_child_does_not_give_the_lock_back(tmp_path):
    """In a process of its own: frameworks that other tests load have threads, which a fork does not take along."""
    command = [sys.executable, "-c", FORK, str(tmp_path / "lock.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "still held\n"), done.stderr


def test_a_file_system_without_locks_is_an_error_and_no_silence(tmp_path, monkeypatch):
    def refuse(descriptor):
        raise OSError(95, os.strerror(95))

    monkeypatch.setattr("ratapprox.networks.locking._seize", refuse)
    with pytest.raises(StorageError, match="cannot begin a run in"):
        RunFolder.open(tmp_path / "run", {})
