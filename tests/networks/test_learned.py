"""What a kept network has learned, over the whole domain."""

from __future__ import annotations

import numpy as np
import pytest

from ratapprox.networks.experiment import Experiment, kept
from ratapprox.networks.learned import learned
from ratapprox.networks.problems.kdv import grid
from ratapprox.plots import learned_figure


def trained(folder, problem, **settings):
    like = {"hidden": (6, 6), "optimiser": "lbfgs", "steps": 30, "samples": 60, "validation": 500} | settings
    config = Experiment(problem, "rational", (0, 1), **like).document()
    return config, kept(config, str(folder))


@pytest.mark.parametrize("sharing", ["layer", "network"])
def test_the_values_are_those_of_the_trained_network(tmp_path, sharing):
    config, summary = trained(tmp_path, "runge", validation=801, sharing=sharing)
    for member in (0, 1):
        found = learned(config, tmp_path, member)
        error = np.linalg.norm(found.found - found.exact) / np.linalg.norm(found.exact)
        assert error == pytest.approx(summary["error"][member], rel=0.3)  # at other points
        assert error < 0.2
    assert found.axes[0].shape == found.exact.shape == (801,)
    assert np.allclose(found.exact, 1 / (1 + 25 * found.axes[0] ** 2))


def test_a_table_is_drawn_on_its_own_grid(tmp_path):
    config, _ = trained(tmp_path, "kdv", steps=3)
    found = learned(config, tmp_path)
    t, x, u = grid()
    assert all(np.array_equal(a, b) for a, b in zip(found.axes, (t, x), strict=True))
    assert np.array_equal(found.exact, u)


def test_a_picture_is_drawn_as_columns_and_rows(tmp_path):
    pytest.importorskip("skimage")
    config, _ = trained(tmp_path, "image(size=16)", steps=1, samples=None, validation=None)
    assert learned(config, tmp_path).exact.shape == (16, 16)


@pytest.mark.parametrize("problem", ["poisson", "digits", "eigenvalue"])
def test_what_is_no_function_of_examples_is_refused(tmp_path, problem):
    config = Experiment(problem, "rational", (0,), (4,), "adam", steps=1).document()
    with pytest.raises(ValueError, match="there is no picture"):
        learned(config, tmp_path)


def test_the_panels_show_what_is_learned_what_was_to_be_and_the_difference(tmp_path):
    pytest.importorskip("matplotlib")
    config, _ = trained(tmp_path, "greens_function", steps=2)
    found = learned(config, tmp_path)
    drawing = learned_figure(found, "title")
    shown = [axes.collections[0].get_array() for axes in drawing.axes[:3]]
    for values, expected in zip(shown, (found.found, found.exact, found.found - found.exact), strict=True):
        assert np.array_equal(np.asarray(values), expected.T)
