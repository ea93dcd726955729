"""Targets, recordings and metrics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.networks.problems import ACCURACY, MSE, PSNR, RELATIVE_L2, problem
from ratapprox.networks.problems.audio import sound
from ratapprox.networks.problems.video import grey

numbers = st.floats(-1, 1)


def value(name, *x):
    return float(problem(name).exact(np.array([x], dtype=float))[0, 0])


@given(numbers)
def test_one_dimensional_targets_are_their_formulas(x):
    assert value("absolute", x) == abs(x)
    assert value("ramp", x) == max(x, 0.0)
    assert np.isclose(value("runge", x), 1 / (1 + 25 * x**2), rtol=1e-15)
    assert np.isclose(value("entire", x), np.e**x * np.sin(4 * np.pi * x), rtol=1e-13, atol=1e-15)
    assert np.isclose(value("front", x), np.tanh(x / 0.02))
    assert np.isclose(value("noisy", x), np.sin(3 * np.pi * x) + x / 2)


def test_the_zigzag_is_linear_between_its_five_kinks_and_bends_at_each():
    x = np.linspace(-1, 1, 2001)
    y = problem("zigzag").exact(x[:, None])[:, 0]
    slopes = np.diff(y) / np.diff(x)
    bends = np.flatnonzero(np.abs(np.diff(slopes)) > 1e-6)
    np.testing.assert_allclose(x[bends + 1], [-0.75, -0.4, -0.1, 0.25, 0.65], atol=1e-12)
    np.testing.assert_allclose(slopes[[0, -1]], [-1, 1])


def test_the_staircase_takes_the_value_of_the_right_side():
    x = [-1, -0.6, -0.6 - 1e-12, 0.1, 0.1 - 1e-12, 0.7, 1]
    assert [value("staircase", t) for t in x] == [0.0, 1.0, 0.0, 0.75, -0.5, 0.25, 0.25]


@pytest.mark.parametrize("k", [0.0, 1.0, 10.0])
def test_the_greens_function_inverts_the_operator(k):
    """∫ G(x, s) sin nπs ds = sin nπx/(n²π² - k²), by Gauss's rule on either side of the kink."""
    p = problem("greens_function", wavenumber=k)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    for n in (1, 2, 5):
        for x in (0.1, 0.5, 0.83):
            total = 0.0
            for a, b in ((0.0, x), (x, 1.0)):
                s = (a + b) / 2 + (b - a) / 2 * nodes
                G = p.exact(np.stack([np.full_like(s, x), s], axis=1))[:, 0]
                total += (b - a) / 2 * (weights * G * np.sin(n * np.pi * s)).sum()
            assert abs(total - np.sin(n * np.pi * x) / ((n * np.pi) ** 2 - k**2)) < 1e-12


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_greens_function_is_symmetric_and_vanishes_on_the_boundary(x, s):
    for name in ("greens_function", "greens_function(wavenumber=10.0)"):
        assert value(name, x, s) == value(name, s, x)
        assert value(name, 0, s) == 0
        assert abs(value(name, 1, s)) < 1e-15
    assert np.isclose(value("greens_function", x, s), min(x, s) * (1 - max(x, s)), atol=1e-16)


@pytest.mark.parametrize("k", [np.pi, 2 * np.pi, 9 * np.pi + 5e-4])
def test_an_eigenvalue_has_no_greens_function(k):
    with pytest.raises(ValueError, match="no Green's function"):
        problem("greens_function", wavenumber=k)


def test_the_picture_keeps_its_mean_and_its_orientation_at_every_size():
    skimage = pytest.importorskip("skimage", reason="the extra `data` is not installed")
    from skimage.transform import downscale_local_mean

    photograph = skimage.data.camera() / 255
    for size in (16, 64, 256, 512):
        d = problem("image", size=size).data(0)
        assert 0 <= d.y_train.min() <= d.y_train.max() <= 1
        picture = d.y_train.reshape(size, size)
        np.testing.assert_allclose(picture, downscale_local_mean(photograph, (512 // size, 512 // size)), atol=1e-12)
        np.testing.assert_allclose(d.x_train[0], [1 / size - 1, 1 / size - 1])
        np.testing.assert_allclose(d.x_train[size - 1], [1 - 1 / size, 1 / size - 1])  # the first row goes to the right
        np.testing.assert_array_equal(d.x_train, d.x_validation)


def test_half_of_the_inpainted_picture_is_trained_on_and_the_other_half_judged():
    pytest.importorskip("skimage", reason="the extra `data` is not installed")
    d, whole = problem("image_inpainting").data(0), problem("image").data(0)
    both = np.concatenate([np.hstack([d.x_train, d.y_train]), np.hstack([d.x_validation, d.y_validation])])
    everything = np.hstack([whole.x_train, whole.y_train])
    assert set(map(tuple, both)) == set(map(tuple, everything))
    assert len(both) == len(everything)


def test_a_part_of_the_pixels_may_be_trained_on():
    pytest.importorskip("skimage", reason="the extra `data` is not installed")
    d = problem("image").data(0, samples=100)
    assert len(d.x_train) == 100
    assert len(d.x_validation) == 4096
    assert len(set(map(tuple, d.x_train))) == 100


def test_the_sound_is_within_one_and_the_recording_has_the_stated_noise():
    t = np.linspace(0, 0.5, 200_001)
    assert 0.8 < np.abs(sound(t, 0.5)).max() <= 1
    d = problem("audio", seconds=10.0).data(0)
    noise = d.y_train - sound(d.x_train, 10.0)
    assert abs(noise.std() - 0.01) < 4 * 0.01 / np.sqrt(2 * len(noise))
    np.testing.assert_array_equal(d.y_validation, sound(d.x_validation, 10.0))


def test_the_sound_is_sampled_fast_enough():
    """Beyond 1,000 Hz, half of the lowest sampling rate, there is hardly any of its energy."""
    y = sound(np.arange(48_000) / 48_000, 1.0)
    energy = np.abs(np.fft.rfft(y * np.hanning(len(y)))) ** 2
    assert energy[1000:].sum() < 1e-6 * energy.sum()
    assert energy[100:800].sum() > 0.99 * energy.sum()


@given(numbers, numbers, numbers)
def test_the_video_is_stripes_but_for_a_bright_spot(t, x, y):
    v = float(grey(np.array([[t, x, y]]))[0, 0])
    assert 0.25 <= v <= 0.95
    w = np.exp(-8 * abs(complex(x, y) - 0.5 * np.exp(1j * np.pi * t)) ** 2)
    across = (complex(x, y) * np.exp(-0.25j * np.pi * t)).real
    assert np.isclose(v, 0.5 + (1 - w) / 4 * np.cos(2 * np.pi * across) + 0.45 * w, atol=1e-12)


def test_the_video_is_recorded_with_the_stated_noise_and_judged_between_its_frames():
    p = problem("video", size=32, frames=20)
    d = p.data(0)
    assert (d.x_train.shape, d.x_validation.shape) == ((20 * 1024, 3), (19 * 1024, 3))
    assert not set(d.x_train[:, 0]) & set(d.x_validation[:, 0])
    np.testing.assert_allclose(np.unique(d.x_validation[:, 0]), np.linspace(-0.9, 0.9, 19), atol=1e-12)
    noise = d.y_train - grey(d.x_train)
    assert abs(noise.std() - 0.02) < 4 * 0.02 / np.sqrt(2 * len(noise))
    np.testing.assert_array_equal(d.y_validation, grey(d.x_validation))
    other = p.data(1)
    assert not np.array_equal(d.y_train, other.y_train)
    np.testing.assert_array_equal(d.y_validation, other.y_validation)


def test_the_pixels_of_a_frame_go_to_the_right_and_then_down():
    x = problem("video").data(0).x_train
    np.testing.assert_allclose(x[:2], [[-15 / 16] * 3, [-15 / 16, -13 / 16, -15 / 16]])
    np.testing.assert_allclose(x[16], [-15 / 16, -15 / 16, -13 / 16])
    np.testing.assert_allclose(x[256], [-13 / 16, -15 / 16, -15 / 16])


def test_the_digits_are_all_there():
    pytest.importorskip("sklearn", reason="the extra `data` is not installed")
    d = problem("digits").data(0)
    labels = np.concatenate([d.y_train, d.y_validation])
    assert len(labels) == 1797
    assert (d.x_train.min(), d.x_train.max()) == (0, 1)
    np.testing.assert_array_equal(np.bincount(labels), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])


def test_deep_inputs_are_standard_gaussian():
    p = problem("deep_signal")
    x = p.data(0, samples=2000).x_train
    assert p.depths == (1, 2, 4, 8, 16, 32, 64)
    n = x.size
    assert abs(x.mean()) < 4 / np.sqrt(n)
    assert abs(x.var() - 1) < 4 * np.sqrt(2 / n)


arrays = st.lists(st.floats(-100, 100), min_size=1, max_size=20)


@given(arrays, st.integers(0, 1000))
def test_metrics_are_their_formulas(truth, seed):
    y = np.array(truth)[:, None]
    u = y + np.random.default_rng(seed).standard_normal(y.shape)
    mean = sum((a - b) ** 2 for a, b in zip(u[:, 0].tolist(), y[:, 0].tolist(), strict=True)) / len(y)
    assert np.isclose(MSE(u, y), mean)
    assert np.isclose(PSNR(u, y), -10 * np.log10(mean))
    assert np.isclose(PSNR.as_error(PSNR(u, y)), MSE(u, y))
    if np.linalg.norm(y) > 1e-100:
        assert np.isclose(RELATIVE_L2(u, y), np.linalg.norm(u - y) / np.linalg.norm(y))


def test_accuracy_counts_the_largest_scores():
    scores = np.array([[1.0, 2.0, 0.0], [5.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    assert ACCURACY(scores, np.array([1, 0, 2, 1])) == 0.75
    assert ACCURACY.as_error(0.75) == 0.25
    assert "larger is better" in repr(ACCURACY)


def test_a_perfect_picture_has_an_infinite_psnr():
    assert PSNR(np.ones((3, 1)), np.ones((3, 1))) == np.inf


@pytest.mark.parametrize("metric", [MSE, PSNR, RELATIVE_L2])
def test_shapes_that_would_broadcast_are_refused(metric):
    with pytest.raises(ValueError, match="every point with every other"):
        metric(np.ones(3), np.ones((3, 1)))
    with pytest.raises(ValueError, match="no point"):
        metric(np.ones((0, 1)), np.ones((0, 1)))


def test_metrics_refuse_what_has_no_answer():
    with pytest.raises(ValueError, match="0 everywhere"):
        RELATIVE_L2(np.ones((2, 1)), np.zeros((2, 1)))
    with pytest.raises(ValueError, match="diverged"):
        ACCURACY(np.array([[np.nan, 1.0]]), np.array([0]))
    with pytest.raises(ValueError, match=r"scores \[N, classes\]"):
        ACCURACY(np.ones((2, 3)), np.ones((2, 1)))
    assert np.isnan(MSE(np.array([np.nan]), np.array([1.0])))
