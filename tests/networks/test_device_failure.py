"""A GPU that fails in the middle of a training: the last state stays, and the message says where it stands."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ratapprox.cli import main
from ratapprox.networks import experiment
from ratapprox.networks.backend import DeviceError, device_fault
from ratapprox.networks.optimise import Adam
from ratapprox.networks.runs import RunFolder
from ratapprox.networks.training import train

# CuPy raises classes of these modules; a device that has failed cannot be read any more
Fault = type("CUDARuntimeError", (RuntimeError,), {"__module__": "cupy_backends.cuda.api.runtime"})
OutOfMemory = type("OutOfMemoryError", (MemoryError,), {"__module__": "cupy.cuda.memory"})
GONE = "cudaErrorUnknown: unspecified launch failure"


class Bowl:
    """|θ|², on a device that fails at a given evaluation."""

    def __init__(self, last=None):
        self.calls, self.last = 0, last

    def value_and_gradient(self, theta):
        self.calls += 1
        if self.calls == self.last:
            raise Fault(GONE)
        return (theta**2).sum(axis=1), 2 * theta


START = np.array([[2.0, 3.0]])


def test_the_last_state_stays_and_the_training_goes_on_from_it(tmp_path):
    with RunFolder.open(tmp_path / "run", {}) as keeper:
        keeper.every = 0
        with pytest.raises(DeviceError) as said:
            # two evaluations are those of the step that is thrown away, one is that of the beginning
            train(Bowl(last=3 + 8), START, Adam(), steps=20, keeper=keeper)
    assert str(said.value) == (
        f"the GPU failed after step 7 (CUDARuntimeError: {GONE}): "
        f"{tmp_path / 'run'} holds the state after step 7"
    )
    with RunFolder.open(tmp_path / "run", {}, resume=True) as keeper:
        resumed = train(Bowl(), START, Adam(), steps=20, keeper=keeper)
    assert np.array_equal(resumed.parameters, train(Bowl(), START, Adam(), steps=20).parameters)


def test_the_state_that_is_on_the_disk_is_named_and_not_the_one_that_was_lost(tmp_path):
    with RunFolder.open(tmp_path / "run", {}) as keeper:
        keeper.every = 1e9
        with pytest.raises(DeviceError, match=r"after step 7 .*: .*run holds no state$"):
            train(Bowl(last=3 + 8), START, Adam(), steps=20, keeper=keeper)


def test_without_a_folder_nothing_is_kept_and_it_says_so():
    with pytest.raises(DeviceError, match=r"failed after step 2 .*: nothing is kept$"):
        train(Bowl(last=6), START, Adam(), steps=20)
    with pytest.raises(DeviceError, match=r"failed after step 0 "):
        train(Bowl(last=1), START, Adam(), steps=20)


def test_a_device_that_fails_while_its_state_is_read_leaves_the_state_before(tmp_path, monkeypatch):
    def unreadable(array):
        raise Fault(GONE)

    with RunFolder.open(tmp_path / "run", {}) as keeper:
        keeper.every = 0
        train(Bowl(), START, Adam(), steps=5, keeper=keeper)
    with RunFolder.open(tmp_path / "run", {}, resume=True) as keeper:
        monkeypatch.setattr("ratapprox.networks.states._on_host", unreadable)
        with pytest.raises(DeviceError, match="holds the state after step 5"):
            train(Bowl(), START, Adam(), steps=9, keeper=keeper)
    monkeypatch.undo()
    with RunFolder.open(tmp_path / "run", {}, resume=True) as keeper:
        resumed = train(Bowl(), START, Adam(), steps=9, keeper=keeper)
    assert np.array_equal(resumed.parameters, train(Bowl(), START, Adam(), steps=9).parameters)


def test_other_errors_are_not_taken_for_the_device():
    assert device_fault(Fault(GONE)) == f"CUDARuntimeError: {GONE}"
    for other in (RuntimeError("x"), ValueError("x"), OutOfMemory("x"), KeyboardInterrupt()):
        assert device_fault(other) == ""

    class Broken(Bowl):
        def value_and_gradient(self, theta):
            raise RuntimeError("a slip in the program")

    with pytest.raises(RuntimeError, match="a slip in the program"):
        train(Broken(), START, Adam(), steps=3)


def test_the_command_line_leaves_with_code_five_and_begins_nothing_more(tmp_path, monkeypatch, capsys):
    real, calls = experiment.train, []

    def failing(objective, *given, **options):
        calls.append(objective)
        evaluate = objective.value_and_gradient

        class Lost:
            x = objective.x
            count = 0

            def member(self, e):
                return self

            def value_and_gradient(self, theta):
                Lost.count += 1
                if Lost.count > 9:
                    raise Fault(GONE)
                return evaluate(theta)

        return real(Lost(), *given, **options)

    monkeypatch.setattr(experiment, "train", failing)
    monkeypatch.chdir(tmp_path)
    words = ["train", "runge", "--activation", "tanh,relu", "--widths", "4", "--samples", "20", "--seeds", "2"]
    with pytest.raises(SystemExit) as leaving:
        main([*words, "--steps", "30", "-o", "run", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert leaving.value.code == 5 and len(calls) == 1 and not found["complete"]
    first, *others = [failure["error"] for failure in found["failures"]]
    assert first.startswith("DeviceError: the GPU failed after step") and first.endswith(" holds no state")
    assert others == [f"not begun: {first}"] * 3
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as leaving:
        main([*words, "--steps", "30", "-o", "run", "--json", "--resume"])
    assert leaving.value.code == 0 and json.loads(capsys.readouterr().out)["complete"]
