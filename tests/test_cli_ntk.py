"""`ratapprox ntk`: what is printed and refused, with which exit code."""

import json
import sys
from importlib.resources import files

import jsonschema
import pytest

from ratapprox.cli import main

SMALL = ("--widths", "1,16,16,1", "--samples", "6", "--seeds", "3")


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run `ratapprox ntk WORDS…` in an empty folder; (code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run_it(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as leaving:
            main(("ntk", *words))
        captured = capsys.readouterr()
        return int(leaving.value.code or 0), captured.out, captured.err

    return run_it


def document(run, *words):
    code, out, err = run(*words, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    schema = json.loads(files("ratapprox.networks.ntk").joinpath("ntk.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)
    return found


def test_a_table_has_a_line_for_each_activation_and_says_what_was_measured(run):
    code, out, err = run("--activation", "relu,rational,raf", *SMALL)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "Tangent kernels of networks 1-16-16-1 at 6 points of [-1, 1], 3 seeds, standard parametrisation"
    assert [line.split()[0] for line in lines[4:7]] == ["relu", "rational", "raf"]
    assert all("3 exact" in line for line in lines[4:7])
    assert ["N(0, 2/m)" in lines[4], "N(0, 1/m)" in lines[5], "SIREN" in lines[6]] == [True] * 3


def test_json_obeys_the_schema_and_holds_every_member(run):
    found = document(run, "--activation", "tanh,rational", *SMALL)
    assert list(found["activations"]) == ["tanh", "rational"]
    assert found["configuration"]["widths"] == [1, 16, 16, 1] and found["configuration"]["seeds"] == [0, 1, 2]
    tanh = found["activations"]["tanh"]
    values = [member["log10_condition"]["value"] for member in tanh["members"]]
    assert tanh["log10_condition"]["value"] == pytest.approx(sum(values) / 3)
    assert len(set(values)) == 3
    assert tanh["log10_condition"]["status"] == "exact"
    assert tanh["parameters"] == ["weights", "biases"]
    assert found["activations"]["rational"]["parameters"] == ["weights", "biases", "coefficients"]


def test_the_same_seeds_give_the_same_document(run):
    words = ("--activation", "tanh", *SMALL)
    assert document(run, *words) == document(run, *words)


def test_where_floats_saturate_the_number_is_proved(run):
    found = document(run, "--activation", "tanh", "--widths", "1,16,1", "--samples", "20", "--seeds", "2")
    condition = found["activations"]["tanh"]["log10_condition"]
    assert condition["status"] == "certified" and condition["value"] > 25
    assert condition["upper"] - condition["lower"] < 1e-6
    assert all(member["unresolved"] > 0 for member in found["activations"]["tanh"]["members"])


def test_with_certify_all_eigenvalues_are_proved(run):
    found = document(run, "--activation", "tanh", "--widths", "1,8,1", "--samples", "8", "--seeds", "2", "--certify")
    for member in found["activations"]["tanh"]["members"]:
        assert member["spectrum_proved"] and len(member["spectrum"]) == 8 and member["unresolved"] == 0
        assert member["log10_condition"]["status"] == "certified"


def test_without_time_a_lower_bound_is_said_to_be_one(run):
    words = ("--activation", "sine", "--widths", "1,16,16,1", "--samples", "20", "--seeds", "2", "--time-limit", "1e-3")
    code, out, _ = run(*words)
    assert code == 0
    assert "≥ 2" in out and "2 lower bound" in out
    assert "sine, seed 0: float64 saturates" in out and "time limit of 0.001 s" in out
    condition = document(run, *words)["activations"]["sine"]["log10_condition"]
    assert condition["upper"] is None and condition["status"] == "lower bound" and condition["half_width"] is None


def test_the_limit_of_infinite_width_needs_no_seeds(run):
    found = document(run, "--activation", "tanh,rational,relu", "--infinite", "--samples", "5")
    assert found["configuration"]["seeds"] is None and found["configuration"]["parametrisation"] == "NTK"
    assert all(len(one["members"]) == 1 for one in found["activations"].values())
    code, out, _ = run("--activation", "relu", "--infinite", "--samples", "5")
    assert code == 0 and out.startswith("Tangent kernels of infinitely wide networks like 1-256-256-1 at 5 points")


def test_the_limit_is_near_a_wide_network(run):
    """With biases alone: they are the same in both parametrisations."""
    limit = document(run, "--activation", "relu", "--infinite", "--samples", "4", "--without", "weights")
    wide = document(
        run, "--activation", "relu", "--samples", "4", "--seeds", "4", "--widths", "1,512,512,1", "--without", "weights"
    )
    far, near = (d["activations"]["relu"]["log10_condition"]["value"] for d in (limit, wide))
    assert near == pytest.approx(far, abs=0.1)


def test_parameters_left_out_change_the_numbers(run):
    whole = document(run, "--activation", "rational", *SMALL)["activations"]["rational"]
    part = document(run, "--activation", "rational", *SMALL, "--without", "coefficients")["activations"]["rational"]
    assert part["parameters"] == ["weights", "biases"]
    assert part["spectrum"] != whole["spectrum"]


def test_several_inputs_are_random_and_said_to_be(run):
    found = document(run, "--activation", "tanh", "--widths", "2,16,1", "--samples", "5", "--on", "0,2", "--seeds", "1")
    assert found["configuration"]["domain"] == "[0, 2]^2, uniformly random"
    assert found["activations"]["tanh"]["log10_condition"]["half_width"] is None


def test_the_picture_is_written(run, tmp_path):
    pytest.importorskip("matplotlib")
    code, _, _ = run("--activation", "tanh,relu", *SMALL, "--plot", "spectra.svg")
    assert code == 0
    text = tmp_path.joinpath("spectra.svg").read_text()
    assert "<svg" in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "Missing option '--activation'"),
        (("--activation", "rela"), "did you mean"),
        (("--activation", "relu,relu"), "named twice"),
        (("--activation", "relu,"), "give names or expressions"),
        (("--activation", "relu", "--samples", "1"), "is not in the range"),
        (("--activation", "relu", "--samples", "0"), "is not in the range"),
        (("--activation", "relu", "--seeds", "0"), "is not in the range"),
        (("--activation", "relu", "--widths", "1"), "give the widths"),
        (("--activation", "relu", "--widths", "1,0,1"), "give the widths"),
        (("--activation", "relu", "--widths", "1,-5,1"), "give the widths"),
        (("--activation", "relu", "--on", "1,1"), "left end must be smaller"),
        (("--activation", "relu", "--init", "glorot"), "is not one of"),
        (("--activation", "relu", "--without", "bias"), "did you mean 'biases'?"),
        (("--activation", "relu", "--without", "weights,biases,coefficients"), "no parameter is left"),
        (("--activation", "relu", "--without", "weights,biases"), "no parameter counts"),
        (("--activation", "relu", "--infinite", "--certify"), "choose one"),
        (("--activation", "relu", "--infinite", "--widths", "1,8,2"), "give one output"),
        (("--activation", "relu", "--infinite", "--without", "weights,biases"), "keep one of them"),
        (("--activation", "relu", "--infinite", "--backend", "cupy"), "leave --backend out"),
        (("--activation", "raf", "--infinite"), "drawn for each neuron"),
        (("--activation", "1/x", "--infinite"), "has a pole at x = 0"),
        (("--activation", "relu", "--time-limit", "-1"), "positive number of seconds"),
        (("--activation", "relu", "--plot", "a.txt"), "must end in .png"),
        (("--activation", "relu", "--samples", "100000000"), "needs about 80,"),
    ],
)
def test_a_slip_is_one_sentence_with_exit_code_2(run, words, says):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.splitlines()) == 1 and "Traceback" not in err


def test_cupy_without_a_device_is_exit_code_5(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    code, out, err = run("--activation", "relu", *SMALL, "--backend", "cupy")
    assert (code, out) == (5, "")
    assert "the backend cupy was asked for, and CuPy is not installed" in err
    assert document(run, "--activation", "relu", *SMALL)["configuration"]["backend"] == "numpy"
