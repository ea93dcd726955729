"""What a backend says of itself, without a device, with one that is played, and on a real one."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from ratapprox.networks.backend import array_namespace, backend
from ratapprox.networks.evaluate import backward, features, forward, jet, jet_backward
from ratapprox.networks.units import unit


class Failed(RuntimeError):
    """What the driver raises."""


def played(monkeypatch, count):
    """A module in CuPy's place that finds so many devices, or raises."""

    def get():
        if isinstance(count, Exception):
            raise count
        return count

    runtime = SimpleNamespace(
        getDeviceCount=get, CUDARuntimeError=Failed, getDeviceProperties=lambda _: {"name": b"Played 9000"}
    )
    module = ModuleType("cupy")
    module.cuda = SimpleNamespace(runtime=runtime)
    monkeypatch.setitem(sys.modules, "cupy", module)
    return module


def test_numpy_is_taken_because_it_was_asked_for():
    found = backend("numpy")
    assert (found.name, found.xp, repr(found)) == ("numpy", np, "Backend numpy: asked for")
    x = np.ones(3)
    assert found.to_device(x) is x and found.to_numpy(x) is x


def test_without_cupy_auto_takes_numpy_and_says_why_and_cupy_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert repr(backend()) == "Backend numpy: CuPy is not installed"
    with pytest.raises(ModuleNotFoundError, match=r"cupy was asked for, and CuPy is not installed: .*\[cuda13\]"):
        backend("cupy")


@pytest.mark.parametrize("count", [0, Failed("cudaErrorNoDevice"), Failed("cudaErrorInsufficientDriver")])
def test_without_a_device_auto_takes_numpy_and_says_why_and_cupy_is_refused(monkeypatch, count):
    played(monkeypatch, count)
    assert "CuPy finds no device" in backend().reason and str(count or "") in backend().reason
    assert backend().name == "numpy"
    with pytest.raises(ModuleNotFoundError, match="CuPy finds no device"):
        backend("cupy")


def test_with_a_device_auto_takes_it_and_names_it(monkeypatch):
    module = played(monkeypatch, 1)
    assert repr(backend()) == "Backend cupy: found Played 9000"
    assert repr(backend("cupy")) == "Backend cupy: asked for; Played 9000"
    assert backend().xp is module


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="there is no backend jax: choose auto, numpy or cupy"):
        backend("jax")


def test_arrays_of_both_places_are_refused(monkeypatch):
    module = played(monkeypatch, 1)
    on_device = type("ndarray", (), {"__module__": "cupy"})()
    assert array_namespace(on_device) is module
    assert array_namespace(np.zeros(1), 3.0) is np
    with pytest.raises(TypeError, match="some arrays are on the GPU and some are not"):
        array_namespace(np.zeros(1), on_device)
    with pytest.raises(TypeError, match="some arrays are on the GPU"):
        backward(unit("rational"), np.zeros((1, 1)), np.zeros((1, 6)), on_device)


# -- on a device -------------------------------------------------------------------------------------------------------


@pytest.fixture
def device():
    found = backend()
    if found.name != "cupy":
        pytest.skip(f"{found.reason}: this needs a CUDA device")
    return found


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("lead", "groups"), [((), 1), ((3,), 1), ((3,), 50), ((2, 2), 5)])
@pytest.mark.parametrize("name", ["rational", "ralu", "raf", "gelu", "tanhshrink", "x*sigmoid(b*x)"])
def test_a_device_gives_what_numpy_gives(device, name, lead, groups, dtype):
    found, random = unit(name), np.random.default_rng(0)
    x = random.normal(size=(*lead, 400, 50)).astype(dtype)
    c = (0.3 + np.abs(random.normal(size=(*lead, groups, len(found.symbols))))).astype(dtype)
    if name == "rational":
        c[..., 4] /= 5
    gs = [random.normal(size=x.shape).astype(dtype) for _ in range(2)]
    there = device.to_device
    for call, flows in ((forward, ()), (features, ()), (backward, gs[:1])):
        ours = call(found, there(x), there(c), *map(there, flows))
        theirs = call(found, x, c, *flows)
        pairs = zip(ours, theirs, strict=True) if isinstance(theirs, tuple) else [(ours, theirs)]
        for a, b in pairs:
            assert a.dtype == b.dtype and a.shape == b.shape
            limit = 500 * np.finfo(dtype).eps * (1 + np.abs(b).max(initial=0))
            assert np.abs(device.to_numpy(a) - b).max(initial=0) <= limit
    assert len(jet(found, there(x), there(c), 2)) == 3
    first, second = (jet_backward(found, there(x), there(c), [there(g) for g in gs]) for _ in range(2))
    assert all(np.array_equal(device.to_numpy(a), device.to_numpy(b)) for a, b in zip(first, second, strict=True))


@pytest.mark.gpu
def test_an_empty_array_on_a_device_has_empty_values_and_zero_gradients(device):
    x, c = device.xp.zeros((2, 0, 3)), device.xp.ones((2, 1, 6))
    dx, dc = backward(unit("rational"), x, c, x)
    assert dx.shape == x.shape and not device.to_numpy(dc).any()
