"""A step is the objective's own value and gradient, tile by tile, and depends on nothing but the member."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from ratapprox.networks import derivatives, fused, memory
from ratapprox.networks import step as stepping
from ratapprox.networks.initialisation import He, initialise
from ratapprox.networks.kernels import loops
from ratapprox.networks.mlp import Mlp
from ratapprox.networks.objective import regression, stack
from ratapprox.networks.recording import record
from ratapprox.networks.step import Step, batch_bytes, tiles
from ratapprox.networks.units import unit
from tests.networks.test_objective import KINDS, drawn, objective


@pytest.fixture(params=[64, 1 << 20])
def tile(request, monkeypatch):
    """A tile of 16 samples, whatever the network, and one that takes all."""
    monkeypatch.setattr(stepping, "TILE", request.param)
    return request.param


def relative(ours, theirs):
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


@pytest.mark.parametrize("trainable", [True, False])
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("sharing", ["layer", "neuron", 2])
@pytest.mark.parametrize("name", ["rational", "relu", "ralu", "raf"])
@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_a_step_of_a_fit_is_the_objectives_own_gradient(kind, name, sharing, skip, trainable):
    # 40 samples in tiles of 16 with a rest; compiled where Numba and the unit allow, plain for raf
    rows = np.random.default_rng(1).integers(0, 7, 40)
    whole = objective(kind, np.random.default_rng(2), name, sharing, skip, trainable).batch(rows)
    parameters = drawn(whole.net, np.random.default_rng(3), 3)
    ours, theirs = Step(whole), whole.value_and_gradient(parameters)
    assert ours.compiled == (loops.available() and name != "raf")
    losses, gradients = ours.value_and_gradient(parameters)
    np.testing.assert_allclose(losses, theirs[0], rtol=1e-13)
    assert relative(gradients, theirs[1]) < 1e-13
    if not trainable:
        for slot in whole.net.slots:
            assert slot.kind != "coefficients" or not gradients[:, slot.start : slot.stop].any()


@pytest.mark.parametrize("kind", KINDS)
def test_tiles_sum_to_the_whole(kind, tile):
    rows = np.arange(40) % 7
    whole = objective(kind, np.random.default_rng(2)).batch(rows)
    assert len(tiles(whole.net, 40, 8, whole.order)) == (3 if tile == 64 else 1)
    parameters = drawn(whole.net, np.random.default_rng(3), 2)
    (losses, gradients), theirs = Step(whole).value_and_gradient(parameters), whole.value_and_gradient(parameters)
    np.testing.assert_allclose(losses, theirs[0], rtol=1e-12)
    assert relative(gradients, theirs[1]) < 1e-11


@pytest.mark.parametrize("kind", KINDS)
def test_a_member_is_the_same_bit_for_bit_in_any_ensemble_by_any_threads_at_any_time(kind, tile):
    losses = [objective(kind, np.random.default_rng(e)).batch(np.arange(40) % 7) for e in range(3)]
    together = stack(losses)
    parameters = drawn(together.net, np.random.default_rng(4), 3)
    step = Step(together)
    values, gradients = step.value_and_gradient(parameters)
    for again in (step, Step(together, threads=2)):
        others = again.value_and_gradient(parameters)
        assert (others[0] == values).all() and (others[1] == gradients).all()
    for e, loss in enumerate(losses):
        value, gradient = Step(loss).value_and_gradient(parameters[e : e + 1])
        assert value[0] == values[e] and (gradient[0] == gradients[e]).all()


def test_float32_differs_from_float64_by_roundings():
    net = Mlp((2, 50, 50, 1), unit("rational"))
    random = np.random.default_rng(5)
    whole = regression(net, random.normal(size=(300, 2)), random.normal(size=(300, 1)))
    parameters = initialise(net, He(), [0, 1])
    exact = Step(whole).value_and_gradient(parameters)
    losses, gradients = Step(whole.astype(np.float32)).value_and_gradient(parameters.astype(np.float32))
    assert losses.dtype == gradients.dtype == np.float32
    # sums of 300 and products of 50 terms: roundings of 6e-8 add up to some tens
    assert relative(losses, exact[0]) < 1e-5 and relative(gradients, exact[1]) < 1e-5


@pytest.mark.parametrize("name", ["rational", "tanh"])
def test_a_member_that_diverges_says_so_and_leaves_the_others_alone(name):
    net = Mlp((2, 8, 1), unit(name))
    random = np.random.default_rng(6)
    whole = regression(net, random.normal(size=(20, 2)), random.normal(size=(20, 1)))
    parameters = initialise(net, He(), [0, 1, 2])
    healthy = Step(whole).value_and_gradient(parameters)
    parameters[1] = np.nan
    losses, gradients = Step(whole).value_and_gradient(parameters)
    assert np.isnan(losses[1]) and np.isnan(gradients[1]).any()
    for e in (0, 2):
        assert losses[e] == healthy[0][e] and (gradients[e] == healthy[1][e]).all()


def test_without_numba_a_step_is_the_same_but_for_roundings(monkeypatch):
    whole = objective("regression", np.random.default_rng(2)).batch(np.arange(40) % 7)
    parameters = drawn(whole.net, np.random.default_rng(3), 2)
    compiled = Step(whole).value_and_gradient(parameters)
    monkeypatch.setattr(fused, "suits", lambda net: False)
    plain = Step(whole)
    assert not plain.compiled
    for ours, theirs in zip(plain.value_and_gradient(parameters), compiled, strict=True):
        assert relative(ours, theirs) < 1e-13


def test_nothing_is_allocated_from_step_to_step_but_small_change():
    tracemalloc = pytest.importorskip("tracemalloc")
    pytest.importorskip("numba")
    net = Mlp((2, 50, 50, 1), unit("rational"))
    random = np.random.default_rng(7)
    step = Step(regression(net, random.normal(size=(1024, 2)), random.normal(size=(1024, 1))))
    parameters = initialise(net, He(), [0, 1])
    step.value_and_gradient(parameters)
    tracemalloc.start()
    try:
        step.value_and_gradient(parameters)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # the loss makes a few arrays of a tile's outputs, (N,); one array of a layer would be 50 N
    assert peak < 8 * 1024 * 50


def test_tiles_are_equal_cover_all_and_depend_on_no_ensemble():
    net = Mlp((2, 50, 50, 50, 50, 1), unit("rational"))
    for samples in (1, 15, 16, 17, 240, 1024, 10_007):
        for order in (0, 1, 2):
            found = tiles(net, samples, 8, order)
            assert found[0].start == 0 and found[-1].stop == samples
            assert all(a.stop == b.start for a, b in pairwise(found))
            sizes = [cut.stop - cut.start for cut in found]
            assert len(set(sizes[:-1])) <= 1 and sizes[-1] <= sizes[0]
            assert sizes[0] * batch_bytes(net, 8, order) <= max(2**20, 16 * batch_bytes(net, 8, order))


def test_what_does_not_fit_is_refused_before_it_is_begun(monkeypatch):
    net = Mlp((2, 50, 50, 1), unit("tanh"))
    whole = regression(net, np.zeros((1000, 2)), np.zeros((1000, 1)))
    monkeypatch.setattr(stepping, "free_bytes", lambda array: 10**6)
    with pytest.raises(MemoryError, match=r"a step of 1,000 networks needs 0.04 GB .* free: at most 22 networks fit"):
        Step(whole).value_and_gradient(np.zeros((1000, net.size)))
    from ratapprox.networks import losses

    monkeypatch.setattr(losses, "free_bytes", lambda array: 10**6)
    with pytest.raises(MemoryError, match=r"a Jacobian of 1,000 residuals needs .* at most \d+ residuals fit"):
        whole.jacobian(np.zeros(net.size))


def test_the_free_memory_of_this_machine_is_some_and_of_a_device_what_it_says():
    free = memory.free_bytes(np.zeros(1))
    assert free is None or 10**6 < free < 10**16

    class OnDevice:
        class device:  # noqa: N801
            mem_info = (123, 456)

    assert memory.free_bytes(OnDevice()) == 123


def test_bad_steps_are_refused():
    net = Mlp((2, 4, 1), unit("tanh"))
    whole = regression(net, np.zeros((5, 2)), np.zeros((5, 1)))
    for threads in (0, -1, True):
        with pytest.raises(ValueError, match="at least 1 thread"):
            Step(whole, threads)
    with pytest.raises(ValueError, match=r"parameters have shape \(3, 17\), and not \(2, 17\)"):
        Step(stack([whole, whole])).value_and_gradient(np.zeros((3, 17)))
    step = Step(whole)
    with pytest.raises(ValueError, match=r"takes arrays \(..., 17\), not \(3, 16\)"):
        step.value_and_gradient(np.zeros((3, 16)))
    with pytest.raises(TypeError, match="float32"):
        step.value_and_gradient(np.zeros((2, 17), np.float32))
    with pytest.raises(AttributeError, match="no attribute 'hessian'"):
        step.hessian  # noqa: B018


def test_a_step_answers_what_its_objective_answers():
    whole = objective("regression", np.random.default_rng(2))
    step, theta = Step(whole), drawn(whole.net, np.random.default_rng(3))
    assert (step.residuals(theta) == whole.residuals(theta)).all() and step.samples == whole.samples
    value, gradient = step.value_and_gradient(theta)
    assert value.shape == () and gradient.shape == theta.shape
    together = Step(stack([whole, whole]))
    assert (together.member(1).value_and_gradient(theta)[1] == gradient).all()


class Recorder:
    """What of CuPy's streams and graphs a recording uses, done with closures."""

    def __init__(self):
        self.log, self.launches = [], []
        recorder = self

        class MemoryPool:
            malloc = "a pool's own"

        class Graph:
            def launch(self):  # in the current stream
                recorder.log.append("launch")
                for call in recorder.launches:
                    call()

        class Stream:
            def __init__(self, non_blocking):
                assert non_blocking

            def __enter__(self):
                recorder.log.append("enter")

            def __exit__(self, *raised):
                recorder.log.append("exit")

            def synchronize(self):
                recorder.log.append("wait")

            def begin_capture(self):
                recorder.log.append("begin")

            def end_capture(self):
                recorder.log.append("end")
                return Graph()

        @contextmanager
        def using_allocator(malloc):
            assert malloc == "a pool's own"
            recorder.log.append("pool")
            yield
            recorder.log.append("common")

        self.MemoryPool, self.Stream, self.using_allocator = MemoryPool, Stream, using_allocator

    def Device(self):
        return SimpleNamespace(attributes={"MaxSharedMemoryPerBlockOptin": 232_448})

    def get_current_stream(self):
        self.log.append("current")
        return self.Stream(True)


class Twin:
    """What `whole.Passes` does, with NumPy."""

    def __init__(self, net, dtype):
        self.net = net

    def forward(self, theta, x):
        return derivatives.forward(self.net, theta, x, 0).output[0]

    def backward(self, theta, x, dy):
        return derivatives.gradient(self.net, theta, derivatives.forward(self.net, theta, x, 0), dy[None])

    def regression(self, theta, x, target, scale):
        r = self.forward(theta, x) - target
        return scale * (r * r).sum(axis=(-2, -1)), self.backward(theta, x, 2 * scale * r)

    def partial_bytes(self, members, samples):
        return 0


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_a_graph_is_recorded_once_after_a_trial_with_memory_of_its_own(kind, monkeypatch):
    monkeypatch.setattr(stepping.whole, "Passes", Twin)
    whole = objective(kind, np.random.default_rng(2))
    parameters = drawn(whole.net, np.random.default_rng(3), 2)
    cuda = Recorder()
    batch = stepping._Batch(whole, cuda)
    cuda.launches.append(batch._compute)
    for scale in (1.0, 0.5):
        losses, gradients = batch(parameters * scale)
        theirs = whole.value_and_gradient(parameters * scale)
        np.testing.assert_allclose(losses, theirs[0], rtol=1e-13)
        np.testing.assert_allclose(gradients, theirs[1], rtol=1e-12, atol=1e-14)
    before, recorded = ["current", "wait", "pool", "enter", "wait"], ["begin", "end", "exit", "common"]
    assert cuda.log == [*before, *recorded, "launch", "launch"]


def test_what_whole_passes_cannot_do_is_done_without_a_recording():
    cuda = Recorder()
    for kind in ("residual", "rayleigh"):
        whole = objective(kind, np.random.default_rng(2))
        parameters = drawn(whole.net, np.random.default_rng(3), 2)
        losses, gradients = stepping._Batch(whole, cuda)(parameters)
        theirs = whole.value_and_gradient(parameters)
        assert (losses == theirs[0]).all() and (gradients == theirs[1]).all()
    assert cuda.log == []


def test_a_recording_that_fails_is_ended_and_the_error_is_seen():
    cuda = Recorder()
    calls = []

    def fails():
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("not while recording")

    with pytest.raises(RuntimeError, match="not while recording"):
        record(cuda, fails)
    assert cuda.log[-3:] == ["begin", "end", "exit"]
