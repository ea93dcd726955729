"""Statistics over seeds: against SciPy, against enumeration, against simulated samples of a known law."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ratapprox.networks.intervals import bca_interval, t_interval
from ratapprox.networks.signed_ranks import signed_rank_p
from ratapprox.networks.statistics import curve, geometric_mean, holm, paired_ratio

positive = st.floats(-20, 5).map(lambda e: float(10.0**e))
samples = st.lists(positive, min_size=2, max_size=12)
QUICK = {"resamples": 100}


@given(samples, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_t_interval_is_scipys(values, level):
    logs = np.log(values)
    result = geometric_mean(values, level=level, **QUICK)
    assert np.isclose(result.value, scipy.stats.gmean(values))
    if np.ptp(logs) > 1e-9:
        low, high = scipy.stats.ttest_1samp(logs, 0.0).confidence_interval(level)
        with np.errstate(over="ignore"):
            np.testing.assert_allclose(result.interval, np.exp([low, high]), rtol=1e-9)
    assert np.isclose(np.log(result.spread), np.std(logs, ddof=1), atol=1e-12)
    assert result.seeds == len(values)


@given(samples, st.floats(-10, 10))
def test_a_unit_changes_nothing_but_the_unit(values, exponent):
    """Multiplying the metric multiplies the mean and both intervals, and leaves the ratio of two metrics alone."""
    c = 10.0**exponent
    a, b = geometric_mean(values, **QUICK), geometric_mean([c * v for v in values], **QUICK)
    np.testing.assert_allclose(
        [b.value, *b.interval, *b.bootstrap], c * np.array([a.value, *a.interval, *a.bootstrap]), rtol=1e-9
    )


@given(st.lists(st.tuples(positive, positive), min_size=2, max_size=12))
def test_a_ratio_turned_round_is_its_reciprocal(pairs):
    over, under = zip(*pairs, strict=True)
    there, back = paired_ratio(over, under, **QUICK), paired_ratio(under, over, **QUICK)
    assert np.isclose(there.ratio * back.ratio, 1)
    np.testing.assert_allclose(there.interval, [1 / back.interval[1], 1 / back.interval[0]], rtol=1e-9)
    assert np.isclose(there.p, back.p)
    assert there.smallest_p == 2.0 ** (1 - len(pairs))
    assert there.smallest_p <= there.p * (1 + 1e-12)
    assert there.p <= 1
    assert np.isclose(there.ratio, geometric_mean(over, **QUICK).value / geometric_mean(under, **QUICK).value)


def test_pairing_removes_what_two_functions_share():
    generator = np.random.default_rng(0)
    shared = 10.0 ** generator.normal(0, 2, 10)
    over, under = (3 * shared).tolist(), shared.tolist()
    ratio = paired_ratio(over, under)
    np.testing.assert_allclose([ratio.ratio, *ratio.interval], 3, rtol=1e-12)
    assert ratio.p == 2 / 2**10


def test_seeds_are_paired_by_their_names():
    over, under = {3: 1.0, 5: 10.0, 9: 1000.0}, {9: 500.0, 3: 0.5, 5: 5.0}
    np.testing.assert_allclose(paired_ratio(over, under).interval, 2)
    with pytest.raises(
        ValueError, match="relu and rational must have the same seeds to be paired, but only one of them has 4, 9"
    ):
        paired_ratio(over, {3: 1.0, 4: 1.0, 5: 1.0}, names=("relu", "rational"))
    with pytest.raises(ValueError, match="only one of them has 2"):
        paired_ratio([1.0, 2.0, 3.0], [1.0, 2.0])


@given(
    st.integers(1, 14).flatmap(
        lambda n: st.tuples(st.permutations(range(1, n + 1)), st.lists(st.booleans(), min_size=n, max_size=n))
    )
)
def test_the_signed_rank_p_is_scipys_exact_one_where_there_are_no_ties(drawn):
    ranks, signs = drawn
    d = np.array([r if s else -r for r, s in zip(ranks, signs, strict=True)], dtype=float)
    assert np.isclose(signed_rank_p(d), scipy.stats.wilcoxon(d, method="exact").pvalue, rtol=1e-12)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_the_signed_rank_p_with_ties_is_that_of_all_signs(values):
    d = np.array(values, dtype=float)
    kept = d[d != 0]
    if not len(kept):
        assert signed_rank_p(d) == 1
        return
    ranks = scipy.stats.rankdata(np.abs(kept))
    w = ranks[kept > 0].sum()
    every = np.array([ranks[np.array(s, dtype=bool)].sum() for s in product([0, 1], repeat=len(kept))])
    expected = min(1.0, 2 * min((every <= w + 1e-9).mean(), (every >= w - 1e-9).mean()))
    assert np.isclose(signed_rank_p(d), expected, rtol=1e-12)


def test_eight_pairs_show_no_less_than_one_in_128():
    ratio = paired_ratio([2.0**k for k in range(1, 9)], [1.0] * 8)
    assert ratio.p == ratio.smallest_p == 0.0078125


def test_under_the_hypothesis_the_p_is_small_as_seldom_as_it_says():
    generator = np.random.default_rng(2)
    p = np.array([signed_rank_p(row) for row in generator.standard_normal((4000, 8))])
    for level in (10 / 128, 0.25, 0.5):  # attainable and not
        share = (p <= level).mean()
        assert share <= level + 3.5 * np.sqrt(level / 4000)


def test_the_t_interval_covers_as_often_as_it_says():
    """Gaussian logarithms, 8 seeds: the coverage is exactly the level, and 3.5 standard deviations are allowed."""
    generator = np.random.default_rng(1)
    for level in (0.8, 0.95):
        hits = [
            low <= 0 <= high for low, high in (t_interval(row, level) for row in generator.standard_normal((4000, 8)))
        ]
        assert abs(np.mean(hits) - level) < 3.5 * np.sqrt(level * (1 - level) / 4000)


def test_the_bootstrap_covers_less_than_it_says_with_few_seeds_and_about_right_with_many():
    """Why the t interval is the one that is printed: for 8 Gaussian numbers a 95 % bootstrap covers about 88 %."""
    generator = np.random.default_rng(3)

    def coverage(n):
        found = (bca_interval(row, 0.95, 500, 0) for row in generator.standard_normal((800, n)))
        return np.mean([low <= 0 <= high for low, high in found])

    # 800 samples leave a standard deviation of 0.012 and of 0.008.
    assert 0.83 < coverage(8) < 0.92
    assert 0.92 < coverage(60) < 0.975


@pytest.mark.parametrize("seed", range(3))
def test_the_bootstrap_interval_is_scipys(seed):
    """A skewed sample; both are random, with errors of about 1 % of the width for 20,000 resamples."""
    sample = np.random.default_rng(seed).exponential(size=12)
    ours = np.array(bca_interval(sample, 0.9, 20_000, seed=5))
    theirs = scipy.stats.bootstrap(
        (sample,), np.mean, confidence_level=0.9, n_resamples=20_000, method="BCa", rng=np.random.default_rng(6)
    ).confidence_interval
    np.testing.assert_allclose(ours, [theirs.low, theirs.high], atol=0.05 * np.ptp(ours))


def test_the_bootstrap_interval_follows_the_skewness():
    sample = np.array([0.0, 0.1, 0.2, 0.3, 0.2, 0.1, 4.0, 0.1])
    low, high = bca_interval(sample, 0.9, 20_000, 0)
    assert high - sample.mean() > 1.5 * (sample.mean() - low)
    mirrored = bca_interval(-sample, 0.9, 20_000, 0)
    np.testing.assert_allclose(mirrored, [-high, -low], atol=0.05)


def test_equal_values_have_the_interval_of_one_point():
    result = geometric_mean([2.5] * 5)
    np.testing.assert_allclose([result.value, *result.interval, *result.bootstrap, result.spread * 2.5], 2.5)


def test_two_seeds_far_apart_leave_the_upper_end_open():
    result = geometric_mean([1.0, 1e-12], level=0.99)
    assert result.interval == (0.0, np.inf)
    assert np.isclose(result.value, 1e-6)
    band = curve([[0, 1]] * 2, [[1.0, 1.0], [1.0, 1e-12]], level=0.99)
    assert (band.lower[-1], band.upper[-1]) == (0.0, np.inf)


def test_results_are_reproducible_and_frozen():
    values = [1e-3, 2e-4, 5e-4]
    assert geometric_mean(values) == geometric_mean(values)
    with pytest.raises(AttributeError):
        geometric_mean(values).value = 1.0


def test_results_are_told_in_one_line():
    result = geometric_mean([2e-5, 3e-5, 4e-5])
    low, high = result.interval
    assert repr(result) == f"GeometricMean {result.value:.3g} [{low:.3g}, {high:.3g}], 95% t on logs, 3 seeds"
    ratio = paired_ratio([2.0, 3.0, 5.0], [1.0, 1.0, 2.0], names=("relu", "tanh"), level=0.9)
    assert repr(ratio).startswith("PairedRatio relu/tanh 2.47 [")
    assert repr(ratio).endswith("90% t on logs, p = 0.25, 3 seeds")


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf"), -float("inf")])
def test_a_value_without_a_logarithm_is_refused_with_its_seed(bad):
    with pytest.raises(ValueError, match=r"seed 7 has the value .* diverged"):
        geometric_mean({3: 1.0, 7: bad, 8: 2.0})
    with pytest.raises(ValueError, match=r"seed 1 has the value"):
        paired_ratio([1.0, 2.0], [1.0, bad])
    with pytest.raises(ValueError, match=r"seed 1 has the value .* at 5"):
        curve([[0, 1], [0, 5]], [[1.0, 1.0], [1.0, bad]])


@pytest.mark.parametrize("values", [[], [1.0], {4: 1.0}])
def test_fewer_than_two_seeds_have_no_spread(values):
    with pytest.raises(ValueError, match="at least 2"):
        geometric_mean(values)
    with pytest.raises(ValueError, match="at least 2"):
        paired_ratio(values, values)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.5, float("nan")])
def test_a_level_is_between_0_and_1(level):
    for call in (
        lambda: geometric_mean([1.0, 2.0], level=level),
        lambda: paired_ratio([1.0, 2.0], [1.0, 1.0], level=level),
        lambda: holm({"a": 0.1}, level=level),
        lambda: curve([[0, 1]] * 2, [[1, 1]] * 2, level=level),
    ):
        with pytest.raises(ValueError, match="between 0 and 1"):
            call()


def test_a_bootstrap_needs_resamples():
    with pytest.raises(ValueError, match="at least 100"):
        geometric_mean([1.0, 2.0], resamples=10)


def test_differences_without_a_rank_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        signed_rank_p(np.array([1.0, np.nan]))


def test_holm_gives_a_worked_example():
    """Four claims: 4·0.005, 3·0.01, 2·0.03 and 0.04, which may not be below the one before."""
    found = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert [claim.name for claim in found] == ["a", "b", "c", "d"]
    np.testing.assert_allclose([claim.adjusted for claim in found], [0.03, 0.06, 0.06, 0.02])
    assert [claim.significant for claim in found] == [True, False, False, True]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_rejects_what_the_step_down_rejects(p):
    """The procedure as it is written: go up the sorted p and stop at the first p(k) > level/(m - k + 1)."""
    level = 0.05
    found = holm({str(k): value for k, value in enumerate(p)}, level)
    order = sorted(range(len(p)), key=lambda k: p[k])
    rejected = set()
    for position, k in enumerate(order):
        if (len(p) - position) * p[k] > level:
            break
        rejected.add(str(k))
    assert {claim.name for claim in found if claim.significant} == rejected
    assert all(p[k] <= claim.adjusted <= 1 for k, claim in enumerate(found))


def test_holm_is_wrong_about_any_claim_as_seldom_as_it_says():
    generator = np.random.default_rng(4)
    wrong = np.mean(
        [any(c.significant for c in holm(dict(zip("abcde", row, strict=True)))) for row in generator.random((3000, 5))]
    )
    assert wrong < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / 3000)
    assert wrong > 0.05 - 0.01  # and it is not idle: 1 - (1 - 0.05/5)^5 = 0.049


@pytest.mark.parametrize("p", [1.5, -0.1, float("nan")])
def test_holm_refuses_what_is_no_probability(p):
    with pytest.raises(ValueError, match="the p of tanh"):
        holm({"tanh": p})
    with pytest.raises(ValueError, match="no claim"):
        holm({})


@given(st.lists(st.lists(positive, min_size=3, max_size=3), min_size=2, max_size=6))
def test_histories_with_the_same_steps_are_averaged_step_by_step(values):
    c = curve([[0, 10, 30]] * len(values), values)
    np.testing.assert_array_equal(c.at, [0, 10, 30])
    for k in range(3):
        column = [history[k] for history in values]
        g = geometric_mean(column, **QUICK)
        np.testing.assert_allclose([c.geometric_mean[k], c.lower[k], c.upper[k]], [g.value, *g.interval], rtol=1e-9)
        assert np.isclose(c.median[k], np.exp(np.median(np.log(column))))


def test_a_curve_ends_where_the_first_seed_stops_and_begins_where_the_last_begins():
    c = curve([[0.0, 4.0, 8.0], [0.5, 2.5], [0.1, 3.0, 9.0]], [[1, 0.1, 0.01], [1, 0.1], [1, 0.1, 0.01]])
    assert (c.at[0], c.at[-1], c.stops, c.longest, c.seeds) == (0.5, 2.5, 1, 9.0, 3)
    assert repr(c).endswith("at 2.5, where seed 1 stops")


@given(st.integers(0, 1000))
def test_between_measurements_the_logarithm_is_linear(seed):
    """Histories that fall exponentially are the same curve wherever they are measured."""
    generator = np.random.default_rng(seed)
    places = [
        np.unique(np.concatenate([[0.0, 10.0], 10 * generator.random(generator.integers(0, 6))])) for _ in range(4)
    ]
    rates = generator.random(4)
    c = curve(places, [np.exp(-r * x) for r, x in zip(rates, places, strict=True)])
    np.testing.assert_allclose(c.geometric_mean, np.exp(-rates.mean() * c.at), rtol=1e-12)
    np.testing.assert_allclose(c.median, np.exp(-np.median(rates) * c.at), rtol=1e-12)
    coarse = curve(places, [np.exp(-r * x) for r, x in zip(rates, places, strict=True)], points=7)
    np.testing.assert_allclose(coarse.at, np.linspace(0, 10, 7))
    np.testing.assert_allclose(coarse.geometric_mean, np.exp(-rates.mean() * coarse.at), rtol=1e-12)


@pytest.mark.parametrize(
    ("at", "values", "says"),
    [
        ([[0, 1]], [[1, 1]], "at least 2 seeds"),
        ([[0, 1], [0, 1]], [[1, 1]], "at least 2 seeds"),
        ([[0, 1], [0, 1]], [[1, 1], [1]], r"seed 1 has places \(2,\) and values \(1,\)"),
        ([[0, 1], []], [[1, 1], []], "seed 1 has places"),
        ([[0, 1], [1, 1]], [[1, 1], [1, 1]], "the places of seed 1 do not increase"),
        ([[0, np.nan], [0, 1]], [[1, 1], [1, 1]], "the places of seed 0 do not increase"),
        ([[0, 1], [2, 3]], [[1, 1], [1, 1]], "do not overlap: one begins at 2, another has stopped at 1"),
    ],
)
def test_histories_that_make_no_curve_are_refused(at, values, says):
    with pytest.raises(ValueError, match=says):
        curve(at, values)
    with pytest.raises(ValueError, match="at least 2 points"):
        curve([[0, 1]] * 2, [[1, 1]] * 2, points=1)
