"""Figures of a book: drawn of its evidence, shown on its page, and said why not."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from ratapprox.claims import Evidence, load_book, load_figures
from ratapprox.claims.figures import Figure, drawn, shown
from ratapprox.cli import main
from ratapprox.panels import Curve, Curves, Plane, panels
from tests.test_claims import CHAPTER

FIGURES = """
from ratapprox.claims import figure
from ratapprox.panels import Curve, Curves, panels
from .a import true

@figure("a.sampled", "seeds, so many", command="ratapprox check book")
def sampled(evidence):
    return panels(Curves("seeds", [Curve("s", [0, 1], [0, evidence.data["seeds"]])]))
"""
AGAIN = FIGURES + FIGURES.partition("from .a import true")[2].replace("def sampled", "def again")
BREAKS = FIGURES.replace('data["seeds"]', 'data["none"]')
NO_FIGURE = FIGURES.replace("return panels", "return repr")


@pytest.fixture
def run(capsys):
    def call(*words):
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        return end.value.code, printed.out, printed.err

    return call


@pytest.fixture
def book(tmp_path: Path) -> Path:
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "a.py").write_text(CHAPTER)
    (folder / "_figures.py").write_text(FIGURES)
    return folder


@pytest.fixture
def measured(book, run) -> Path:
    assert run("check", book, "--budget", "30s")[0] == 0
    return book


def test_a_figure_is_drawn_of_stored_evidence_and_stands_on_the_page(run, measured, tmp_path):
    code, _, err = run("check", measured, "--figures", tmp_path / "drawn", "--page", tmp_path / "book.md")
    assert (code, err) == (0, "")
    assert [file.name for file in (tmp_path / "drawn").iterdir()] == ["a.sampled.svg"]
    text = (tmp_path / "book.md").read_text(encoding="utf-8")
    assert text.endswith(
        "\n\n![The figure of a.sampled](drawn/a.sampled.svg)\n\n*Figure*: seeds, so many. `ratapprox check book`\n"
    )


def test_the_page_finds_figures_beside_it_and_shows_only_what_is_there(run, measured, tmp_path):
    run("check", measured, "--page", tmp_path / "book.md")
    assert "figure" not in (tmp_path / "book.md").read_text(encoding="utf-8")
    run("check", measured, "--figures", tmp_path / "figures")
    run("check", measured, "--page", tmp_path / "book.md")
    assert "](figures/a.sampled.svg)" in (tmp_path / "book.md").read_text(encoding="utf-8")


def test_addresses_are_relative_to_the_page_and_quoted(measured, tmp_path):
    folder = tmp_path / "my figures"
    folder.mkdir()
    (folder / "a.sampled.svg").write_text("")
    found = shown(load_book(measured), folder, tmp_path / "pages" / "book.md")
    assert found["a.sampled"].address == "../my%20figures/a.sampled.svg"


def test_a_figure_is_of_the_evidence_alone_and_the_same_each_time(measured):
    figure = load_figures(load_book(measured))["a.sampled"]
    first, again, other = (drawn(figure, Evidence("measured", "holds", "", (), {"seeds": n})) for n in (8, 8, 9))
    assert first == again != other
    assert b">seeds</text>" in first
    assert b"dc:date" not in first


def test_settings_of_matplotlib_change_no_figure_and_are_kept(measured):
    mpl = pytest.importorskip("matplotlib")
    figure, evidence = (
        load_figures(load_book(measured))["a.sampled"],
        Evidence("measured", "holds", "", (), {"seeds": 8}),
    )
    plain = drawn(figure, evidence)
    with mpl.rc_context({"lines.linewidth": 9, "axes.facecolor": "red", "font.size": 30, "svg.fonttype": "path"}):
        before = mpl.rcParams.copy()
        assert drawn(figure, evidence) == plain
        assert mpl.rcParams.copy() == before


def test_a_changed_file_of_figures_is_read_anew_and_makes_no_evidence_stale(run, measured):
    loaded = load_book(measured)
    before = loaded.text_hash("a.sampled")
    assert load_figures(loaded)["a.sampled"].caption == "seeds, so many"
    (measured / "_figures.py").write_text(FIGURES.replace("so many", "so few"))
    loaded = load_book(measured)
    assert load_figures(loaded)["a.sampled"].caption == "seeds, so few"
    assert loaded.text_hash("a.sampled") == before
    assert "stale" not in run("check", measured)[1]


def test_a_book_of_one_file_draws_its_own_figures_and_leaves_those_of_others(measured):
    (measured / "b.py").write_text(CHAPTER.replace('"a.', '"b.'))
    assert list(load_figures(load_book(measured / "a.py"))) == ["a.sampled"]
    assert load_figures(load_book(measured / "b.py")) == {}


def test_an_open_claim_has_no_figure_and_that_is_said(run, book, tmp_path):
    code, _, err = run("check", book, "--figures", tmp_path / "drawn")
    assert code == 4
    assert "a.sampled is open, so that its figure is not drawn" in err
    assert list((tmp_path / "drawn").iterdir()) == []


@pytest.mark.parametrize(
    ("text", "words", "says"),
    [
        (None, (), "say how they are drawn in"),
        ("x = 1", (), "say how they are drawn in"),
        ("def", (), "line 1"),
        (AGAIN, (), "there are two figures of a.sampled"),
        (FIGURES.replace("a.sampled", "a.none"), (), "there is no claim a.none"),
        (BREAKS, (), "the figure of a.sampled broke off: KeyError: 'none'"),
        (NO_FIGURE, (), "a figure of matplotlib, as ratapprox.panels makes them, not a str"),
        (FIGURES, ("--id", "a.true"), "none of these claims has one, but a.sampled"),
        (FIGURES, ("--kind", "proved"), "none of these claims has one, but a.sampled"),
    ],
)
def test_slips_are_answered_with_one_sentence(run, measured, tmp_path, text, words, says):
    (measured / "_figures.py").unlink()
    if text is not None:
        (measured / "_figures.py").write_text(text)
    code, _, err = run("check", measured, "--figures", tmp_path / "drawn", *words)
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1


def test_a_folder_that_cannot_be_written_is_said_before_the_work(run, measured, tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "none" / "drawn"):
        code, out, err = run("check", measured, "--figures", folder)
        assert (code, out) == (2, "")
        assert "--figures: cannot write into" in err
    (tmp_path / "drawn" / "a.sampled.svg").mkdir(parents=True)
    code, out, err = run("check", measured, "--figures", tmp_path / "drawn")
    assert (code, out) == (2, "")
    assert "it is a folder" in err


def test_without_matplotlib_the_extra_is_named(run, measured, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code, out, err = run("check", measured, "--figures", tmp_path / "drawn")
    assert (code, out) == (5, "")
    assert "ratapprox[plot]" in err
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    figure = load_figures(load_book(measured))["a.sampled"]
    with pytest.raises(ModuleNotFoundError, match=r"ratapprox\[plot\]"):
        drawn(figure, Evidence("measured", "holds", "", (), {"seeds": 8}))


# -- panels ------------------------------------------------------------------------------------------------------------


def test_curves_and_bars_stand_where_they_are_said():
    curve = Curve("c", [1, 2, 4], [1.0, None, 3.0], ([0.5, None, 2.0], [2.0, None, 4.0]), "o-", "C3")
    panel = Curves("title", [curve], "x", "y", ("log", "linear"), (0, 5), [(1, 2)], {1: "one", 4: "four"})
    (axes,) = panels(panel).axes
    (line,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert np.array_equal(line.get_xydata(), [[1, 1], [2, np.nan], [4, 3]], equal_nan=True)
    bars = axes.collections[-1].get_segments()
    assert [np.asarray(bar).tolist() for bar in (bars[0], bars[-1])] == [[[1, 0.5], [1, 2]], [[4, 2], [4, 4]]]
    assert (axes.get_xscale(), axes.get_yscale(), axes.get_ylim()) == ("log", "linear", (0, 5))
    assert [label.get_text() for label in axes.get_xticklabels()] == ["one", "four"]
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == ("title", "x", "y")


def test_a_plane_has_its_first_place_along_x():
    values = np.arange(6.0).reshape(2, 3)
    axes = panels(Plane("p", (np.array([0, 1]), np.array([0, 1, 2])), values)).axes[0]
    assert np.array_equal(np.asarray(axes.collections[0].get_array()), values.T)
    assert axes.collections[0].get_clim() == (-5, 5)


def test_more_than_three_panels_take_more_rows_and_share_a_legend():
    drawing = panels(*[Curves(str(k), [Curve("c", [0, 1], [0, k])]) for k in range(4)])
    assert tuple(drawing.get_size_inches()) == (15, 8)
    assert [axes.axison for axes in drawing.axes] == [True] * 4 + [False] * 2
    (legend,) = drawing.legends
    assert [text.get_text() for text in legend.get_texts()] == ["c"]


def test_nothing_is_not_drawn():
    with pytest.raises(ValueError, match="no panel"):
        panels()


def test_a_figure_says_what_it_is():
    assert repr(Figure("a.b", "what", lambda evidence: None)) == "Figure of a.b: what"
