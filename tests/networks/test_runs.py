"""The folder of a run survives kills, full disks and torn files, and refuses what is not its own."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ratapprox
from ratapprox.networks import states
from ratapprox.networks.runs import FolderError, RunFolder, StorageError
from tests.networks.small import OPTIMISERS, trained

ROOT = Path(__file__).parents[2]


def killed_at(step, method, folder):
    """Begin the training in a process of its own, and kill it when it says that it has come so far."""
    environment = os.environ | {"PYTHONPATH": f"{Path(ratapprox.__path__[0]).parent}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "tests.networks.small", method, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
        for line in process.stdout:
            if int(line) >= step:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a word of POSIX")
@pytest.mark.parametrize("method", ["adam", "lbfgs", "lm", "variable-projection"])
def test_a_killed_run_goes_on_bit_for_bit(method, tmp_path):
    killed_at(20, method, tmp_path / "run")
    with np.load(tmp_path / "run" / "state.npz") as stored:
        reached = int(stored["0.lane step"])
    assert 10 <= reached < 40
    resumed, whole = trained(method, tmp_path / "run", resume=True), trained(method)
    assert np.array_equal(resumed.parameters, whole.parameters)
    assert resumed.endings == whole.endings
    for ours, theirs in zip(resumed.curves, whole.curves, strict=True):
        assert ours.steps == theirs.steps and ours.loss == theirs.loss and ours.validation == theirs.validation


@pytest.mark.parametrize("method", OPTIMISERS)
def test_an_interrupted_run_goes_on_bit_for_bit(method, tmp_path):
    def watch(progress):
        if progress.step == 7:
            raise KeyboardInterrupt

    folder, whole = tmp_path / "run", trained(method)
    assert trained(method, folder, every=1e9, watch=watch).interrupted
    resumed = trained(method, folder, resume=True)
    assert np.array_equal(resumed.parameters, whole.parameters)
    assert [c.loss for c in resumed.curves] == [c.loss for c in whole.curves]
    assert [c.steps for c in resumed.curves] == [c.steps for c in whole.curves]


def test_a_run_that_has_ended_gives_the_same_again(tmp_path):
    first = trained("lm", tmp_path / "run")
    again = trained("lm", tmp_path / "run", resume=True)
    assert np.array_equal(first.parameters, again.parameters) and first.curves == again.curves


def test_records_that_are_ahead_of_the_state_are_forgotten_and_come_again(tmp_path):
    folder = tmp_path / "run"
    whole = trained("adam", folder)
    (folder / "state.npz").unlink()
    (folder / "state.previous.npz").unlink()
    again = trained("adam", folder, resume=True)
    assert again.curves[0].steps == whole.curves[0].steps and again.curves[0].loss == whole.curves[0].loss
    lines = (folder / "history.jsonl").read_text().splitlines()
    assert len(lines) == len(whole.curves[0].steps)


def test_a_torn_line_of_history_ends_it(tmp_path):
    folder = tmp_path / "run"
    trained("adam", folder)
    history = folder / "history.jsonl"
    kept = history.read_bytes()
    history.write_bytes(kept[:-9])
    assert len(states.history(history)) == kept.count(b"\n") - 1


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b[:-1], lambda b: b[3:]])
def test_a_damaged_state_gives_way_to_the_one_before(tmp_path, damage):
    folder, whole = tmp_path / "run", trained("lbfgs")
    trained("lbfgs", folder)
    state = folder / "state.npz"
    state.write_bytes(damage(state.read_bytes()))
    assert np.array_equal(trained("lbfgs", folder, resume=True).parameters, whole.parameters)


def test_a_flipped_bit_in_a_state_is_noticed(tmp_path):
    folder = tmp_path / "run"
    trained("lbfgs", folder)
    content = bytearray((folder / "state.npz").read_bytes())
    with np.load(folder / "state.npz") as stored:
        place = bytes(content).index(stored["1.parameters"].tobytes())
    content[place + 5] ^= 1
    (folder / "state.npz").write_bytes(content)
    keeper = RunFolder.open(folder, {"optimiser": "lbfgs", "steps": 40}, resume=True)
    keeper._arrays()
    assert "state.npz cannot be read" in keeper.notes[0]


def test_the_note_names_the_state_that_was_gone_on_from(tmp_path):
    folder = tmp_path / "run"
    trained("lbfgs", folder)
    (folder / "state.npz").write_bytes(b"")
    keeper = RunFolder.open(folder, {"optimiser": "lbfgs", "steps": 40}, resume=True)
    assert keeper._arrays() is not None
    assert "state.npz cannot be read" in keeper.notes[0] and "going on from state.previous.npz" in keeper.notes[0]


def test_two_damaged_states_are_an_error_that_says_so(tmp_path):
    folder = tmp_path / "run"
    trained("lm", folder)
    for name in ("state.npz", "state.previous.npz"):
        (folder / name).write_bytes(b"PK\3\4")
    with pytest.raises(FolderError, match="there is no state to go on from; begin another run"):
        trained("lm", folder, resume=True)


def test_a_begun_folder_is_not_overwritten(tmp_path):
    trained("lm", tmp_path / "run", steps=3)
    with pytest.raises(FolderError, match="already holds a run: resume it"):
        trained("lm", tmp_path / "run", steps=3)


def test_a_folder_of_other_files_is_not_written_into(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(FolderError, match="holds files but no run"):
        trained("lm", tmp_path)
    with pytest.raises(FolderError, match="is a file"):
        trained("lm", tmp_path / "thesis.tex")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_another_configuration_is_refused_with_the_difference(tmp_path):
    RunFolder.open(tmp_path, {"net": {"widths": [2, 12, 1]}, "steps": 5, "seed": 0})
    with pytest.raises(FolderError) as refused:
        RunFolder.open(tmp_path, {"net": {"widths": [2, 24, 1]}, "steps": 5, "rate": 0.1, "seed": 0}, resume=True)
    said = str(refused.value)
    assert "net.widths is [2, 12, 1] there, and [2, 24, 1] was asked" in said
    assert "rate is null there, and 0.1 was asked" in said and "steps" not in said and "seed" not in said


def test_a_folder_of_a_newer_version_is_refused(tmp_path):
    RunFolder.open(tmp_path, {"steps": 5})
    path = tmp_path / "configuration.json"
    document = json.loads(path.read_text())
    for schema, says in (("ratapprox/run-folder/2", "newer version"), ("other/thing/1", "is no run of ratapprox")):
        path.write_text(json.dumps(document | {"schema": schema}))
        with pytest.raises(FolderError, match=says):
            RunFolder.open(tmp_path, {"steps": 5}, resume=True)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"schema": "ratapprox/run-folder/1"}'])
def test_a_configuration_that_cannot_be_read_is_refused(tmp_path, content):
    (tmp_path / "configuration.json").write_bytes(content)
    with pytest.raises(FolderError, match="is not the configuration of a run"):
        RunFolder.open(tmp_path, {}, resume=True)


def test_other_versions_are_noted(tmp_path):
    RunFolder.open(tmp_path, {"steps": 5})
    path = tmp_path / "configuration.json"
    document = json.loads(path.read_text())
    assert RunFolder.open(tmp_path, {"steps": 5}, resume=True).notes == ()
    document["versions"]["numpy"] = "1.0"
    path.write_text(json.dumps(document))
    (note,) = RunFolder.open(tmp_path, {"steps": 5}, resume=True).notes
    assert "numpy 1.0 then" in note and "last digits may differ" in note


def test_a_full_disk_leaves_the_last_state_and_says_where_it_stands(tmp_path, monkeypatch):
    folder, whole = tmp_path / "run", trained("adam")
    refusing = False

    def watch(progress):
        nonlocal refusing
        refusing = progress.step >= 30

    real = os.fsync

    def fsync(descriptor):
        if refusing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StorageError) as said:
        trained("adam", folder, watch=watch)
    assert "no space left on device" in str(said.value)
    assert "It still holds the state after step 29: make room and resume" in str(said.value)
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    monkeypatch.undo()
    assert np.array_equal(trained("adam", folder, resume=True).parameters, whole.parameters)


@pytest.mark.skipif(os.name != "posix", reason="limits of processes are a word of POSIX")
def test_a_limit_on_the_size_of_files_is_met_in_the_same_way(tmp_path):
    """The kernel itself refuses: a process that may write files of 20 kB only."""
    code = """
import resource, signal, sys
from tests.networks.small import trained
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def watch(progress):
    if progress.step == 10:
        resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900))
from pathlib import Path
from ratapprox.networks.runs import StorageError
try:
    trained("lm", Path(sys.argv[1]), watch=watch)
except StorageError as error:
    print(error)
"""
    environment = os.environ | {"PYTHONPATH": f"{Path(ratapprox.__path__[0]).parent}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-c", code, str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=True)
    assert "cannot keep the state" in done.stdout and "file too large" in done.stdout
    assert "It still holds the state after step 9" in done.stdout
    whole = trained("lm")
    assert np.array_equal(trained("lm", tmp_path / "run", resume=True).parameters, whole.parameters)


def test_results_are_kept_and_read_back(tmp_path):
    keeper = RunFolder.open(tmp_path, {})
    assert keeper.result() is None
    keeper.finish({"loss": [1.5, None]})
    assert keeper.result() == {"loss": [1.5, None]}
    (tmp_path / "result.json").write_text("{")
    assert keeper.result() is None
