"""The picture shows the fit: the data given to the artist, and that no global state of matplotlib is touched."""

import sys

import matplotlib as mpl
import numpy as np
import pytest

import ratapprox
from ratapprox.errors import errors
from ratapprox.plots import figure, render


@pytest.fixture(scope="module")
def relu32():
    return ratapprox.fit("relu", type=(3, 2), on=(-1, 1))


def test_the_error_curve_alternates_between_the_lines(relu32):
    above, below = figure(relu32).axes
    curve, upper, lower, points = below.lines
    assert np.max(np.abs(curve.get_ydata())) == pytest.approx(relu32.error, rel=1e-9, abs=0)
    assert {upper.get_ydata()[0], lower.get_ydata()[0]} == {relu32.error, -relu32.error}
    assert tuple(points.get_xdata()) == relu32.reference
    signs = np.sign(points.get_ydata())
    assert np.all(signs[:-1] == -signs[1:])
    function, rational = above.lines
    assert np.allclose(function.get_ydata(), rational.get_ydata(), atol=1.01 * relu32.error)


def test_a_tiny_error_is_drawn_without_rounding_noise():
    fit = ratapprox.fit("exp", type=(10, 10), on=(-1, 1))
    assert fit.error < 1e-24
    assert np.abs(errors(fit.rational, fit.target, fit.weight, fit.reference, fit.error)) == pytest.approx(
        fit.error, rel=1e-3, abs=0
    )


def test_a_weighted_error_is_drawn_weighted():
    fit = ratapprox.fit("exp", type=(2, 2), on=(-1, 1), weight="relative")
    assert np.abs(errors(fit.rational, fit.target, fit.weight, fit.reference, fit.error)) == pytest.approx(
        fit.error, rel=1e-6, abs=0
    )


def test_a_python_function_is_drawn_too():
    fit = ratapprox.fit(np.cos, type=(2, 2), on=(-1, 1))
    assert np.abs(errors(fit.rational, fit.target, fit.weight, fit.reference, fit.error)) == pytest.approx(
        fit.error, rel=1e-6, abs=0
    )
    assert render(fit, "png")


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_pictures_are_files_of_their_kind(relu32, kind, start):
    assert render(relu32, kind).startswith(start)


def test_no_other_kind_is_drawn(relu32):
    with pytest.raises(ValueError, match="png, svg, pdf"):
        render(relu32, "jpg")


def test_drawing_leaves_matplotlib_as_it_was(relu32):
    before = mpl.rcParams.copy()  # dict(mpl.rcParams) would choose a backend
    render(relu32, "png")
    assert mpl.rcParams.copy() == before
    assert "matplotlib.pyplot" not in sys.modules


def test_without_matplotlib_the_extra_is_named(relu32, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ModuleNotFoundError, match=r"ratapprox\[plot\]"):
        figure(relu32)
