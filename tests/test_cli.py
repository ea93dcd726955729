"""The command line: what it prints, what it refuses, with which exit code."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest

import ratapprox
import ratapprox.certified
import ratapprox.cli.fit
from ratapprox.chebyshev import Chebyshev
from ratapprox.cli import main
from ratapprox.formats.schema import card_schema


@dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys, tmp_path, monkeypatch) -> Callable[..., Ran]:
    """Run `ratapprox WORDS…` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run_it(*words: str) -> Ran:
        with pytest.raises(SystemExit) as leaving:
            main(words)
        printed = capsys.readouterr()
        return Ran(int(leaving.value.code or 0), printed.out, printed.err)

    return run_it


FIT = ("fit", "relu", "--type", "3,2", "--on", "-1,1")


def assert_slip(ran: Ran, complaint: str = "") -> None:
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert len(ran.err) < 600
    assert complaint in ran.err
    assert list(Path.cwd().iterdir()) == []


def test_fit_prints_coefficients_error_points_and_what_is_proved(run):
    ran = run(*FIT)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Fit of relu, type (3, 2) on [-1, 1]: error 0.0218445, equioscillates on 7 points\n")
    for part in (
        "0.5",
        "1.59574",
        "1.19148",
        "2.38297",
        "≤ max |f − r| ≤ 0.021844506346",
        "none on the whole real line",
        "certified",
        "ratapprox fit relu --type 3,2 --on -1,1 -o card.json",
    ):
        assert part in ran.out
    signs = [word for word in ran.out.split() if word in ("(+)", "(−)")]
    assert len(signs) == 7
    assert all(here != there for here, there in pairwise(signs))


def test_the_printed_coefficients_are_the_function(run):
    rows = [line.split() for line in run(*FIT).out.splitlines()[3:7]]
    r = ratapprox.Rational([float(row[1]) for row in rows], [float(row[2]) for row in rows[:3]])
    assert r == ratapprox.fit("relu", type=(3, 2), on=(-1, 1)).rational


def test_no_line_is_wider_than_a_page(run):
    for words in (FIT, ("fit", "gelu", "--type", "6,6", "--on", "-4,4"), ("fit", "abs", "--type", "20,20")):
        assert max(map(len, run(*words).out.splitlines())) <= 100


def test_json_is_the_card_and_nothing_else(run):
    ran = run(*FIT, "--json", "-o", "card.json")
    assert (ran.code, ran.err) == (0, "")
    assert Path("card.json").read_text() == ran.out
    document = json.loads(ran.out)
    jsonschema.validate(document, card_schema())
    assert document["outcome"] == "certified"
    assert document["provenance"]["command"] == "ratapprox fit relu --type 3,2 --on -1,1"


def test_the_ends_of_the_interval_are_read_exactly(run):
    document = json.loads(run("fit", "relu", "--type", "2,2", "--on", "-0.1,1/3", "--json").out)
    assert document["interval_exact"] == ["-1/10", "1/3"]
    assert run("fit", "relu", "--type", "2,2", "--on=-1,1").code == 0


@pytest.mark.parametrize(
    ("interval", "complaint"),
    [
        ("1,1", "smaller"),
        ("1,-1", "smaller"),
        ("0,inf", "finite"),
        ("-inf,0", "finite"),
        ("nan,1", "finite"),
        ("0,1,2", "not an interval"),
        ("", "not an interval"),
        ("1", "not an interval"),
        ("a,b", "not the end"),
        ("1/0,1", "not the end"),
        ("0,1e999999999", "not the end"),
        ("0," + "9" * 10_000, "not the end"),
        ("0x1,2", "not the end"),
        ("١,٢", "not the end"),
        ("0,1e400", "1e150"),
        (",", "not the end"),
    ],
)
def test_an_interval_that_is_none_is_refused(run, interval, complaint):
    assert_slip(run("fit", "relu", "--type", "3,2", "--on", interval), complaint)


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("-1,2", "negative"),
        ("3,-2", "negative"),
        ("3", "not a type"),
        ("3,2,1", "not a type"),
        ("a,b", "not a type"),
        ("1.5,2", "not a type"),
        ("", "not a type"),
        ("1000,1000", "200"),
        ("9" * 5000 + ",1", "not a type"),
        ("1e3,2", "not a type"),
        ("999999999,0", "200"),
    ],
)
def test_a_type_that_is_none_is_refused(run, kind, complaint):
    assert_slip(run("fit", "relu", "--type", kind), complaint)


@pytest.mark.parametrize(
    "target",
    [
        "__import__('os').system('true')",
        "x**(10**9)",
        "(" * 100_000 + "x" + ")" * 100_000,
        "x.__class__",
        "lambda: x",
        "",
        " ",
        "x +",
        "y",
        "open('f')",
        "9**9**9**9",
        "x" * 10_000,
        "\x00",
        "x;x",
        "exp(" * 500 + "x" + ")" * 500,
        "[x]",
        "eval('x')",
        "f'{x}'",
        "x if x else 1",
        "import os",
        "Symbol('x')",
        "-" * 10_000 + "x",
        "x\n",
        "∞",
    ],
)
def test_a_hostile_or_broken_expression_is_refused_at_once(run, target):
    start = time.monotonic()
    ran = run("fit", "--type", "3,2", "--", target)
    if target.strip() == "x":
        assert ran.code == 0
    else:
        assert_slip(ran)
    assert time.monotonic() - start < 5


def test_an_unknown_name_is_answered_with_the_nearest(run):
    assert_slip(run("fit", "relo", "--type", "3,2"), "relu")
    assert_slip(run("fti", "relu"), "did you mean 'fit'?")
    assert_slip(run("list", "activation"), "activations")
    assert_slip(run(*FIT, "--jsn"), "--json")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("log(x)", "--type", "2,2", "--on", "-1,1"), "log"),
        (("1/x", "--type", "2,2", "--on", "-1,1"), "0"),
        (("sign", "--type", "2,2", "--on", "-1,1"), "0"),
        (("sqrt(x)", "--type", "2,2", "--on", "-1,1"), "-1"),
        (("relu", "--type", "2,2", "--weight", "x"), "weight"),
        (("relu", "--type", "2,2", "--weight", "-1"), "weight"),
        (("relu", "--type", "2,2", "--weight", "x - 1/3"), "weight"),
        (("relu", "--type", "2,2", "--weight", "__import__('os')"), ""),
        (("relu", "--type", "2,2", "--weight", "relative"), ""),
        (("relu", "--type", "2,2", "--digits", "0"), "digits"),
        (("relu", "--type", "2,2", "--digits", "many"), "digits"),
        (("relu", "--type", "2,2", "--time-limit", "0"), "seconds"),
        (("relu", "--type", "2,2", "--time-limit", "nan"), "seconds"),
        (("relu", "--type", "2,2", "--time-limit", "-3"), "seconds"),
        (("relu",), "--type"),
        ((), "TARGET"),
        (("relu", "tanh", "--type", "2,2"), "tanh"),
    ],
)
def test_a_question_without_an_answer_is_refused_in_one_sentence(run, words, complaint):
    assert_slip(run("fit", *words), complaint)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("-o", "absent/card.json"), "no such file"),
        (("-o", "."), "folder"),
        (("-o", os.devnull), "ordinary"),
        (("-o", ""), "folder"),
        (("--plot", "p.jpg"), ".png"),
        (("--plot", "png"), ".png"),
        (("--plot", "absent/p.png"), "no such file"),
        (("-o", "a\nb/c"), "no such file"),
        (("-o", "same.png", "--plot", "./same.png"), "the same file"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_work_starts(run, monkeypatch, words, complaint):
    monkeypatch.setattr(ratapprox.certified, "fit", lambda *_, **__: pytest.fail("the work started"))
    assert_slip(run(*FIT, *words), complaint)


def test_a_plot_without_matplotlib_is_a_missing_part(run, monkeypatch):
    monkeypatch.setattr(ratapprox.cli.fit, "find_spec", lambda _: None)
    ran = run(*FIT, "--plot", "p.png", "-o", "card.json")
    assert (ran.code, ran.out) == (5, "")
    assert "pip install 'ratapprox[plot]'" in ran.err
    assert list(Path.cwd().iterdir()) == []


def test_a_plot_is_written_beside_the_report(run):
    ran = run(*FIT, "--plot", "error.SVG")
    assert ran.code == 0
    assert "<svg" in Path("error.SVG").read_text()


def test_what_did_not_converge_is_printed_with_exit_code_4(run):
    ran = run("fit", "tanh(50*(x - 1/8))", "--type", "40,40", "--time-limit", "0.2", "-o", "card.json")
    assert ran.code == 4
    assert "failed" in ran.out
    assert json.loads(Path("card.json").read_text())["outcome"] == "failed"


def test_coefficients_that_doubles_cannot_hold_are_not_printed_as_doubles(run):
    ran = run("fit", "exp(sin(x))", "--type", "10,10", "--on", "8,14", "-o", "card.json")
    fit = ratapprox.fit("exp(sin(x))", type=(10, 10), on=(8, 14))
    assert fit.rational.is_exact
    assert fit.float64_error > 2 * fit.error
    assert "In doubles the coefficients in powers of x have the error" in ran.out
    assert repr(float(fit.rational.p[-1])) not in ran.out
    document = json.loads(Path("card.json").read_text())
    assert "p_exact" in document
    p, q = ([Fraction(c) for c in document["chebyshev"][name]] for name in ("p", "q"))
    printed = Chebyshev(fit.on, tuple(p), tuple(q)).to_rational()
    assert float(ratapprox.certify(printed, "exp(sin(x))", (8, 14)).error_upper) == pytest.approx(
        fit.error, rel=1e-6, abs=0
    )
    assert all(repr(c) in ran.out for c in document["chebyshev"]["q"] if c != 1)


def test_a_pole_that_rounding_would_make_is_told(run):
    out = run("fit", "abs(x - 10)", "--type", "8,8", "--on", "9,11", "-o", "card.json").out
    assert "In doubles the coefficients in powers of x have a pole on the interval." in out
    assert json.loads(Path("card.json").read_text())["float64_error"] is None
    assert run("certify", "card.json").code == 0


def test_an_error_at_the_rounding_level_of_doubles_is_said_to_be(run):
    out = run("fit", "tanh", "--type", "8,8", "--on", "1,5").out
    assert "In doubles the coefficients in powers of x have the error 3.01e-16 instead of 2.71e-16." in out
    assert "--digits 25 prints enough of their digits" in out
    assert "In doubles" not in run("fit", "tanh", "--type", "8,8", "--on", "1,5", "--digits", "25").out


def test_digits_print_so_many_digits_and_they_are_the_function(run):
    ran = run("fit", "relu", "--type", "4,4", "--digits", "40", "--json")
    document = json.loads(ran.out)
    assert document["digits"] == 40
    digits = [c.lstrip("-").replace(".", "").split("e")[0].lstrip("0") for c in document["p_decimal"]]
    assert max(map(len, digits)) == 40
    shown = run("fit", "relu", "--type", "4,4", "--digits", "40").out
    assert all(c in shown for c in document["p_decimal"] if "." in c)


def card(run, *words: str) -> dict:
    run(*(words or FIT), "-o", "card.json")
    return json.loads(Path("card.json").read_text())


def certified(run, document: dict, *words: str) -> Ran:
    Path("card.json").write_text(json.dumps(document))
    return run("certify", "card.json", *words)


def test_certify_proves_what_fit_wrote(run):
    ran = certified(run, card(run))
    assert ran.code == 0
    assert "no rational of type (3, 2) has an error below 0.02184450634" in ran.out
    assert "proved" in ran.out


@pytest.mark.parametrize(
    "words",
    [
        ("gelu", "--type", "4,4", "--on", "-4,4"),
        ("abs", "--type", "30,30"),
        ("clip(x,0,1)", "--type", "3,4", "--on", "-1,2"),
        ("exp", "--type", "2,2", "--weight", "relative"),
        ("relu", "--type", "4,4", "--digits", "50"),
        ("x", "--type", "3,3"),
        ("tanh", "--type", "0,0", "--on", "-1/3,0.7"),
        ("leaky_relu(0.2)", "--type", "3,2"),
        ("x*sigmoid(1.7*x)", "--type", "3,2"),
    ],
)
def test_certify_confirms_every_kind_of_card(run, words):
    ran = certified(run, card(run, "fit", *words))
    assert (ran.code, ran.err) == (0, ""), ran.out


def test_certify_answers_in_json(run):
    verdict = json.loads(certified(run, card(run), "--json").out)
    assert (verdict["schema"], verdict["verdict"], verdict["refuted"]) == ("ratapprox/verdict/1", "proved", [])
    assert verdict["certificate"]["optimal_lower"] > 0.0218


def claim(document: dict, **changes: object) -> dict:
    return document | {"certificate": document["certificate"] | changes}


TAMPERED = {
    "a coefficient": lambda d: d | {"p": [0.0219, *d["p"][1:]], "p_hex": [(0.0219).hex(), *d["p_hex"][1:]]},
    "the error": lambda d: d | {"error": 0.01, "error_decimal": "0.01"},
    "the upper bound": lambda d: claim(
        d, error_upper=0.01, error_upper_decimal="0.01", error_lower=0.0, error_lower_decimal="0"
    ),
    "the lower bound": lambda d: claim(d, error_lower=0.03, error_lower_decimal="0.03"),
    "optimality": lambda d: claim(d, optimal_lower=0.03, optimal_lower_decimal="0.03"),
    "the type": lambda d: d | {"type": [5, 4]},
    "the target": lambda d: d | {"target": "gelu"},
    "the interval": lambda d: d | {"interval": [-1, 2], "interval_exact": ["-1", "2"]},
    "the weight": lambda d: d | {"weight": "1 + x**2"},
    "the tails": lambda d: claim(d, tails=[{}, {}]),
    "the least denominator": lambda d: claim(d, min_q=2.0),
    "the defect": lambda d: claim(d, defect=3),
    "the poles": lambda d: claim(d, poles=["3.5"]),
    "the alternation points": lambda d: claim(d, alternation=[-0.9, *d["certificate"]["alternation"][1:]]),
    "fewer alternation points": lambda d: claim(d, alternation=d["certificate"]["alternation"][:5]),
    "the reference": lambda d: d | {"reference": [-1, -0.9, -0.8]},
    "the place of the error": lambda d: claim(d, error_at=0.1),
    "the error in doubles": lambda d: d | {"float64_error": 0.02},
    "the number of points": lambda d: claim(d, alternation_needed=2),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_certify_refutes_a_card_with_another(run, what):
    ran = certified(run, TAMPERED[what](card(run)))
    assert (ran.code, ran.err) == (3, "")
    assert "refuted" in ran.out


@pytest.mark.parametrize("form", ["chebyshev", "barycentric", "float64_error"])
def test_certify_refutes_another_form_that_is_not_the_function(run, form):
    document = card(run, "fit", "exp(sin(x))", "--type", "10,10", "--on", "8,14")
    assert certified(run, document).code == 0
    if form == "float64_error":
        document[form] *= 2
    else:
        numbers = document[form]["p" if form == "chebyshev" else "values"]
        numbers[2] *= 1.001
    ran = certified(run, document)
    assert (ran.code, ran.err) == (3, "")
    assert form.removesuffix("64_error") in ran.out or "in doubles" in ran.out


def test_certify_refutes_a_pole_on_the_interval(run):
    document = card(run)
    document |= {"q": [1.0, 0.0, -2.0], "q_hex": [(1.0).hex(), (0.0).hex(), (-2.0).hex()]}
    ran = certified(run, document)
    assert ran.code == 3
    assert "zero on the interval" in ran.out
    verdict = json.loads(run("certify", "card.json", "--json").out)
    assert verdict["verdict"] == "refuted"
    assert verdict["certificate"]["error_upper"] is None


def test_certify_reads_a_card_without_claims(run):
    document = card(run)
    bare = {name: document[name] for name in [*card_schema()["required"], "p", "q", "p_hex", "q_hex"]}
    assert certified(run, bare).code == 0


def test_certify_answers_another_question_when_asked(run):
    document = card(run)
    ran = certified(run, document, "--target", "leaky_relu(0.01)", "--on", "-2,2")
    assert ran.code == 0
    assert "leaky_relu(1/100)" in ran.out
    assert_refused(certified(run, document, "--target", "log(x)"), "log")
    assert_refused(certified(run, document, "--on", "1,-1"), "smaller")


def assert_refused(ran: Ran, complaint: str) -> None:
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert complaint in ran.err


def test_certify_refuses_what_is_no_card(run):
    assert_refused(run("certify", "absent.json"), "no such file")
    Path("noise").write_text("{")
    assert_refused(run("certify", "noise"), "not JSON")
    document = card(run)
    assert_refused(certified(run, document | {"type": [1, 1]}), '"type"')
    assert_refused(certified(run, document | {"target": "__import__('os')"}), "")
    assert_refused(certified(run, document | {"target": "my function"}), "")


def test_names_are_listed(run):
    listed = run("list", "activations")
    assert listed.code == 0
    names = [line.split("(")[0].split()[0] for line in listed.out.splitlines()]
    assert {"relu", "leaky_relu", "gelu", "tanh", "abs"} <= set(names)
    entries = json.loads(run("list", "activations", "--json").out)["activations"]
    assert {"name": "relu", "formula": "max(x, 0)", "note": "rectified linear unit"} in entries


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(run, shell):
    ran = run("completions", shell)
    assert ran.code == 0
    assert "_RATAPPROX_COMPLETE" in ran.out


def test_names_are_completed(run, monkeypatch):
    monkeypatch.setenv("_RATAPPROX_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "ratapprox fit leak")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert run().out == "plain,leaky_relu\n"


def test_certify_reads_a_card_from_a_pipe(run, monkeypatch):
    document = card(run)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(document).encode())))
    assert run("certify", "-").code == 0


def test_a_terminal_without_mathematical_characters_gets_question_marks(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(Path(ratapprox.__path__[0]).parent), "PYTHONIOENCODING": "latin-1"}
    words = [sys.executable, "-m", "ratapprox", *FIT]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert b"? max |f ? r| ?" in done.stdout


def test_the_version_is_printed(run):
    assert run("--version").out == f"ratapprox {ratapprox.__version__}\n"


def test_interrupted_before_there_is_a_result_is_one_sentence(run, monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ratapprox.certified, "fit", interrupted)
    ran = run(*FIT, "-o", "card.json")
    assert (ran.code, ran.out) == (130, "")
    assert ran.err.strip() == "ratapprox: interrupted before there was a result"
    assert list(Path.cwd().iterdir()) == []


def test_control_c_during_a_fit_leaves_its_best_or_one_sentence(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(Path(ratapprox.__path__[0]).parent)}
    words = [sys.executable, "-m", "ratapprox", "fit", "tanh(50*(x - 1/8))", "--type", "60,60", "-o", "card.json"]
    with subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=-1, stderr=-1, text=True) as process:
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode in (0, 4, 130)
    assert "Traceback" not in err
    if process.returncode == 130:
        assert (out, err.strip().count("\n"), list(tmp_path.iterdir())) == ("", 0, [])
    else:
        assert Fraction(json.loads((tmp_path / "card.json").read_text())["error"]) > 0


def test_a_closed_pipe_is_no_traceback(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(Path(ratapprox.__path__[0]).parent)}
    done = subprocess.run(
        f"{sys.executable} -m ratapprox list activations | true",
        shell=True,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
