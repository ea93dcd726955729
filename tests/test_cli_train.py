"""`ratapprox train` and `ratapprox list problems`: what is printed, kept and refused, with which exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

import ratapprox
from ratapprox.cli import main
from ratapprox.evaluating import unit_gain
from ratapprox.networks.locking import lock
from ratapprox.networks.problems import PROBLEMS, digits
from ratapprox.networks.units import unit
from ratapprox.networks.usual import usual

SCHEMA = json.loads((Path(__file__).parents[1] / "docs" / "schemas" / "run-1.schema.json").read_text("utf-8"))
SMALL = ("train", "runge", "--activation", "rational,tanh", "--widths", "6x2", "--samples", "40", "--seeds", "2")


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run `ratapprox WORDS…` in an empty folder; (code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run_it(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as leaving:
            main(words)
        captured = capsys.readouterr()
        return int(leaving.value.code or 0), captured.out, captured.err

    return run_it


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs", "lm", "gauss-newton", "variable-projection"])
def test_json_is_one_document_that_obeys_the_schema(run, optimiser):
    code, out, err = run(*SMALL, "--optimiser", optimiser, "--steps", "4", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    jsonschema.validate(found, SCHEMA)
    assert list(found["activations"]) == ["rational", "tanh"] and found["complete"]
    for entry in found["activations"].values():
        assert entry["seeds"] == [0, 1] and all(curve["steps"][-1] <= 4 for curve in entry["curves"])
        assert entry["errors"] == [curve["error"][-1] for curve in entry["curves"]]
    (ratio,) = found["ratios"]
    assert (ratio["over"], ratio["under"]) == ("tanh", "rational")
    means = [entry["geometric_mean"] for entry in found["activations"].values()]
    assert ratio["ratio"] == pytest.approx(means[1] / means[0], rel=1e-9)


def test_the_schema_refuses_what_is_no_run(run):
    found = json.loads(run(*SMALL, "--steps", "1", "--json")[1])
    for change in ({"schema": "ratapprox/run/2"}, {"complete": 1}, {"extra": 0}, {"activations": {"relu": {}}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(found | change, SCHEMA)


def test_the_table_says_what_was_done_and_which_is_better(run):
    code, out, err = run(*SMALL, "--steps", "3", "--backend", "numpy")
    assert (code, err) == (0, "")
    assert out.startswith("runge: 1-6-6-1 networks begun by xavier, 3 steps of lbfgs, 40 points, float64, numpy\n")
    assert "relative L2 error" in out and "tanh / rational" in out and "by Holm, 2 pairs" in out


def test_a_problem_says_how_its_networks_begin_and_an_option_says_otherwise(run):
    like = ("train", "harmonic", "--activation", "tanh", "--seeds", "1", "--steps", "60")
    for words, begun, eigenvalue in (((), "xavier-biases", 1), (("--init", "xavier"), "xavier", 3)):
        code, out, err = run(*like, *words, "--backend", "numpy")
        assert (code, err) == (0, "") and out.startswith(f"harmonic: 1-16-16-1 networks begun by {begun}, 60 steps")
        found = json.loads(run(*like, *words, "--json")[1])
        assert found["configuration"]["activations"] == {"tanh": begun}
        assert abs(1 + found["activations"]["tanh"]["errors"][0] - eigenvalue) < 0.1


def test_one_seed_has_an_error_and_no_interval(run):
    code, out, _ = run(*SMALL[:-1], "1", "--steps", "3")
    assert code == 0 and "tanh / rational" not in out
    row = next(line for line in out.splitlines() if line.startswith("rational")).split()
    assert float(row[1]) > 0 and row[2:] == ["-", "1", "73"]


def test_the_same_command_gives_the_same_answer_here_and_in_processes(run):
    def bare(out):
        found = json.loads(out)
        for entry in found["activations"].values():
            for curve in entry["curves"]:
                del curve["seconds"]
        return found

    here = run(*SMALL, "--steps", "5", "--json")[1]
    code, there, err = run(*SMALL, "--steps", "5", "--json", "--executor", "processes:2")
    assert (code, err) == (0, "") and bare(here) == bare(there)


def test_a_folder_keeps_all_and_goes_on(run, tmp_path):
    words = (*SMALL, "--steps", "5", "-o", "run", "--json")
    first = json.loads(run(*words)[1])
    assert json.loads((tmp_path / "run" / "result.json").read_text()) == first
    assert len(list((tmp_path / "run" / "answers").iterdir())) == 4
    code, out, err = run(*words)
    assert code == 2 and out == "" and "already holds a run" in err
    assert json.loads(run(*words, "--resume")[1]) == first
    code, _, err = run(*SMALL, "--steps", "6", "-o", "run", "--resume")
    assert code == 2 and "steps is 5 there, and 6 was asked" in err
    code, _, err = run(*SMALL, "--steps", "5", "-o", "other", "--resume")
    assert code == 2 and "there is no run in other" in err


@pytest.mark.skipif(os.name != "posix", reason="signals are words of POSIX")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_command_goes_on_to_the_same_answer(run, tmp_path, sent):
    words = (*SMALL, "--steps", "80", "--optimiser", "lm", "--json")
    whole = json.loads(run(*words)[1])
    environment = os.environ | {"PYTHONPATH": str(Path(ratapprox.__path__[0]).parent)}
    command = [sys.executable, "-m", "ratapprox", *words, "-o", "run"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        answers, deadline = tmp_path / "run" / "answers", time.monotonic() + 120
        while not (answers.exists() and any(answers.iterdir())):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.01)
        process.send_signal(sent)
        _, err = process.communicate()
    if sent == signal.SIGINT and process.returncode != 0:
        assert process.returncode == 130 and b"interrupted; --resume -o run goes on" in err
    resumed = json.loads(run(*words, "-o", "run", "--resume")[1])
    for name in ("rational", "tanh"):
        assert resumed["activations"][name]["errors"] == whole["activations"][name]["errors"]


@pytest.mark.parametrize(
    ("problem", "words", "says"),
    [
        ("runge", ["--samples", "40", "--batch", "8"], "8 of 40 points in a step"),
        ("poisson", ["--batch", "8", "--sharing", "network"], "8 new points in a step"),
    ],
)
def test_batches_and_one_activation_for_a_network_are_taken(run, problem, words, says):
    like = ("train", problem, "--activation", "rational", "--widths", "6x2", "--seeds", "2", "--optimiser", "adam")
    code, out, err = run(*like, "--steps", "4", "--backend", "numpy", *words)
    assert (code, err) == (0, "") and says in out.splitlines()[0]
    found = json.loads(run(*like, "--steps", "4", "--json", *words)[1])
    jsonschema.validate(found, SCHEMA)
    assert found["activations"]["rational"]["parameters"] == (67 if "network" in words else 73)


def test_a_folder_in_use_is_refused_in_a_sentence(run, tmp_path):
    words = (*SMALL, "--steps", "1", "-o", "run")
    assert run(*words)[0] == 0
    held = lock(tmp_path / "run" / "lock.json")
    code, out, err = run(*words, "--resume")
    held.release()
    assert (code, out) == (2, "") and f"run is in use by process {os.getpid()}" in err and err.count("\n") == 1
    assert run(*words, "--resume")[0] == 0


@pytest.mark.skipif(os.name != "posix", reason="pseudo terminals are a word of POSIX")
def test_progress_is_shown_on_a_terminal_and_nowhere_else(run):
    code, out, err = run(*SMALL, "--steps", "2")
    assert (code, err) == (0, "")
    terminal, end = os.openpty()
    environment = os.environ | {"PYTHONPATH": str(Path(ratapprox.__path__[0]).parent), "TERM": "xterm"}
    command = [sys.executable, "-m", "ratapprox", *SMALL, "--steps", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=end, text=True, env=environment) as process:
        os.close(end)
        shown = b""
        while part := _read(terminal):
            shown += part
        assert process.stdout.read() == out and process.wait() == 0
    os.close(terminal)
    assert b"100%" in shown and (b"step 2" in shown or b": done" in shown)


def _read(terminal):
    """What has come; nothing when the other end is closed, which Linux calls an error."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def test_curves_are_drawn(run, tmp_path):
    pytest.importorskip("matplotlib")
    code, _, err = run(*SMALL, "--steps", "5", "--plot", "curves.svg")
    assert (code, err) == (0, "") and (tmp_path / "curves.svg").read_bytes().startswith(b"<?xml")
    code, _, err = run(*SMALL[:-1], "1", "--steps", "5", "--plot", "none.png")
    assert code == 0 and "needs two seeds" in err and not (tmp_path / "none.png").exists()


def test_what_the_first_network_has_learned_is_drawn_from_what_is_kept(run, tmp_path):
    pytest.importorskip("matplotlib")
    code, _, err = run(*SMALL, "--steps", "5", "-o", "RUN", "--picture", "learned.svg")
    assert (code, err) == (0, "") and (tmp_path / "learned.svg").read_bytes().startswith(b"<?xml")
    code, _, err = run(*SMALL, "--steps", "5", "-o", "RUN", "--resume", "--picture", "again.png")
    assert (code, err) == (0, "") and (tmp_path / "again.png").read_bytes().startswith(b"\x89PNG")


def test_gains_and_frozen_coefficients_and_groups_are_taken(run):
    code, out, _ = run(*SMALL, "--steps", "2", "--init", "gain", "--frozen", "--sharing", "2", "--json")
    configuration = json.loads(out)["configuration"]
    assert code == 0 and configuration["sharing"] == 2 and not configuration["trainable"]
    assert configuration["activations"]["rational"] == [1.0] + [unit_gain(unit("rational"))] * 2


def test_gains_of_drawn_coefficients_are_kept_as_null_and_taken(run):
    words = ("train", "runge", "--activation", "raf,tanh", "--widths", "4x2", "--samples", "40", "--seeds", "2")
    code, out, err = run(*words, "--steps", "2", "--init", "gain", "--sharing", "neuron", "--json")
    assert (code, err) == (0, "")
    jsonschema.validate(found := json.loads(out), SCHEMA)
    assert found["configuration"]["activations"] == {
        "raf": [1.0, None, None],
        "tanh": [1.0] + [unit_gain(unit("tanh"))] * 2,
    }


def test_the_parametrisation_is_said_and_kept_and_another_is_not_resumed(run):
    words = (*SMALL, "--steps", "2", "-o", "run", "--backend", "numpy")
    code, out, _ = run(*words, "--parametrisation", "ntk")
    assert code == 0 and out.startswith("runge: 1-6-6-1 networks begun by xavier in the NTK parametrisation, 2 steps")
    code, _, err = run(*words, "--resume")
    assert code == 2 and 'parametrisation is "ntk" there, and "standard" was asked' in err
    found = json.loads(run(*words, "--parametrisation", "ntk", "--resume", "--json")[1])
    jsonschema.validate(found, SCHEMA)
    assert found["configuration"]["parametrisation"] == "ntk"


def test_a_budget_of_seconds_is_kept(run):
    code, out, _ = run(*SMALL, "--seconds", "0.2", "--json")
    for entry in json.loads(out)["activations"].values():
        assert code == 0 and all(0.2 <= curve["seconds"][-1] < 5 for curve in entry["curves"])


def test_networks_that_all_diverge_leave_with_code_four(run):
    """A step of Adam of length 1e300 overflows every network."""
    words = ("train", "runge", "--activation", "x**2", "--widths", "4x3", "--seeds", "2", "--samples", "20")
    code, out, _ = run(*words, "--optimiser", "adam", "--rate", "1e200", "--schedule", "constant", "--steps", "3")
    assert code == 4 and "x**2 diverged for seed 0, 1: left out of its mean and its ratios" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["kdv", "--steps", "3", "--seconds", "1"], "--steps and --seconds are two budgets"),
        (["kdv", "--rate", "0.1"], "--rate and --schedule are Adam's: lbfgs chooses"),
        (["kdv", "--ridge", "0.1"], "--ridge belongs to --optimiser variable-projection"),
        (["kdv", "--optimiser", "adam", "--seconds", "1", "--schedule", "cosine"], "needs to know the number of steps"),
        (["kdv", "--optimiser", "adam", "--rate", "-1"], "a learning rate is a positive number"),
        (["rung"], "did you mean runge?"),
        (["deep_signal"], "is not trained"),
        (["digits", "--optimiser", "lm"], "minimises sums of squares"),
        (["runge", "--activation", "relu,,tanh"], "between two commas there is nothing"),
        (["runge", "--activation", "relu,relu"], "relu is given twice"),
        (["runge", "--activation", "relo"], "relo"),
        (["runge", "--activation", "foo"], "no activation function foo: `ratapprox list activations` names them"),
        (["runge", "--activation", "__import__('os')"], "an expression is made of"),
        (["runge", "--widths", "0"], "give the widths of the hidden layers"),
        (["runge", "--widths", "12x"], "give the widths of the hidden layers"),
        (["runge", "--sharing", "0"], "give layer, neuron, network, or a number of groups"),
        (["runge", "--sharing", "5"], "5 groups do not divide a layer of 16 neurons"),
        (["runge", "--init", "random"], "--init 'random': give xavier"),
        (["runge", "--activation", "raf", "--init", "gain", "--sharing", "network"], "raf draws coefficients"),
        (["runge", "--activation", "1/x", "--init", "gain"], "has a pole"),
        (["runge", "--seeds", "0"], "--seeds"),
        (["runge", "--seconds", "-1"], "positive number of seconds"),
        (["runge", "--resume"], "--resume goes on with a folder"),
        (["runge", "--plot", "x.txt"], "must end in .png, .svg or .pdf"),
        (["runge", "-o", "RUN", "--picture", "x.txt"], "must end in .png, .svg or .pdf"),
        (["runge", "--picture", "x.png"], "say where with -o"),
        (["digits", "-o", "RUN", "--picture", "x.png"], "there is no picture"),
        (["poisson", "-o", "RUN", "--picture", "x.png"], "there is no picture"),
        (["runge", "--executor", "cloud"], "is no place to compute"),
        (["kdv", "--samples", "10000000"], "ask for fewer"),
        (["runge", "--optimiser", "adam", "--batch", "300"], "a batch of 300 samples cannot be drawn from 256"),
        (["runge", "--batch", "10"], "--batch belongs to --optimiser adam: lbfgs needs the same samples"),
        (["poisson", "--optimiser", "adam", "--batch", "9", "--samples", "9"], "draws new points at every step"),
        (["eigenvalue", "--optimiser", "adam", "--batch", "9"], "nodes of a quadrature rule"),
        (["runge", "--widths", "9000x3", "--optimiser", "gauss-newton"], "samples fit"),
        (["noisy(sd=-1)"], "a number between 0 and 10, not -1"),
    ],
)
def test_slips_are_answered_in_a_sentence(run, words, says):
    code, out, err = run("train", *words)
    assert (code, out) == (2, "")
    assert says in err and err.count("\n") == 1 and "Traceback" not in err


def test_a_sweep_that_does_not_fit_is_refused_before_anything_starts(run, tmp_path, monkeypatch):
    monkeypatch.setattr("ratapprox.networks.experiment.free_bytes", lambda array: 200_000_000)
    words = (*SMALL, "--steps", "1", "-o", "run", "--executor")
    code, out, err = run(*words, "processes:2")
    assert (code, out) == (2, "") and err.count("\n") == 1 and not (tmp_path / "run").exists()
    assert "a sweep of 2 trainings at a time needs 0.30 GB and 0.20 GB are free: at most 1 trainings" in err
    assert run(*words, "serial")[0] == 0


def test_what_is_not_installed_leaves_with_code_five(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "loky", None)
    code, _, err = run(*SMALL, "--executor", "loky:2", "--steps", "1")
    assert code == 5 and "pip install 'ratapprox[cluster]'" in err
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    digits._table.cache_clear()
    code, _, err = run("train", "digits")
    assert code == 5 and "for the digits scikit-learn is needed: pip install 'ratapprox[data]'" in err
    code, _, err = run(*SMALL, "--backend", "cupy", "--steps", "1")
    assert code == 5 and "CuPy" in err


def test_problems_are_listed(run):
    code, out, _ = run("list", "problems")
    assert code == 0 and [line.split()[0] for line in out.splitlines()] == list(PROBLEMS)
    entries = json.loads(run("list", "problems", "--json")[1])["problems"]
    assert [entry["name"] for entry in entries] == list(PROBLEMS)
    assert entries[0]["kind"] == "regression" and entries[0]["inputs"] == 2


def test_every_problem_that_is_trained_has_a_usual_training():
    for make in PROBLEMS.values():
        asked = make()
        if asked.kind != "propagation":
            found = usual(asked)
            assert found.seeds >= 2 and (found.samples is None or found.samples <= asked.samples)
