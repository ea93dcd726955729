"""The exported Keras layer computes what was analysed and survives saving, on each backend that is installed."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

import ratapprox
from ratapprox import Rational
from ratapprox.formats.card import card
from ratapprox.formats.exporters import export
from ratapprox.formats.exporters.learnable import class_name
from tests.formats.exporters.frameworks import TAILS, assert_slopes, bound, far_slopes, origin, tail_slopes, text

BACKENDS = ["jax", "torch"]

SCRIPT = """
import sys
import numpy as np
import keras
from keras import ops
sys.path.insert(0, ".")
import exported_relu, exported_tanh, exported_plain, exported_two

backend = keras.backend.backend()
rational = eval(open("exact.txt").read())

def exact(x):
    from fractions import Fraction
    p, q = rational
    def at(c, x):
        value = Fraction(0)
        for v in reversed(c):
            value = value * x + Fraction(v)
        return value
    return np.array([float(at(p, Fraction(float(v))) / at(q, Fraction(float(v)))) for v in x.ravel()]).reshape(x.shape)

x = np.concatenate([np.linspace(-1, 1, 2001), 2.0 ** np.arange(-120.0, 0), [0.0, -0.0]]).astype("float32")
for call in (exported_relu.relu_3_2, exported_relu.RationalRelu32()):
    y = ops.convert_to_numpy(call(ops.convert_to_tensor(x)))
    assert y.dtype == np.float32 and np.abs(y - exact(x)).max() <= BOUND, np.abs(y - exact(x)).max()

ends = ops.convert_to_tensor(np.array([-np.inf, np.inf, np.nan, -3e38, 3e38], "float32"))
found = {name: ops.convert_to_numpy(call(ends)) for name, call in
         [("relu", exported_relu.relu_3_2), ("two", exported_two.relu_3_2), ("tanh", exported_tanh.tanh_3_4)]}
np.testing.assert_allclose(found["relu"], [-np.inf, np.inf, np.nan, -1.5e38, 1.5e38], rtol=1e-6)
np.testing.assert_allclose(found["two"], [-np.inf, np.inf, np.nan, -1.5e38, 1.5e38], rtol=1e-6)
np.testing.assert_allclose(found["tanh"], [0, 0, np.nan, 0, 0], atol=1e-37)

half = ops.convert_to_numpy(exported_relu.relu_3_2(ops.convert_to_tensor(x.astype("float16"))))
single = ops.convert_to_numpy(exported_relu.relu_3_2(ops.convert_to_tensor(x.astype("float16").astype("float32"))))
assert half.dtype == np.float16 and (half == single.astype("float16")).all()

random = np.random.default_rng(0)
data, goal = random.normal(size=(64, 6)).astype("float32"), random.normal(size=(64, 1)).astype("float32")
model = keras.Sequential([
    keras.Input((6,)), keras.layers.Dense(6, activation=exported_relu.relu_3_2), exported_relu.RationalRelu32(),
    exported_plain.RationalRelu32Plain(num=3), exported_two.RationalRelu32(num=6), keras.layers.Dense(1),
])
optimizer = keras.optimizers.AdamW(1e-2)
optimizer.exclude_from_weight_decay(var_names=["numerator", "denominator", "stretch", "turn"])
model.compile(optimizer, "mse")
before = [np.array(ops.convert_to_numpy(w)) for w in model.trainable_variables]
losses = model.fit(data, goal, epochs=3, verbose=0).history["loss"]
assert losses[-1] < losses[0], losses
names = [w.path.split("/")[-1] for w in model.trainable_variables]
for name, a, b in zip(names, before, map(ops.convert_to_numpy, model.trainable_variables), strict=True):
    assert name == "bias" or not np.array_equal(a, b), name
assert {"numerator", "stretch", "turn", "denominator"} <= set(names)
y = model.predict(data, verbose=0)
model.save("model.keras")
again = keras.saving.load_model("model.keras")
for a, b in zip(model.weights, again.weights, strict=True):
    np.testing.assert_array_equal(ops.convert_to_numpy(a), ops.convert_to_numpy(b))
np.testing.assert_allclose(again.predict(data, verbose=0), y, rtol=1e-4, atol=1e-6)  # sums in another order

layer = exported_relu.RationalRelu32(num=2, axis=1, trainable=False, name="fixed")
layer.build((None, 4))
assert layer.trainable_variables == []
same = exported_relu.RationalRelu32.from_config(layer.get_config())
assert same.get_config() == layer.get_config()
mixed = exported_relu.RationalRelu32(dtype="mixed_bfloat16")
assert keras.backend.standardize_dtype(mixed(ops.convert_to_tensor(x)).dtype) == "bfloat16"
assert keras.backend.standardize_dtype(mixed.numerator.dtype) == "float32"
try:
    exported_relu.RationalRelu32(num=4)(ops.ones((2, 6)))
except ValueError as error:
    assert "axis -1 has 6 entries: 4 sets do not fit" in str(error)
else:
    raise AssertionError("four sets cannot be dealt out to six channels")
print("done", backend)
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_layer_computes_trains_and_is_saved_with_its_model(backend, tmp_path):
    for name in ("keras", backend):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    for name, which, form, options in [
        ("exported_relu", "relu", "horner", {}),
        ("exported_tanh", "tanh", "horner", {}),
        ("exported_two", "relu", "reciprocal", {}),
    ]:
        (tmp_path / f"{name}.py").write_text(text(which, "keras", form, **options))
    fit = ratapprox.fit("relu", type=(3, 2), on=(-1, 1))
    plain = export(card(fit), "keras", name="relu_3_2_plain", denominator="plain")
    (tmp_path / "exported_plain.py").write_text(plain)
    (tmp_path / "exact.txt").write_text(repr((fit.rational.to_float().p, fit.rational.to_float().q)))
    (tmp_path / "script.py").write_text(SCRIPT.replace("BOUND", repr(bound("relu", "keras", "float32"))))
    environment = os.environ | {"KERAS_BACKEND": backend, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "script.py"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.stdout.endswith(f"done {backend}\n"), done.stderr[-3000:]


SLOPES = """
import sys
import numpy as np
import keras
from keras import ops
sys.path.insert(0, ".")
import exported

backend = keras.backend.backend()
x, expected, allowed = np.load("slopes.npy")
x = x.astype("float32")
layer = exported.LAYER()
layer.build((None, 1))
for call in (exported.FUNCTION, layer):
    if backend == "jax":
        import jax
        found = jax.grad(lambda x: call(x).sum())(jax.numpy.asarray(x))
    else:
        import torch
        at = torch.tensor(x, requires_grad=True)
        (found,) = torch.autograd.grad(call(at).sum(), at)
    away = np.abs(ops.convert_to_numpy(found).astype("float64") - expected)
    assert (away <= allowed).all(), (x[~(away <= allowed)], found[~(away <= allowed)])
print("done", backend)
"""


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("which", "denominator"), [("relu", "safe"), ("gelu54", "plain"), ("tanh1010", "plain")])
def test_slopes_are_exact_but_for_rounding_as_far_as_float32_reaches(which, denominator, backend, tmp_path):
    for name in ("keras", backend):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    (tmp_path / "exported.py").write_text(text(which, "keras", denominator=denominator))
    np.save(tmp_path / "slopes.npy", np.array(far_slopes(which, "keras")))
    name = origin(which, "keras").name
    (tmp_path / "script.py").write_text(SLOPES.replace("FUNCTION", name).replace("LAYER", class_name(name)))
    environment = os.environ | {"KERAS_BACKEND": backend, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "script.py"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.stdout.endswith(f"done {backend}\n"), done.stderr[-3000:]


ENDS = """
import sys
import numpy as np
import keras
from keras import ops
sys.path.insert(0, ".")
import tails

backend = keras.backend.backend()
for name in NAMES:
    x = np.load(f"{name}.npy").astype("float32")
    layer = getattr(tails, f"Rational{name.title().replace('_', '')}")()
    layer.build((None, 1))
    found = []
    for call in (getattr(tails, name), layer):
        if backend == "jax":
            import jax
            at = jax.numpy.asarray(x)
            found.append(jax.grad(lambda x: call(x).sum())(at))
            found.append(jax.jvp(call, (at,), (jax.numpy.ones_like(at),))[1])
        else:
            import torch
            at = torch.tensor(x, requires_grad=True)
            found += torch.autograd.grad(call(at).sum(), at)
            found.append(torch.func.jvp(call, (at.detach(),), (torch.ones_like(at),))[1])
        assert np.isnan(ops.convert_to_numpy(call(ops.convert_to_tensor(np.array([np.nan], "float32"))))).all()
    np.save(f"{name}_found.npy", np.array([ops.convert_to_numpy(each) for each in found]))
print("done", backend)
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_forward_and_reverse_mode_have_the_limit_slope_at_infinity_and_far_out(backend, tmp_path):
    for name in ("keras", backend):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    (tmp_path / "tails").mkdir()
    names = {f"{name}_{form}": (name, form) for name in TAILS for form in ("horner", "reciprocal")}
    for each, (name, form) in names.items():
        (tmp_path / "tails" / f"{each}.py").write_text(export(TAILS[name], "keras", form=form, name=each))
        np.save(tmp_path / f"{each}.npy", tail_slopes(name)[0])
    (tmp_path / "tails" / "__init__.py").write_text("".join(f"from tails.{each} import *\n" for each in names))
    (tmp_path / "script.py").write_text(ENDS.replace("NAMES", repr(list(names))))
    environment = os.environ | {"KERAS_BACKEND": backend, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "script.py"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.stdout.endswith(f"done {backend}\n"), done.stderr[-3000:]
    for each, (name, _) in names.items():
        for found in np.load(tmp_path / f"{each}_found.npy"):
            assert_slopes(found, *tail_slopes(name))


def test_what_cannot_be_written_is_refused_and_only_keras_is_imported():
    with pytest.raises(ValueError, match="zero on the real line"):
        text("gelu54", "keras")
    with pytest.raises(ValueError, match="constant"):
        export(Rational([3]), "keras")
    imports = {line for line in text("relu", "keras").splitlines() if line.startswith(("import", "from"))}
    assert imports == {"import keras", "from keras import ops"}
