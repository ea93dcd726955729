"""`ratapprox analyse`: answers, reports, JSON, LaTeX, pictures, exit codes."""

import json

import pytest

from ratapprox.cli import main

RALU = "x*(x**2+a)/(x**2+1)"


@pytest.fixture
def run(capsys):
    def call(*words):
        with pytest.raises(SystemExit) as end:
            main(list(words))
        printed = capsys.readouterr()
        return end.value.code, printed.out, printed.err

    return call


def test_the_region_is_printed_with_a_witness_for_each_failing_side(run):
    code, out, _ = run("analyse", RALU, "--property", "increasing", "--parameter", "a")
    assert code == 0
    assert "exactly for 0 <= a <= 9" in out
    assert "at a = -1: f' = -1 at x = 0" in out
    assert "at a = 10" in out


def test_json_is_the_document_of_the_analysis(run):
    code, out, err = run("analyse", RALU, "--property", "increasing", "--parameter", "a", "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert document["schema"] == "ratapprox/analysis/1"
    assert document["region"]["intervals"][0]["upper"]["exact"] == "9"
    assert document["verdict"] == "region"


def test_an_end_may_be_an_expression_with_roots_and_a_leading_minus(run):
    code, out, err = run("analyse", RALU, "--property", "increasing", "--on", "-sqrt(2),max(1,sqrt(2))")
    assert (code, err) == (0, "")
    assert "increasing on [-√2, √2]" in out
    assert "exactly for 0 <= a <= 10" in out
    assert "increasing on [0, 1/2]" in run("analyse", "x**2", "--on", "0,2^-1")[1]
    assert "√2" in run("analyse", "x/(x**2+1)", "--on=-sqrt(2),1")[1]


def test_an_interval_changes_the_answer(run):
    assert "exactly for a >= 0" in run("analyse", RALU, "--property", "increasing", "--on", "-1,1")[1]
    assert "exactly for -13/12 <= a <= 9" in run("analyse", RALU, "--property", "increasing", "--on", "1/2,oo")[1]


def test_removable_poles_are_cancelled_when_asked(run):
    family = "x*(x**2+a)/(x**2+a)"
    assert "exactly for a > 0" in run("analyse", family, "--property", "pole-free")[1]
    assert "exactly for every a" in run("analyse", family, "--property", "pole-free", "--cancelled")[1]


def test_without_parameter_the_exit_code_is_the_verdict(run):
    assert run("analyse", "x**3/(1+x**2)", "--property", "increasing")[0] == 0
    code, out, _ = run("analyse", "x**3/(1+x**2)", "--property", "convex")
    assert code == 3
    assert "refuted" in out


def test_what_cannot_be_decided_in_time_is_unknown(run):
    family = "(x**7+a*x**5+a**3*x**2+x+a)/(x**6+a*x**4+a**2*x+3)"
    code, out, _ = run("analyse", family, "--property", "increasing", "--time-limit", "0.000001")
    assert code == 4
    assert "unknown" in out


def test_the_dossier_of_a_family(run):
    code, out, _ = run("analyse", "ralu")
    assert code == 0
    for line in (
        "increasing: exactly for 0 <= alpha <= 9",
        "lipschitz:1: exactly for alpha = 1",
        "sup |f'| = max(alpha, (9 - alpha)/8, -alpha)",
        "-1 < alpha < 1: attracting",
        "alpha > 9: maximum, minimum, maximum, minimum",
        "f − (x) → 0",
        "0.655679542418798471543…",
    ):
        assert line in out
    document = json.loads(run("analyse", "ralu", "--json")[1])
    assert document["lipschitz"] == "max(alpha, (9 - alpha)/8, -alpha)"
    assert document["regions"]["increasing"]["region"]["text"] == "0 <= alpha <= 9"


def test_the_dossier_of_one_function_and_of_a_card(run, tmp_path):
    out = run("analyse", "x**3/(1+x**2)", "--on", "-1,2")[1]
    assert "increasing on [-1, 2]" in out
    card = str(tmp_path / "card.json")
    run("fit", "relu", "--type", "2,2", "--on", "-1,1", "-o", card)
    out = run("analyse", card, "--on", "-1,1")[1]
    assert "curvature" in out
    assert json.loads(run("analyse", card, "--json")[1])["schema"] == "ratapprox/dossier/1"


def test_latex(run):
    out = run("analyse", RALU, "--property", "increasing", "--latex")[1]
    assert out.strip().endswith("\\iff 0 \\le a \\le 9")
    out = run("analyse", "ralu", "--latex")[1]
    assert "\\max\\left(\\alpha, \\frac{9 - \\alpha}{8}, - \\alpha\\right)" in out
    assert out.startswith("\\begin{align*}")


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_region_is_drawn(run, tmp_path, kind):
    pytest.importorskip("matplotlib")
    file = tmp_path / f"region.{kind}"
    assert run("analyse", RALU, "--property", "increasing", "--plot", str(file))[0] == 0
    assert file.stat().st_size > 1000


def test_the_region_of_two_parameters_is_drawn(run, tmp_path):
    pytest.importorskip("matplotlib")
    file = tmp_path / "region.png"
    code, _, _ = run("analyse", "x*(x**2+a)/(x**2+b)", "--property", "increasing", "--plot", str(file))
    assert code == 0
    assert file.stat().st_size > 1000


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("exp(a*x)", "--property", "increasing"), "exp(a·x) is not rational"),
        ((RALU, "--property", "incresing"), "there is no property"),
        ((RALU, "--property", "increasing", "--parameter", "b"), "has no parameter b: its parameters are a"),
        ((RALU, "--parameter", "b"), "the parameters are a"),
        ((RALU, "--property", "increasing", "--on", "1,1"), "the interval is one point"),
        ((RALU, "--property", "increasing", "--on", "1"), "is not an interval"),
        ((RALU, "--property", "increasing", "--on", "0,max(1,2),3"), "is not an interval"),
        ((RALU, "--property", "increasing", "--on", "0,pi"), "give such a number near it, as 355/113"),
        ((RALU, "--property", "increasing", "--on", "0,sqrt(-1)"), "not a real number"),
        ((RALU, "--property", "increasing", "--on", "sqrt(2),2^(1/2)"), "the interval is one point"),
        ((RALU, "--on", "0,sqrt(2"), "is needed to close sqrt("),
        ((RALU, "--plot", "region.png"), "add --property"),
        ((RALU, "--cancelled"), "add --property"),
        (("lambda*x", "--property", "odd"), "rename it"),
        ((RALU, "--property", "increasing", "--plot", "region.gif"), "must end in .png"),
        ((RALU, "--latex", "--json"), "choose one"),
        (("1/(x-x)", "--property", "increasing"), "denominator"),
        (("ralo",), "ralu"),
    ],
)
def test_slips_are_answered_with_one_sentence(run, words, says):
    code, out, err = run("analyse", *words)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("family", [RALU, "ralu", "(x**5+a*x**3+x)/(x**4+x**2+1)", "x**3/(1+x**2)"])
def test_the_answer_is_checked_by_an_independent_program(run, tmp_path, family):
    file = tmp_path / "answer.json"
    run("analyse", family, "--property", "increasing", "-o", str(file))
    code, out, _ = run("certify", "--check", str(file))
    assert code == 0
    assert "independent checker" in out
    assert json.loads(run("certify", "--check", str(file), "--json")[1])["verdict"] == "proved"


@pytest.mark.parametrize(
    "tamper",
    [
        lambda d: d["region"].update(text="0 <= a <= 8"),
        lambda d: d["region"]["intervals"][0]["upper"].update(exact="8"),
        lambda d: d["region"]["intervals"][0].update(upper_closed=False),
        lambda d: d.update(property="decreasing"),
        lambda d: d.update(family="x*(x**2+a)/(x**2+2)"),
        lambda d: d.update(on=["0", None]),
        lambda d: d.update(verdict="unknown"),
        lambda d: d.update(certificate=None),
        lambda d: d["region"]["intervals"][0]["upper"].update(decimal="9.5"),
        lambda d: d["witnesses"][0].update(x="1"),
        lambda d: d["witnesses"].pop(),
        lambda d: d.update(note="and everywhere else"),
        lambda d: d["certificate"]["line"]["cells"][0].update(holds=True),
    ],
)
def test_an_answer_that_was_changed_is_refused(run, tmp_path, tamper):
    document = json.loads(run("analyse", RALU, "--property", "increasing", "--json")[1])
    tamper(document)
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(document))
    code, out, _ = run("certify", "--check", str(file))
    assert code == 3
    assert "refuted" in out


@pytest.mark.parametrize(
    "tamper",
    [
        lambda d: d["region"].update(text="0 <= a <= 8*b and b > 0"),
        lambda d: d["region"].update(text="every (a, b)"),
        lambda d: d["region"].update(text="no (a, b)"),
        lambda d: d.update(region=None),
        lambda d: d.update(parameters=["a"]),
        lambda d: d["certificate"]["line"]["cells"][2]["line"]["cells"][0].update(holds=True),
    ],
)
def test_an_answer_for_two_parameters_that_was_changed_is_refused(run, tmp_path, tamper):
    document = json.loads(run("analyse", "x*(x**2+a)/(x**2+b)", "--property", "increasing", "--json")[1])
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(document))
    assert run("certify", "--check", str(file), "--time-limit", "60")[0] == 0
    tamper(document)
    file.write_text(json.dumps(document))
    assert run("certify", "--check", str(file))[0] == 3


def test_an_answer_without_parameters_has_no_region(run, tmp_path):
    document = json.loads(run("analyse", "x", "--property", "increasing", "--json")[1])
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(document | {"region": {"text": "a > 7"}}))
    assert run("certify", "--check", str(file))[0] == 3


def test_the_answer_about_a_card_is_checked_with_its_exact_coefficients(run, tmp_path):
    card, file = tmp_path / "card.json", tmp_path / "answer.json"
    run("fit", "relu", "--type", "3,2", "--on", "-1,1", "-o", str(card))
    assert run("analyse", str(card), "--property", "pole-free", "-o", str(file))[0] == 0
    assert run("certify", "--check", str(file))[0] == 0


def test_a_check_that_takes_too_long_is_unknown(run, tmp_path):
    file = tmp_path / "answer.json"
    run("analyse", RALU, "--property", "increasing", "-o", str(file))
    code, out, _ = run("certify", "--check", str(file), "--time-limit", "0.001")
    assert code == 4
    assert "unknown" in out
    assert "time limit" in out
    code, out, err = run("certify", str(file), "--time-limit", "1")
    assert (code, out) == (2, "")
    assert "is for --check" in err


def test_what_is_no_certificate_is_a_slip(run, tmp_path):
    file = tmp_path / "answer.json"
    for text in ("{", "[]", '{"schema": "ratapprox/card/1"}'):
        file.write_text(text)
        code, _, err = run("certify", "--check", str(file))
        assert code == 2
        assert "is no certificate" in err
    assert run("certify", "--check", str(tmp_path / "none.json"))[0] == 2


CUBIC = "(c*x**3+a*x**2+b*x)/(x**2+1)"


def test_one_vector_of_three_parameters_is_decided_and_a_box_around_it_proved(run):
    code, out, _ = run("analyse", CUBIC, "--property", "increasing", "--at", "a=0,b=1,c=1", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["holds"] is True
    assert document["radius_decimal"] > 0.6
    corner = ",".join(f"{name}={value}" for name, value in document["corner"].items())
    code, out, _ = run("analyse", CUBIC, "--property", "increasing", "--at", corner)
    assert code == 3
    assert "fails, decided exactly" in out
    code, out, _ = run("analyse", CUBIC, "--property", "increasing", "--at", "a=0,b=1,c=1/9")
    assert code == 0
    assert "boundary" in out


def test_a_box_is_written_with_its_certificate_and_the_independent_checker_confirms_it(run, tmp_path):
    file = tmp_path / "box.json"
    code, out, _ = run("analyse", CUBIC, "--property", "increasing", "--at", "a=0,b=1,c=1", "-o", str(file))
    assert code == 0
    assert "box " in out
    document = json.loads(file.read_text())
    code, out, _ = run("certify", "--check", str(file))
    assert code == 0
    assert f"in the box of radius {document['radius']}" in " ".join(out.split())
    proof = document["certificate"]
    file.write_text(json.dumps(proof))
    assert run("certify", "--check", str(file))[0] == 0
    tampered = [
        document | {"radius": document["fails_within"]},
        document | {"radius_decimal": 0.7},
        document | {"values": document["values"] | {"a": "1"}},
        document | {"on": ["0", None]},
        document | {"property": "decreasing"},
        document | {"family": "x"},
        document | {"says": "more"},
        document | {"certificate": None},
        document | {"certificate": proof | {"cuts": proof["cuts"][::2]}},
        document | {"certificate": proof | {"radius": proof["fails_within"]}, "radius": proof["fails_within"]},
    ]
    for forged in tampered:
        file.write_text(json.dumps(forged))
        code, out, _ = run("certify", "--check", str(file))
        assert code == 3
        assert "refuted" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--property", "increasing", "--at", "a=0,b=1"), "without c"),
        (("--property", "increasing", "--at", "a=0,b=1,c=1,d=2"), "d"),
        (("--property", "increasing", "--at", "a=0,a=1"), "one value"),
        (("--property", "increasing", "--at", "a"), "one value"),
        (("--property", "increasing", "--at", "a=x,b=1,c=1"), "x"),
        (("--at", "a=0,b=1,c=1"), "add --property"),
        (("--property", "increasing", "--at", "a=0,b=1,c=1", "--latex"), "--at goes with"),
        (("--property", "increasing",), "--at a=1,b=2"),
        (("--rounding", "float16"), "has parameters"),
        (("--rounding", "float16", "--property", "increasing"), "--rounding goes with"),
    ],
)
def test_slips_about_values_are_answered_with_one_sentence(run, words, says):
    code, out, err = run("analyse", CUBIC, *words)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.strip().splitlines()) == 1


def test_an_activation_function_that_is_not_rational_has_its_moments(run):
    code, out, _ = run("analyse", "gelu", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["schema"] == "ratapprox/gaussian/1"
    assert document["gain"]["forward"]["lower"].startswith("2.35171561407337")
    assert document["moments"]["mean"]["lower"].startswith("0.28209479177387")  # 1/(2 sqrt(pi))
    assert "jumps" in run("analyse", "sign")[2]


def test_the_dossier_of_a_rational_function_has_its_moments_or_says_why_not(run):
    document = json.loads(run("analyse", "x**3/(x**2+1)", "--json")[1])
    assert document["gaussian"]["moments"]["second"]["lower"].startswith("0.4670386272563954")
    assert "has a pole at x = 0" in json.loads(run("analyse", "1/x", "--json")[1])["gaussian"]


def test_forms_of_evaluation_are_compared(run):
    code, out, _ = run("analyse", "x*(x**2+9)/(x**2+1)", "--rounding", "float16", "--on", "-4,4")
    assert code == 0
    assert out.splitlines()[1].startswith("split")
    document = json.loads(run("analyse", "x/(x**2+1)", "--rounding", "q4.12", "--on", "-4,4", "--json")[1])
    assert document["schema"] == "ratapprox/rounding/1"
    assert document["best"] == document["forms"][0]["form"]
