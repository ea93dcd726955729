"""The figures of the book: those in docs are what the evidence says now, all are on the page, and they show it."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from ratapprox.claims import load_book, load_figures
from ratapprox.claims.figures import drawn
from ratapprox.claims.stored import read_stored
from ratapprox.networks.learned import learned_there

pytest.importorskip("matplotlib")
ROOT = Path(__file__).parents[1]
DRAWN = ROOT / "docs" / "figures"
BOOK = load_book(ROOT / "theory")
FIGURES = load_figures(BOOK)
MEASURED = [name for name in FIGURES if BOOK[name].kind == "measured"]
RUN = ROOT / "theory" / "runs" / "kdv"
AGAIN = "draw it anew: ratapprox check theory --page docs/book.md --figures docs/figures"
NUMBER = re.compile(r"(?<![\w#])(-?\d+(?:\.\d+)?(?:e-?\d+)?)")
PICTURE = re.compile(r"data:image/png;base64,([^\"]*)")
IDS = re.compile(r"\b[mpch][0-9a-f]{10}\b|image[0-9a-f]{10}")


@cache
def evidence(name):
    if name in MEASURED:
        stored = read_stored(BOOK, name)
        assert stored is not None
        return stored.evidence
    return BOOK[name]()


def parts(svg: str):
    """Words, numbers and pixels; the ids, which are digests of the numbers, are numbered."""
    from matplotlib.image import imread

    pixels = [imread(BytesIO(base64.b64decode(found))) for found in PICTURE.findall(svg)]
    names: dict[str, str] = {}
    plain = IDS.sub(lambda found: names.setdefault(found[0], f"id{len(names)}x"), PICTURE.sub("", svg))
    words = NUMBER.split(plain)
    return words[::2], np.array(words[1::2], dtype=float), pixels


def same(one: str, other: str) -> bool:
    """Equal words; numbers equal to 0.02 of a point, pixels to two of 255 levels: beyond that machines may differ."""
    (words, numbers, pixels), (words2, numbers2, pixels2) = parts(one), parts(other)
    return (
        words == words2
        and np.allclose(numbers, numbers2, rtol=0, atol=0.02)
        and len(pixels) == len(pixels2)
        and all(a.shape == b.shape and np.abs(a - b).max() < 2.5 / 255 for a, b in zip(pixels, pixels2, strict=True))
    )


@pytest.mark.parametrize("name", FIGURES)
def test_the_figure_in_docs_is_what_the_evidence_says_now(name):
    found, written = drawn(FIGURES[name], evidence(name)).decode(), (DRAWN / f"{name}.svg").read_text(encoding="utf-8")
    assert found == written or same(found, written), AGAIN
    assert len(found) < 200_000


def test_every_figure_is_on_the_page_and_every_file_is_a_figure():
    page = (ROOT / "docs" / "book.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\((figures/.*?)\)", page)) == sorted(f"figures/{name}.svg" for name in FIGURES), AGAIN
    assert {file.name for file in DRAWN.iterdir()} == {f"{name}.svg" for name in FIGURES}


PLANTED = {
    "conditioning.as_published": ("kernels", "2", "relu", "log10", 3),
    "conditioning.in_training": ("kernels", "0", "tanh", "log10", 0),
    "layers.exact_gain": ("log10_mean_and_interval", "RaLU, α = 0", "64", "signal", 1),
    "layers.plain_weights": ("log10_mean_and_interval", "RaLU, α = 9", "64", "gradient", 1),
    "ralu_measured.paths": ("paths", "kdv", "by layer", "seed 0", 1, -1),
    "regression.kdv_steps": ("errors", "relu", 0),
    "regression.kdv_time": ("curves", "rational", "error by seconds", -1),
    "regression.targets": ("curves", "runge", "tanh", "error by steps", -1),
}
"""A number of the evidence that each figure shows, or that a bar in it does."""


def test_a_number_is_planted_in_every_figure_of_what_is_measured():
    assert sorted(PLANTED) == sorted(MEASURED)


def shapes(drawing):
    """All lines and bars of a drawing, as they are in the numbers of its axes."""
    lines = [line.get_xydata().tolist() for axes in drawing.axes for line in axes.lines]
    bars = [b.get_segments() for axes in drawing.axes for b in axes.collections if hasattr(b, "get_segments")]
    return lines + [np.asarray(bar).tolist() for each in bars for bar in each]


@pytest.mark.parametrize("name", PLANTED)
def test_a_changed_number_of_the_stored_evidence_changes_the_figure(name):
    data = json.loads(json.dumps(evidence(name).data))
    *path, last = PLANTED[name]
    place = data
    for key in path:
        place = place[key]
    draw = FIGURES[name].draw
    before, again = repr(shapes(draw(evidence(name)))), repr(shapes(draw(replace(evidence(name), data=data))))
    assert before == again
    place[last] /= 2
    assert repr(shapes(draw(replace(evidence(name), data=data)))) != before


def test_figure_2_shows_the_network_that_is_kept_and_reading_leaves_it_as_it_was():
    (folder,) = (RUN / "networks").iterdir()
    files = {path: path.read_bytes() for path in RUN.rglob("*") if path.is_file()}
    found = learned_there(folder)
    result = json.loads((folder / "result.json").read_bytes())
    assert np.mean((found.found - found.exact) ** 2) == pytest.approx(result["validation"][0], rel=0.5)  # other points
    assert {path: path.read_bytes() for path in RUN.rglob("*") if path.is_file()} == files
    assert sum(map(len, files.values())) < 300_000


def test_the_kept_network_was_made_by_the_command_of_its_figure():
    words = FIGURES["regression.kdv_steps"].command.split()
    named = ("activation", "widths", "samples", "optimiser", "steps", "seeds")
    asked = {name: words[words.index(f"--{name}") + 1] for name in named}
    kept = json.loads((RUN / "configuration.json").read_bytes())["configuration"]
    assert words[:3] == ["ratapprox", "train", kept["problem"]]
    assert words[-1] == RUN.relative_to(ROOT).as_posix()
    assert asked == {
        "activation": ",".join(kept["activations"]),
        "widths": ",".join(map(str, kept["hidden"])),
        "samples": str(kept["samples"]),
        "optimiser": kept["optimiser"],
        "steps": str(kept["steps"]),
        "seeds": str(len(kept["seeds"])),
    }


@pytest.mark.parametrize("content", [None, "{}", '{"configuration": {"problem": "kdv"}}'])
def test_a_folder_without_a_network_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "configuration.json").write_text(content)
    with pytest.raises(ValueError, match="holds no network"):
        learned_there(tmp_path)
