"""The exported JAX function computes what was analysed, with finite gradients, in plain JAX, Flax and Equinox."""

import math

import numpy as np
import pytest

import ratapprox
from ratapprox import Rational
from ratapprox.formats.exporters import export
from tests.formats.exporters import reference
from tests.formats.exporters.frameworks import (
    TAILS,
    assert_slopes,
    bound,
    far_slopes,
    fitted,
    inside,
    load,
    origin,
    tail_slopes,
    text,
)

jax = pytest.importorskip("jax", reason="JAX is not installed")
jnp = jax.numpy
WHICH = ["relu", "tanh", "gelu40"]


@pytest.fixture
def wide():
    with jax.enable_x64(True):
        yield


def module(which, form="horner", **options):
    return load(f"jax_{which}_{form}_{'_'.join(options.values())}", text(which, "jax", form, **options))


def function(of, which):
    return vars(of)[origin(which, "jax").name]


@pytest.mark.parametrize(("which", "form"), [("relu", "horner"), ("gelu66", "horner"), ("tanh", "reciprocal")])
def test_values_are_within_the_proved_bound_compiled_or_not(which, form, wide):
    exported = module(which, form)
    for dtype in ("float32", "float64"):
        x = inside(which, dtype, 4001)
        exact = fitted(which).rational.exact()
        expected = np.array([float(exact(fraction)) for fraction in map(reference.Fraction, map(float, x))])
        for call in (function(exported, which), jax.jit(function(exported, which))):
            y = np.asarray(call(jnp.asarray(x)))
            assert y.dtype == x.dtype
            assert np.abs(y - expected).max() <= bound(which, "jax", dtype)


@pytest.mark.parametrize(("which", "form"), [("relu", "horner"), ("gelu66", "horner"), ("tanh", "reciprocal")])
def test_hostile_inputs_give_what_the_analysed_program_gives(which, form, wide):
    of, exported = origin(which, "jax", form), module(which, form)
    for dtype in ("float32", "float64"):
        x = reference.grid(of, dtype)
        x = x[(np.abs(x) >= np.finfo(dtype).tiny) | (x == 0) | np.isnan(x)]  # XLA flushes subnormal numbers to 0
        y, expected = np.asarray(function(exported, which)(jnp.asarray(x))), reference.value(of, dtype, x)
        with np.errstate(all="ignore"):
            at = x.astype(np.longdouble)
            size = np.polynomial.polynomial.polyval(np.abs(at), np.abs(of.coefficients(dtype).p))
            below = np.polynomial.polynomial.polyval(at, of.coefficients(dtype).q)
            units = 16 * np.finfo(dtype).eps * np.fmax(size / np.abs(below), np.abs(expected))
            # For |x| near the end 1/x is subnormal, so that XLA makes it 0, and r, about 1/x times this quotient, too.
            quotient = abs(of.coefficients(dtype).p[-1] / of.coefficients(dtype).q[-1])
            close = np.abs(y - expected) <= units + np.finfo(dtype).tiny * max(1.0, quotient)
        same = (y == expected) | (np.isnan(y) & np.isnan(expected))
        assert (close | same).all(), x[~(close | same)]


@pytest.mark.parametrize("which", WHICH)
def test_gradients_are_those_of_the_rational_function_and_finite_at_infinity(which, wide):
    for form in ("horner", "reciprocal"):
        call = function(module(which, form), which)
        x = np.concatenate([np.linspace(-3, 3, 201), [0.0]])
        slope = jax.jit(jax.vmap(jax.grad(call)))(jnp.asarray(x))
        np.testing.assert_allclose(slope, fitted(which).rational.derivative()(x), rtol=0, atol=1e-12)
        if which != "gelu40":
            right = fitted(which).rational.limits()[1]
            for kind in (jnp.float32, jnp.float64):
                ends = jax.vmap(jax.grad(call))(jnp.asarray([-math.inf, math.inf, -3e38, 3e38], kind))
                assert ends.tolist() == pytest.approx([float(right.slope)] * 4, rel=1e-6)
            assert call(jnp.inf) == pytest.approx(right.at_infinity(1), rel=1e-12)
    assert math.isnan(call(jnp.nan))


@pytest.mark.parametrize("form", ["horner", "reciprocal"])
@pytest.mark.parametrize("name", TAILS)
def test_forward_and_reverse_mode_have_the_limit_slope_at_infinity_and_far_out(name, form):
    of = load(f"jax_tail_{name}_{form}", export(TAILS[name], "jax", form=form, name="tail"))
    x, expected, allowed = tail_slopes(name)
    at, ones, tree = jnp.asarray(x), jnp.ones(len(x)), of.parameters()
    for call in (of.tail, lambda x: of.apply(tree, x)):
        ahead = jax.jit(lambda x, call=call: jax.jvp(call, (x,), (ones,))[1])(at)
        back = jax.jit(jax.grad(lambda x, call=call: call(x).sum()))(at)
        for found in (ahead, back):
            assert_slopes(np.asarray(found), x, expected, allowed)
        assert jnp.isnan(call(jnp.full(1, jnp.nan))).all()
    assert_slopes(np.asarray(jax.jvp(of.tail, (at,), (ones,))[1]), x, expected, allowed)
    trained = jax.grad(lambda tree: of.apply(tree, at[np.abs(x) < 1e10]).sum())(tree)
    assert not any(bool(jnp.isnan(value).any()) for value in trained.values())


FAR = [("relu", "safe"), ("relu", "plain"), ("gelu54", "plain"), ("tanh1010", "safe"), ("tanh1010", "plain")]


@pytest.mark.parametrize(("which", "denominator"), FAR)
def test_slopes_are_exact_but_for_rounding_as_far_as_float32_reaches_in_both_modes(which, denominator):
    exported = module(which, denominator=denominator)
    x, expected, allowed = far_slopes(which, "jax")
    tree = exported.parameters()
    for call in (function(exported, which), lambda x: exported.apply(tree, x)):
        back = jax.vmap(jax.grad(lambda x, call=call: call(x[None])[0]))(jnp.asarray(x))
        ahead = jax.jvp(jax.jit(call), (jnp.asarray(x),), (jnp.ones_like(x),))[1]
        for found in (back, ahead, jax.jit(jax.grad(lambda x, call=call: call(x).sum()))(jnp.asarray(x))):
            away = np.abs(np.asarray(found, "float64") - expected)
            assert (away <= allowed).all(), (x[~(away <= allowed)], found[~(away <= allowed)])


@pytest.mark.parametrize(("which", "denominator"), FAR)
def test_slopes_in_the_coefficients_are_powers_of_x_over_q_up_to_the_largest_input(which, denominator):
    exported = module(which, denominator=denominator)
    p, q = ([reference.Fraction(c) for c in part] for part in origin(which, "jax").coefficients("float32"))
    for k in range(int(math.log2(exported.LARGEST["float32"])) + 1):
        x = reference.Fraction(2) ** k
        below = sum(c * x**j for j, c in enumerate(q))
        value = sum(c * x**j for j, c in enumerate(p)) / below
        at = jnp.full(1, float(x), jnp.float32)
        slopes = jax.grad(lambda tree, at=at: exported.apply(tree, at)[0])(exported.parameters())
        wanted = [float(x**j / below) for j in range(len(p))]
        assert slopes["numerator"].tolist() == pytest.approx(wanted, rel=1e-5, abs=1e-37)
        if denominator == "plain":
            wanted = [float(-value * x**j / below) for j in range(1, len(q))]
            assert slopes["denominator"].tolist() == pytest.approx(wanted, rel=1e-5, abs=1e-37)


def test_second_derivatives_are_those_of_the_rational_function(wide):
    exact = fitted("relu").rational.derivative().derivative()
    call, x = function(module("relu"), "relu"), np.linspace(-3, 3, 41)
    for twice in (jax.grad(jax.grad(call)), jax.jit(jax.grad(jax.grad(jax.jit(call)))), jax.hessian(call)):
        np.testing.assert_allclose(jax.vmap(twice)(jnp.asarray(x)), exact(x), rtol=0, atol=1e-11)


def test_low_precision_is_float32_rounded_once():
    call = function(module("relu"), "relu")
    x = np.arange(-(2**15), 2**15).astype(np.int16).view(np.float16)
    y = np.asarray(call(jnp.asarray(x)))
    assert y.dtype == np.float16
    np.testing.assert_array_equal(y, np.asarray(call(jnp.asarray(x, jnp.float32)).astype(jnp.float16)))
    assert call(jnp.ones(2, jnp.bfloat16)).dtype == jnp.bfloat16
    with pytest.raises(TypeError, match="floating-point array"):
        call(jnp.arange(3))


@pytest.mark.parametrize("denominator", ["safe", "plain"])
def test_sets_of_coefficients_are_dealt_out_and_trained(denominator, wide):
    exported = module("silu", denominator=denominator)
    x = jnp.asarray(np.random.default_rng(0).normal(size=(5, 6)))
    one, three = exported.parameters(dtype=jnp.float64), exported.parameters(3, jnp.float64)
    np.testing.assert_allclose(exported.apply(one, x), exported.apply(three, x, axis=1), rtol=1e-14)
    np.testing.assert_allclose(exported.apply(three, x.T, axis=0), exported.apply(one, x).T, rtol=1e-14)
    slopes = jax.grad(lambda tree: exported.apply(tree, x).sum())(three)
    for name, value in slopes.items():
        step = 1e-6
        random = np.random.default_rng(1).normal(size=value.shape)
        moved = [{**three, name: three[name] + sign * step * random} for sign in (1, -1)]
        change = (exported.apply(moved[0], x).sum() - exported.apply(moved[1], x).sum()) / (2 * step)
        assert float((value * random).sum()) == pytest.approx(float(change), rel=1e-6)
    with pytest.raises(ValueError, match="has 5 entries: 3 sets"):
        exported.apply(three, x, axis=0)


def test_the_denominator_stays_positive_whatever_the_parameters_are(wide):
    exported = module("silu")
    random = np.random.default_rng(2)
    x = jnp.concatenate([jnp.linspace(-50, 50, 4001), jnp.asarray([1e9, -1e9])])
    for scale in (0.1, 1.0, 100.0, 1e12):
        tree = {name: value + scale * random.normal(size=value.shape) for name, value in exported.parameters().items()}
        _, factors = exported.coefficients(tree)
        assert (exported._product(factors, x) > 0).all()


def test_the_gain_is_that_of_the_analysis(wide):
    exact = ratapprox.gain(fitted("silu").rational)
    exported = module("silu")
    found = exported.gain(exported.parameters(dtype=jnp.float64))
    assert [float(g) for g in found] == pytest.approx([float(exact.forward), float(exact.backward)], rel=1e-10)
    weights = exported.kernel_init(found[0])(jax.random.key(0), (1024, 256))
    assert float(weights.std()) == pytest.approx(math.sqrt(float(exact.forward) / 1024), rel=1e-2)


def test_flax_module_trains_and_keeps_its_state():
    nnx = pytest.importorskip("flax.nnx", reason="Flax is not installed")
    exported = module("relu", framework="flax")
    layer = exported.RationalRelu32(num=3)
    x = jnp.linspace(-1, 1, 12).reshape(4, 3)
    np.testing.assert_allclose(layer(x), exported.relu_3_2(x), atol=1e-6)
    slopes = nnx.grad(lambda layer: layer(x).sum())(layer)
    assert set(nnx.to_pure_dict(slopes)) == {"numerator", "stretch", "turn"}
    graph, state = nnx.split(layer)
    np.testing.assert_array_equal(nnx.merge(graph, state)(x), layer(x))
    assert nnx.jit(lambda layer, x: layer(x))(layer, x).shape == (4, 3)
    fixed = exported.RationalRelu32(trainable=False)
    assert jax.tree.leaves(nnx.state(fixed, nnx.Param)) == []


def test_equinox_module_trains_and_can_be_fixed():
    eqx = pytest.importorskip("equinox", reason="Equinox is not installed")
    exported = module("relu", framework="equinox")
    x = jnp.linspace(-1, 1, 12).reshape(4, 3)
    for trainable in (True, False):
        layer = exported.RationalRelu32(trainable=trainable)
        y = eqx.filter_jit(lambda x, layer=layer: jax.vmap(layer)(x))(x)
        np.testing.assert_allclose(y, exported.relu_3_2(x), atol=1e-6)
        slopes = eqx.filter_grad(lambda layer: layer(x).sum())(layer)
        assert bool((slopes.numerator != 0).all()) is trainable
        assert eqx.tree_at(lambda t: t.numerator, layer, layer.numerator + 1)(x)[0, 0] != layer(x)[0, 0]


@pytest.mark.parametrize("to", ["jax", "keras", "torch"])
def test_a_denominator_that_rounding_could_make_negative_is_not_called_safe(to):
    near = Rational([0, 1], [1, -2, 1 + 2.0**-20])
    with pytest.raises(ValueError, match="in float32 rounding can make it negative"):
        export(near, to)
    assert "whatever is learned" not in export(near, to, denominator="plain")


@pytest.mark.parametrize("which", ["relu", "silu", "gelu66", "tanh1010"])
def test_the_printed_floor_is_below_the_lowest_value_in_exact_arithmetic(which):
    exported = module(which)
    found = text(which, "jax").partition("# q(x) >= ")[2].partition(" for all x")[0]
    exact = [(reference.Fraction(a), reference.Fraction(limit)) for a, _, limit in exported.QUADRATICS]
    lowest = math.prod(1 - limit**2 / (4 * a) for a, limit in exact)
    assert lowest * reference.Fraction(98, 100) < reference.Fraction(found) < lowest


def test_what_cannot_be_written_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="framework='haiku': it is one of plain, flax, equinox"):
        export(Rational([0, 1], [1, 0, 1]), "jax", framework="haiku")
    with pytest.raises(ValueError, match="zero on the real line"):
        text("gelu54", "jax")
    with pytest.raises(ValueError, match="constant"):
        export(Rational([3]), "jax")


def test_the_text_needs_jax_alone():
    imports = {line for line in text("relu", "jax").splitlines() if line.startswith(("import", "from"))}
    assert imports == {"import math", "import jax", "import jax.numpy as jnp"}
