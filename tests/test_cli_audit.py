"""`ratapprox audit` and `ratapprox list peers`: what is printed, written and refused, with which exit code."""

import json
import subprocess
import sys

import jsonschema
import pytest

import ratapprox
from ratapprox.auditing.document import audit_schema
from ratapprox.cli import main
from ratapprox.formats.importers import peers


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


def test_a_serious_problem_leaves_with_code_three_and_none_with_zero(run):
    code, out, err = run("audit", "kat:gelu")
    assert (code, err) == (3, "")
    assert "! the evaluated form differs from the fitted form: error 1.46 instead of 0.00295" in out
    assert "2 entries, 2 with something wrong enough to matter" in out
    code, out, _ = run("audit", "rationalnets:relu(3,2)")
    assert code == 0
    assert "1 entry, nothing serious" in out
    assert run("audit", "rationalnets:relu(3,2)", "--on", "-3,3")[0] == 3


def test_names_are_printed_as_they_are(run):
    for name in ("rational_activations:A:tanh:(5,4)", "rational_activations:N:tanh:(5,4)"):
        out = run("audit", name)[1]
        assert out.count(name) == 2  # in the table and over the problems


def test_json_is_one_document_that_obeys_the_schema(run):
    code, out, err = run("audit", "rationalnets", "--json")
    assert (code, err) == (3, "")
    found = json.loads(out)
    jsonschema.validate(found, audit_schema())
    assert [entry["name"] for entry in found["entries"]] == ["relu(2,2)", "relu(3,2)", "relu(4,3)", "relu(5,4)"]


def test_a_file_in_either_order_is_audited(run, tmp_path):
    (tmp_path / "four.json").write_text('{"p": [1.1915, 1.5957, 0.5, 0.0218], "q": [2.383, 0, 1]}')
    code, out, err = run("audit", "four.json", "--target", "relu", "--on", "-1,1")
    assert (code, out) == (2, "")
    assert "give the order (--order), ascending or descending" in err
    code, out, _ = run("audit", "four.json", "--order", "descending", "--target", "relu", "--on", "-1,1")
    assert code == 0
    assert "0.0219" in out
    assert run("audit", "four.json", "--order", "ascending", "--target", "relu", "--on", "-1,1")[0] == 3


def test_fix_writes_a_card_that_certify_proves(run, tmp_path):
    code, out, _ = run("audit", "kat:gelu", "--fix", "-o", "better.json")
    assert code == 3
    assert "wrote better.json: Fit of gelu, type (3, 6) on [-3, 3]: error 0.00015332" in " ".join(out.split())
    code, out, _ = run("certify", "better.json")
    assert code == 0
    assert "none on the whole real line" in out
    assert run("audit", "better.json")[0] == 0
    assert json.loads((tmp_path / "better.json").read_text())["provenance"]["command"].startswith(
        "ratapprox audit kat:gelu"
    )


def test_several_replacements_are_numbered(run, tmp_path):
    run("audit", "rationalnets", "--fix", "-o", "better.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["better-1.json", "better-2.json"]


@pytest.mark.parametrize(("words", "option"), [(["--fix", "-o"], "-o"), (["--html"], "--html"), (["--plot"], "--plot")])
@pytest.mark.parametrize("linked", [False, True])
def test_an_audited_file_is_never_overwritten(run, tmp_path, words, option, linked):
    if option == "--plot":
        pytest.importorskip("matplotlib", reason="matplotlib draws the curves")
    audited = tmp_path / "mine.png"  # read as JSON: the name tells nothing
    text = '{"p": [0, 1], "q": [1, 0, 1], "order": "ascending", "target": "tanh", "interval": [-1, 1]}'
    audited.write_text(text)
    output = "link.png" if linked else "mine.png"
    if linked:
        (tmp_path / output).symlink_to(audited)
    code, out, err = run("audit", "mine.png", *words, output)
    assert (code, out) == (2, "")
    assert f"{option} {output} is the audited file itself: give another name" in err
    assert audited.read_text() == text


def test_every_card_of_several_fixes_is_checked_before_the_work(run, tmp_path, monkeypatch):
    import ratapprox.auditing as home

    monkeypatch.setattr(home, "audit", lambda *_, **__: pytest.fail("the work has begun"))
    (tmp_path / "better-2.json").mkdir()
    code, out, err = run("audit", "rationalnets", "--fix", "-o", "better.json")
    assert (code, out) == (2, "")
    assert "cannot write 'better-2.json': it is a folder" in err
    one = {"p": [0, 1], "q": [1, 0, 1], "order": "ascending"}
    (tmp_path / "mine-1.json").write_text(json.dumps([one, one]))
    code, _, err = run("audit", "mine-1.json", "--fix", "-o", "mine.json")
    assert code == 2
    assert "-o mine-1.json is the audited file itself" in err
    code, _, err = run("audit", "rationalnets", "--fix", "-o", "a.html", "--html", "a-1.html")
    assert code == 2
    assert "which --html or --plot names too" in err


def test_a_target_without_an_interval_is_compared_far_out_and_an_interval_is_asked_for(run, tmp_path):
    found = {"p": [0, 1], "q": [1, 0, 1], "order": "ascending", "target": "relu"}
    (tmp_path / "one.json").write_text(json.dumps(found))
    code, out, _ = run("audit", "one.json")
    assert code == 0
    assert "no interval is declared, and the error from relu needs one: give it (--on)" in " ".join(out.split())
    assert "at x = 10 it is 0.099, and relu is 10" in " ".join(out.split())
    assert "at x = -10" not in out  # -0.099 and 0 are near
    out = run("audit", "one.json", "--on", "-1,1")[1]
    assert "needs one" not in out


def test_nothing_to_fix_is_said(run):
    assert "nothing to fix" in run("audit", "rationalnets:relu(3,2)", "--fix", "-o", "better.json")[1]


def test_page_and_plot_are_written(run, tmp_path):
    code, _, _ = run("audit", "kat:gelu", "rkan", "--html", "page.html", "--plot", "errors.png")
    assert code == 3
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "errors.png").read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_read_or_judged_is_named_beside_the_rest_and_code_two_says_so(run, tmp_path):
    good = {"p": [0, 1], "q": [1, 0, 1], "order": "ascending", "target": "tanh", "interval": [-1, 1], "name": "good"}
    broken = [good, good | {"target": "no_such", "name": "strange"}, good | {"q": [0], "name": "zero"}]
    (tmp_path / "some.json").write_text(json.dumps([*broken, good | {"target": "log(x)", "name": "undefined"}]))
    (tmp_path / "last.json").write_text(json.dumps(good | {"name": "last"}))
    (tmp_path / "torn.json").write_text('{"p": [1')
    words = ("audit", "none.json", "some.json", "torn.json", "last.json")
    code, out, err = run(*words, "--html", "page.html")
    assert (code, err) == (2, "")
    flat = " ".join(out.split())
    assert (
        flat.index("some.json:good") < flat.index("last.json:last") < flat.index("none.json ! not judged: cannot read")
    )
    assert "some.json:strange ! not judged: there is no activation function no_such" in flat
    assert "the denominator is zero" in flat
    assert "not defined" in flat
    assert "torn.json ! not judged: 'torn.json': it is not JSON" in flat
    assert "2 with something wrong enough to matter (marked !) 5 not read or not judged" in flat
    assert "no_such" in (tmp_path / "page.html").read_text()
    code, out, err = run(*words, "--json")
    assert (code, err) == (2, "")
    found = json.loads(out)
    jsonschema.validate(found, audit_schema())
    assert [entry["name"] for entry in found["entries"]] == ["good", "last"]
    assert [(each["source"], each["name"]) for each in found["refused"]] == [
        ("none.json", None),
        ("some.json", "entry 2"),
        ("torn.json", None),
        ("some.json", "strange"),
        ("some.json", "undefined"),
    ]


def test_one_wrong_entry_of_a_configuration_is_refused_alone_and_the_file_by_read_coefficients(run, tmp_path):
    mode = {"init_w_numerator": [0.0, 1.0], "init_w_denominator": [0.0], "ub": 3, "lb": -3}
    for document, names in (
        ({"Rational_version_A1/1": {"identity": mode, "relu": mode | {"init_w_numerator": [1.0]}}}, ["A:relu:(1,1)"]),
        ({"identity": mode, "relu": mode | {"init_w_denominator": ["x"]}}, ["relu"]),
    ):
        (tmp_path / "config.json").write_text(json.dumps(document))
        code, out, _ = run("audit", "config.json", "--json")
        assert code == 2
        found = json.loads(out)
        assert found["entries"]
        assert [each["name"] for each in found["refused"]] == names
        with pytest.raises(ValueError, match="relu"):
            ratapprox.read_coefficients(tmp_path / "config.json")


def test_a_report_is_printed_though_a_picture_or_page_cannot_be_made(run, tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib draws the curves")
    code, out, err = run("audit", "rkan", "--plot", "errors.png")
    assert code == 2
    assert "2 entries, nothing serious" in out
    assert "no curve is drawn, and errors.png is not written: no entry has a target and an interval" in err
    assert not (tmp_path / "errors.png").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["audit"], "Missing argument"),
        (["audit", "kat:gelu", "--fix"], "say where with -o"),
        (["audit", "kat:gelu", "-o", "x.json"], "give --fix too"),
        (["audit", "kat:gelu", "--plot", "x.bmp"], "must end in .png, .svg or .pdf"),
        (["audit", "kat:gelu", "--html", "x.png", "--plot", "x.png"], "name the same file"),
        (["audit", "kat:gelu", "--html", "none/x.html"], "cannot write"),
        (["audit", "kat:gleu"], "did you mean"),
        (["audit", "none.json"], "no such file"),
        (["audit", "kat:gelu", "--target", "relo"], "there is no activation function relo"),
        (["audit", "kat:gelu", "--on", "1,-1"], "the left end must be smaller"),
        (["audit", "kat:gelu", "--order", "up"], "is not one of"),
    ],
)
def test_a_slip_is_one_sentence_and_code_two(run, words, says):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_missing_package_leaves_with_code_five(run, tmp_path, monkeypatch):
    (tmp_path / "model.onnx").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "onnx", None)
    code, out, err = run("audit", "model.onnx")
    assert (code, out) == (5, "")
    assert "pip install onnx" in err


def test_what_a_reader_leaves_out_is_said_on_stderr(run, tmp_path):
    mode = {"init_w_numerator": [0.0, 1.0], "init_w_denominator": [0.0], "ub": 3, "lb": -3}
    (tmp_path / "config.json").write_text(json.dumps({"Rational_version_A1/1": {"identity": mode}, "identity": mode}))
    code, out, err = run("audit", "config.json", "--json")
    assert code == 0
    assert "the key 'identity' names no version and is left out" in err
    assert len(json.loads(out)["entries"]) == 1


def test_the_peers_are_listed(run):
    code, out, _ = run("list", "peers")
    assert code == 0
    for peer in peers().values():
        assert f"{peer.repository} at {peer.commit[:7]}" in out
        assert all(f"    {peer.name}:{entry.name}\n" in out for entry in peer.entries)
    found = json.loads(run("list", "peers", "--json")[1])
    assert [peer["name"] for peer in found["peers"]] == list(peers())


def test_an_interrupt_leaves_what_was_done(run, monkeypatch):
    import ratapprox.auditing as home

    real, done = home.audit, []

    def interrupted(*args, **named):
        if done:
            raise KeyboardInterrupt
        done.append(1)
        return real(*args, **named)

    monkeypatch.setattr(home, "audit", interrupted)
    code, out, _ = run("audit", "kat:gelu", "--json")
    assert code == 130
    found = json.loads(out)
    assert (found["complete"], len(found["entries"])) == (False, 1)
    jsonschema.validate(found, audit_schema())
    done[:] = [1]
    code, out, err = run("audit", "kat:gelu")
    assert (code, out) == (130, "")
    assert "interrupted before there was a result" in err


def test_help_needs_no_heavy_import():
    code = "from ratapprox.cli import cli; cli.main(['audit', '--help'], standalone_mode=False)"
    code += "; import sys; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_public_names_are_there():
    (entry,) = ratapprox.read_coefficients("rationalnets:relu(3,2)")
    assert isinstance(ratapprox.audit(entry), ratapprox.Audit)


@pytest.mark.parametrize("on", ["-1e300,1e300", "-1e-300,1e-300", "-1e999,1e999", "1e-999,1"])
def test_extreme_intervals_are_refused_in_one_short_line(run, on):
    code, out, err = run("audit", "rationalnets:relu(3,2)", "--on", on)
    assert (code, out) == (2, "")
    assert "its ends must be 0 or between 1e-150 and 1e150 in size; rescale x" in err
    assert len(err) < 200
