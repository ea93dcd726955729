"""Spectra, their summaries over seeds, and what they say of themselves."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from ratapprox.networks.initialisation import Gains, initialise
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.ntk import (
    infinite_kernel,
    infinite_spectrum,
    kernel,
    spectrum,
    spectrum_during_training,
    summarise,
)
from ratapprox.networks.ntk.conditioning import Condition
from ratapprox.networks.propagation import backward, forward
from ratapprox.networks.units import unit

LECUN = Gains(0.5, (1.0,) * 9)


def setting(name="tanh", samples=6, seed=0):
    net = Mlp((1, 16, 16, 1), unit(name))
    (parameters,) = initialise(net, LECUN, [seed])
    return net, parameters, np.linspace(-1, 1, samples)[:, None]


def test_the_eigenvalues_are_those_of_the_kernel():
    net, parameters, x = setting()
    found = spectrum(net, parameters, x)
    values = np.linalg.eigvalsh(kernel(net, parameters, x))[::-1]
    assert found.eigenvalues[:3] == pytest.approx(values[:3], rel=1e-12)
    assert found.unresolved == 0 and found.floor == 0 and not found.proved
    assert sum(found.eigenvalues) == pytest.approx(np.trace(kernel(net, parameters, x)), rel=1e-13)


def test_proved_eigenvalues_are_those_of_floats_where_these_are_true():
    net, parameters, x = setting()
    measured, proved = (spectrum(net, parameters, x, certify=certify) for certify in (False, True))
    assert proved.proved and proved.condition.status == "certified" and measured.condition.status == "exact"
    assert proved.eigenvalues == pytest.approx(measured.eigenvalues, rel=1e-6)
    ratio = math.log10(proved.eigenvalues[0] / proved.eigenvalues[-1])
    assert ratio == pytest.approx(proved.condition.value, abs=1e-8)


def test_eigenvalues_lost_in_rounding_are_counted_and_not_printed():
    net, parameters, x = setting(samples=40)
    measured, proved = (spectrum(net, parameters, x, certify=certify) for certify in (False, True))
    assert len(measured.eigenvalues) + measured.unresolved == 40 and measured.unresolved > 3
    assert all(value > 0 for value in measured.eigenvalues)
    assert len(proved.eigenvalues) == 40 and proved.unresolved == 0
    lost = proved.eigenvalues[len(measured.eigenvalues) :]
    assert max(lost) < measured.floor
    assert measured.eigenvalues == pytest.approx(proved.eigenvalues[: len(measured.eigenvalues)], rel=0.1)


def test_a_proof_without_time_leaves_floats_that_say_so():
    net, parameters, x = setting(samples=40)
    found = spectrum(net, parameters, x, certify=True, time_limit=1e-6)
    assert not found.proved and found.condition.status == "lower bound" and found.unresolved > 0
    assert found.condition.log10[0] > 20 and "time limit" in found.condition.reason
    few = spectrum(net, parameters, x[:6], certify=True, time_limit=1e-6)
    assert not few.proved and few.condition.status == "exact" and "time limit" in few.condition.reason


def test_effective_ranks_are_n_for_equal_eigenvalues_and_1_for_one():
    # an identity as hidden layer: K = x xᵀ for weights of the only layer
    net = Mlp((3, 1), ())
    equal = spectrum(net, np.zeros(4), np.eye(3), kinds=("weights",))
    assert equal.entropy_rank == pytest.approx(3) and equal.participation_rank == pytest.approx(3)
    one = spectrum(net, np.zeros(4), np.diag([1.0, 1e-9, 1e-9]), kinds=("weights",))
    assert one.entropy_rank == pytest.approx(1) and one.participation_rank == pytest.approx(1)
    two = spectrum(net, np.zeros(4), np.diag([2.0, 1.0, 1e-12]), kinds=("weights",))
    assert two.participation_rank == pytest.approx(25 / 17)
    assert two.entropy_rank == pytest.approx(math.exp(-0.8 * math.log(0.8) - 0.2 * math.log(0.2)))


def test_a_spectrum_says_all_that_it_depends_on_in_a_line():
    net, parameters, x = setting()
    found = spectrum(net, parameters, x, initialisation="N(0, 1/m)")
    assert repr(found).startswith("Spectrum of tanh, 1-16-16-1, N(0, 1/m), at 6 samples of [-1, 1]: log10 κ = ")
    assert "\n" not in repr(found)
    assert (found.samples, found.depth, found.widths, found.parametrisation) == (6, 2, (1, 16, 16, 1), "standard")
    assert found.kinds == ("weights", "biases")  # tanh has no coefficients


def test_the_box_of_several_inputs_is_said():
    net = Mlp((2, 8, 1), unit("tanh"))
    for x, domain in (([[-1, -1], [1, 1]], "[-1, 1]^2"), ([[-1, 0], [1, 3]], "[-1, 1] × [0, 3]")):
        assert spectrum(net, np.arange(33.0) / 9, np.array(x, float)).domain == domain


def test_equal_samples_are_said_to_make_it_singular():
    net, parameters, _ = setting()
    found = spectrum(net, parameters, np.array([[0.0], [1.0], [0.0]]))
    assert found.condition.singular and found.unresolved == 1
    assert "log10 κ = ∞ (exact)" in repr(found)


def test_the_spectrum_is_followed_during_training():
    net, parameters, x = setting("rational")
    snapshots = [parameters]
    for _ in range(3):
        trace = forward(net, snapshots[-1], x)
        gradient = backward(net, snapshots[-1], trace, trace.output - np.sin(3 * x))
        snapshots.append(snapshots[-1] - 0.01 * gradient)
    found = spectrum_during_training(net, snapshots, x, initialisation="step of descent")
    assert len(found) == 4
    assert found[2] == spectrum(net, snapshots[2], x, initialisation="step of descent")
    assert len({s.condition.value for s in found}) == 4


def test_the_limit_of_infinite_width_has_a_spectrum_too():
    x = np.linspace(-1, 1, 5)[:, None]
    limit = infinite_kernel(unit("tanh"), x, depth=2, bias_variance=0.1)
    found = infinite_spectrum(limit, x, (1, 256, 256, 1), "tanh")
    assert found.eigenvalues == pytest.approx(np.linalg.eigvalsh(limit.ntk)[::-1], rel=1e-9)
    assert found.parametrisation == "NTK" and found.condition.status == "exact"
    more = np.linspace(-1, 1, 20)[:, None]
    limit = infinite_kernel(unit("tanh"), more, depth=2, bias_variance=0.1)
    found = infinite_spectrum(limit, more, (1, 256, 256, 1), "tanh")
    assert found.condition.status == "lower bound" and found.unresolved > 0


def test_a_summary_is_the_geometric_mean_with_the_interval_of_student():
    net, _, x = setting()
    base = spectrum(net, *initialise(net, LECUN, [0]), x)
    members = [replace(base, condition=Condition((v, v), "exact", "", 53)) for v in (1.0, 2.0, 3.0)]
    found = summarise(members)
    assert found.log10 == (2.0, 2.0) and found.status == "exact"
    assert found.half_width == pytest.approx(4.302653 / math.sqrt(3))  # of the t distribution, 2 degrees of freedom
    assert found.condition_text() == "2.00 ± 2.48"
    assert found.range_text() == "1.00 … 3.00"
    assert found.eigenvalues == pytest.approx(base.eigenvalues)


def test_a_summary_is_as_sure_as_its_least_sure_member():
    net, _, x = setting()
    base = spectrum(net, *initialise(net, LECUN, [0]), x)

    def with_conditions(*conditions):
        return summarise([replace(base, condition=Condition(*c, "", 53)) for c in conditions])

    exact, proved, bound = ((1.0, 1.0), "exact"), ((3.0, 3.0), "certified"), ((5.0, math.inf), "lower bound")
    singular = ((math.inf, math.inf), "exact")
    assert with_conditions(exact, proved).status == "exact"
    mixed = with_conditions(exact, proved, bound)
    assert (mixed.status, mixed.half_width, mixed.condition_text()) == ("lower bound", None, "≥ 3.0")
    some = with_conditions(exact, proved, singular)
    assert some.singular == 1 and some.value == 2.0 and some.status_text() == "1 certified, 1 exact, 1 singular"
    every = with_conditions(singular, singular)
    assert every.condition_text() == "∞" and every.to_dict()["log10_condition"]["value"] is None
    with pytest.raises(ValueError, match="no spectrum"):
        summarise([])
