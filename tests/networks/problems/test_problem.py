"""Names, paired draws, data: what holds for every problem."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from ratapprox.networks.problems import PROBLEMS, Box, Dataset, problem, problems
from ratapprox.networks.problems.draws import draws
from ratapprox.networks.problems.extras import optional
from tests.test_house import python

NEEDS = {"image": "skimage", "image_inpainting": "skimage", "digits": "sklearn"}
SMALL = {"poisson": 64, "singular": 64, "kdv": 64}
ORDERED = ("eigenvalue", "harmonic", "image", "audio", "video")
"""Points in the order of nodes or of a recording, whatever part of them is asked for."""
EVERY = pytest.mark.parametrize("name", PROBLEMS)


def data(name, seed, **counts):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name], reason="the extra `data` is not installed")
    return problem(name).data(seed, **counts)


def arrays(d: Dataset):
    return d.x_train, d.y_train, d.x_validation, d.y_validation


@EVERY
def test_one_seed_gives_the_same_points_every_time_and_another_seed_others(name):
    first, again, other = data(name, 3), data(name, 3), data(name, 4)
    for a, b in zip(arrays(first), arrays(again), strict=True):
        np.testing.assert_array_equal(a, b)
    same = all(np.array_equal(a, b) for a, b in zip(arrays(first), arrays(other), strict=True))
    # All pixels of the picture are trained on and judged by, and so for every seed the same.
    assert same == (name == "image")


@EVERY
def test_shapes_are_those_that_the_problem_says(name):
    p, d = problem(name), data(name, 0)
    for x, y, count in ((d.x_train, d.y_train, p.samples), (d.x_validation, d.y_validation, p.validation)):
        assert x.shape == (count, p.inputs)
        assert x.dtype == np.float64
        assert np.isfinite(x).all()
        assert np.isfinite(y).all()
        assert p.domain.contains(x).all()
        if p.kind == "classification":
            assert y.shape == (count,)
            assert y.dtype == np.int64
            assert set(np.unique(y)) == set(range(p.outputs))
        elif p.kind == "propagation":
            assert y.shape == (count, 0)
        else:
            assert y.shape == (count, p.outputs)
            assert y.dtype == np.float64


@EVERY
def test_data_cannot_be_written_to(name):
    for array in arrays(data(name, 0)):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_a_dataset_leaves_the_arrays_that_it_is_given_writable():
    x = np.zeros((2, 1))
    Dataset(x, x, x, x)
    x[0] = 1


@pytest.mark.parametrize("name", [n for n in PROBLEMS if n not in ORDERED])
def test_more_training_points_keep_the_first_ones_and_the_validation_points(name):
    few, many = data(name, 5, samples=20, validation=30), data(name, 5, samples=50, validation=30)
    np.testing.assert_array_equal(few.x_train, many.x_train[:20])
    np.testing.assert_array_equal(few.y_train, many.y_train[:20])
    np.testing.assert_array_equal(few.x_validation, many.x_validation)


@pytest.mark.parametrize("name", [n for n in PROBLEMS if n not in ("eigenvalue", "harmonic", "image")])
def test_no_validation_point_is_a_training_point(name):
    d = data(name, 1)
    if name == "digits":  # two people may write a 1 alike: compare the rows of the table, not the pictures
        total = len(d.x_train) + len(d.x_validation)
        rows = np.concatenate([d.x_train, d.x_validation])
        everything = problem(name).table()[0]
        assert total == len(everything)
        np.testing.assert_array_equal(np.sort(rows, axis=0), np.sort(everything, axis=0))
        return
    assert not set(map(tuple, d.x_train)) & set(map(tuple, d.x_validation))


@EVERY
def test_a_problem_survives_being_sent_to_another_process(name):
    p = problem(name)
    sent = pickle.loads(pickle.dumps(p))
    assert sent == p
    if name not in NEEDS:
        for a, b in zip(arrays(sent.data(2)), arrays(p.data(2)), strict=True):
            np.testing.assert_array_equal(a, b)


@EVERY
def test_every_problem_says_what_it_is_in_one_line(name):
    p = problem(name)
    assert repr(p) == f"Problem {name}: {p.description}"
    assert "\n" not in repr(p)
    assert p.source
    assert p.name == name
    with pytest.raises(AttributeError):
        p.samples = 3


def test_the_list_holds_every_problem_with_its_usual_parameters():
    assert tuple(p.name for p in problems()) == tuple(PROBLEMS)


@pytest.mark.parametrize(
    "name",
    [
        *("noisy(sd=0.25)", "noisy(sd=0.0)", "front(width=0.001)", "poisson(dimension=3)", "oscillating(k=5)"),
        *("singular(dimension=2)", "layer(width=0.01)", "greens_function(wavenumber=10.0)", "image(size=128)"),
        *("image_inpainting(size=32)", "audio(seconds=0.25, rate=4000, noise=0.5)", "deep_signal(width=7)"),
        *("video(size=8, frames=4, noise=0.0)", "video(frames=5)"),
    ],
)
def test_a_problem_is_found_again_by_the_name_it_gives_itself(name):
    p = problem(name)
    assert p.name == name
    assert problem(p.name) == p
    base, _, rest = name[:-1].partition("(")
    assert problem(base, **{k: json.loads(v) for k, v in (pair.split("=") for pair in rest.split(", "))}) == p


def test_the_usual_parameters_are_not_spelled_out():
    assert problem("noisy", sd=0.1).name == "noisy"
    assert problem(" noisy( sd = 1e-1 ) ").name == "noisy"


def test_noise_levels_are_paired():
    quiet, loud = problem("noisy", sd=0.1).data(7), problem("noisy", sd=0.2).data(7)
    clean = problem("noisy", sd=0.0).data(7)
    np.testing.assert_array_equal(quiet.x_train, loud.x_train)
    np.testing.assert_allclose(2 * (quiet.y_train - clean.y_train), loud.y_train - clean.y_train, atol=1e-14)
    np.testing.assert_array_equal(quiet.y_validation, clean.y_validation)


def test_training_values_carry_noise_of_the_stated_deviation_and_validation_values_none():
    p = problem("noisy", sd=0.3)
    d = p.data(0, samples=100_000)
    noise = d.y_train - p.exact(d.x_train)
    # The standard error of a standard deviation of n Gaussians is sd/√(2n): 4 of them.
    assert abs(noise.std() - 0.3) < 4 * 0.3 / np.sqrt(200_000)
    assert abs(noise.mean()) < 4 * 0.3 / np.sqrt(100_000)
    np.testing.assert_array_equal(d.y_validation, p.exact(d.x_validation))


def test_problems_with_one_seed_do_not_share_their_random_numbers():
    assert draws("kdv", 0).training.random() != draws("runge", 0).training.random()
    stream = draws("kdv", 0)
    assert len({stream.training.random(), stream.noise.random(), stream.validation.random()}) == 3


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("kdw", "there is no problem 'kdw': did you mean kdv?"),
        ("poison", "did you mean poisson"),
        ("zzz", "the problems are kdv, two_soliton"),
        ("", "there is no problem ''"),
        ("kdv(", "there is no problem"),
        ("__class__", "there is no problem"),
        (3, "there is no problem '3'"),
        ("image(width=3)", "image has no parameter 'width': its parameters are size"),
        ("kdv(k=3)", "kdv has no parameter 'k': it has none"),
        ("image(128)", "is not understood"),
        ("image(size=64, size=128)", "once each"),
        ("image(size=abc)", "is not understood"),
        ("noisy(sd=1e999)", "between 0 and 10"),
        ("noisy(sd=-1)", "between 0 and 10"),
        ("image(size=100)", "sizes 16, 32, 64, 128, 256, 512, not 100"),
        ("oscillating(k=0)", "a positive integer, not 0"),
        ("oscillating(k=2.5)", "a positive integer, not 2.5"),
        ("poisson(dimension=0)", "a positive integer"),
        ("singular(dimension=1)", "dimension=2"),
        ("layer(width=0)", "between 0.001 and 1"),
        ("greens_function(wavenumber=3.1415926)", "no Green's function"),
        ("audio(rate=100)", "between 2000 and 48000"),
        ("audio(rate=8000.5)", "a positive integer"),
        ("video(size=3)", "pixels along a side is a number between 4 and 128"),
        ("video(frames=200)", "frames is a number between 4 and 128"),
        ("video(size=8.5)", "a positive integer"),
        ("video(noise=2)", "between 0 and 1"),
        ("deep_signal(width=-4)", "a positive integer"),
    ],
)
def test_a_slip_in_a_name_is_answered_with_what_there_is(name, says):
    with pytest.raises(ValueError, match=says.replace("(", r"\(")):
        problem(name)


def test_nan_is_no_parameter():
    with pytest.raises(ValueError, match="not nan"):
        problem("noisy", sd=float("nan"))


@pytest.mark.parametrize("seed", [-1, 1.5, "0", None, True])
def test_a_seed_is_a_non_negative_integer(seed):
    with pytest.raises(ValueError, match="a seed is a non-negative integer"):
        problem("runge").data(seed)


@EVERY
@pytest.mark.parametrize("count", [0, -3, 2.5, True])
def test_numbers_of_points_are_positive_integers(name, count):
    with pytest.raises(ValueError, match="positive integer"):
        problem(name).data(0, samples=count)
    with pytest.raises(ValueError, match="positive integer"):
        problem(name).data(0, validation=count)


def test_a_table_does_not_give_more_rows_than_it_has():
    with pytest.raises(ValueError, match=r"102912 rows, fewer than 100000 .* and 10000 others"):
        problem("kdv").data(0, samples=100_000)
    with pytest.raises(ValueError, match="4000 training points, not 4001"):
        problem("audio").data(0, samples=4001)


def test_the_exact_answer_of_a_table_is_refused():
    with pytest.raises(LookupError, match="no formula is known"):
        problem("kdv").exact(np.zeros((1, 2)))


def test_a_missing_package_is_named_with_its_extra():
    says = r"for this no-such-package is needed: pip install 'ratapprox\[data\]'"
    with pytest.raises(ModuleNotFoundError, match=says) as missing:
        optional("no_such_module_of_anybody", "no-such-package", "this")
    assert missing.value.name == "no-such-package"


def test_listing_the_problems_loads_no_heavy_package():
    code = """
import sys, json
from ratapprox.networks.problems import problems
problems()
print(json.dumps(sorted(sys.modules)))
"""
    assert {"scipy", "skimage", "sklearn", "sympy", "matplotlib", "cupy", "numba"}.isdisjoint(json.loads(python(code)))


def test_boxes_are_mapped_onto_the_unit_cube_and_back():
    box = Box((0.0, -20.0, 3.0), (40.0, 20.0, 3.5))
    x = box.uniform(np.random.default_rng(0), 500)
    z = box.to_unit(x)
    assert np.abs(z).max() <= 1
    np.testing.assert_allclose(box.from_unit(z), x, rtol=1e-14, atol=1e-14)
    np.testing.assert_array_equal(box.to_unit(np.array([box.lower, box.upper])), [[-1] * 3, [1] * 3])
    assert repr(box) == "Box [0, 40] × [-20, 20] × [3, 3.5]"
    assert repr(Box.cube(0.0, 1.0, 3)) == "Box [0, 1]^3"


@pytest.mark.parametrize(
    ("lower", "upper"), [((), ()), ((0.0,), (1.0, 2.0)), ((1.0,), (1.0,)), ((0.0,), (np.inf,)), ((np.nan,), (1.0,))]
)
def test_a_box_needs_proper_intervals(lower, upper):
    with pytest.raises(ValueError, match=r"a box needs|is no interval"):
        Box(lower, upper)


def test_points_are_uniform_in_the_box():
    x = Box((0.0, -20.0), (40.0, 20.0)).uniform(np.random.default_rng(1), 40_000)
    # Standard errors of mean and variance of n uniform numbers of width w: w/√(12n) and w²/√(180n); 4 of them.
    np.testing.assert_allclose(x.mean(axis=0), [20, 0], atol=4 * 40 / np.sqrt(12 * 40_000))
    np.testing.assert_allclose(x.var(axis=0), 1600 / 12, atol=4 * 1600 / np.sqrt(180 * 40_000))
