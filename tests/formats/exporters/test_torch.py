"""The exported PyTorch module computes what was analysed, keeps its denominator positive, and fits in anywhere."""

import copy
import io
import math
import pickle
from fractions import Fraction

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
    fitted,
    inside,
    load,
    origin,
    tail_slopes,
    text,
)

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytestmark = [
    pytest.mark.filterwarnings("ignore:.torch.jit.script(_method)?. is deprecated:DeprecationWarning"),
    # torch.compile does so itself, for every autograd.Function
    pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning"),
]

SAFE = ["relu", "silu", "gelu22", "gelu66", "tanh", "gelu40"]


def module(which, form="horner", **options):
    return load(f"exported_{which}_{form}_{len(options)}", text(which, "torch", form, **options))


def layer_class(of):
    return next(value for name, value in vars(of).items() if name.startswith("Rational"))


def function(of):
    return vars(of)[next(name for name in vars(of) if name.endswith(("_2", "_4", "_6", "_0")))]


def numbers(which, dtype="float32"):
    of = origin(which, "torch")
    return of, reference.grid(of, dtype)


def exact_at_points(rational, x):
    """r(x), rounded once to float64."""
    return np.array([float(rational(Fraction(float(v)))) for v in x])


@pytest.mark.parametrize("form", ["horner", "reciprocal"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("which", SAFE)
def test_values_have_the_bits_of_the_analysed_program(which, dtype, form):
    of = origin(which, "torch", form)
    exported = module(which, form)
    x = reference.grid(of, dtype)
    expected = reference.value(of, dtype, x)
    largest = exported.LARGEST[getattr(torch, dtype)] if of.type[1] else math.inf
    near = np.abs(x) <= largest
    for computed in (function(exported), layer_class(exported)(trainable=False, dtype=getattr(torch, dtype))):
        y = computed(torch.from_numpy(x)).numpy()
        reference.assert_same_bits(y[near] + 0, expected[near] + 0, x[near], which)  # + 0: zeros have no sign here
        with np.errstate(all="ignore"):
            far = np.abs(y - expected) <= 8 * np.finfo(dtype).eps * np.abs(expected)
        same = (y == expected) | (np.isnan(y) & np.isnan(expected))
        assert (far | same)[~near].all(), x[~near][~(far | same)[~near]]


@pytest.mark.parametrize("which", SAFE)
def test_trained_form_starts_as_the_exported_function_within_the_proved_bound(which):
    for dtype in ("float32", "float64"):
        x = inside(which, dtype, 2001)
        layer = layer_class(module(which))(dtype=getattr(torch, dtype))
        with torch.no_grad():
            y = layer(torch.from_numpy(x)).numpy()
        # q as a product of quadratics is rounded once more for each of them
        factors = max(1, origin(which, "torch").type[1] // 2)
        error = np.abs(y - exact_at_points(fitted(which).rational.exact(), x)).max()
        assert error <= factors * bound(which, "torch", dtype)


def test_a_quadratic_denominator_starts_with_exactly_the_exported_coefficients():
    for which in ("relu", "gelu22"):
        exported = module(which)
        for dtype in (torch.float32, torch.float64):
            _, ((one, b, a),) = layer_class(exported)(dtype=dtype).coefficients()
            assert torch.equal(torch.stack([one, b, a]), torch.tensor(exported.DENOMINATOR, dtype=dtype))


@pytest.mark.parametrize("which", ["relu", "silu", "gelu66"])
def test_the_denominator_stays_above_its_printed_floor_whatever_the_parameters_are(which):
    exported = module(which)
    floor = math.prod(1 - (limit / 2) ** 2 / a for a, _, limit in exported.QUADRATICS)
    assert 0 < floor < 1
    random = torch.Generator().manual_seed(3)
    size = torch.tensor([0.0, 0.1, 1.0, 30.0, 1e4, 1e15])
    large = 10.0 ** torch.linspace(-6, 6, 500)
    x = torch.cat([torch.linspace(-9, 9, 2001), large, -large])
    smallest = math.inf
    for scale in size:
        for other in size[:4]:
            layer = layer_class(exported)(dtype=torch.float64)
            with torch.no_grad():
                layer.turn.add_(scale * torch.randn(layer.turn.shape, generator=random, dtype=torch.float64))
                layer.stretch.add_(other * torch.randn(layer.stretch.shape, generator=random, dtype=torch.float64))
            _, factors = layer.coefficients()
            q = torch.ones((), dtype=torch.float64)
            for one, b, a in factors:
                at = torch.cat([x.double(), -b.detach()[None] / (2 * a.detach())])  # the quadratic's lowest point
                q = (one + b * at + a * at * at).min() * q
            smallest = min(smallest, q.item())
            assert q.item() >= floor * (1 - 1e-9)
    assert smallest < 4 * floor  # the floor is no wild understatement


def test_gradients_are_those_of_the_rational_function():
    for which in ("relu", "silu", "gelu66", "tanh", "gelu40"):
        for form in ("horner", "reciprocal"):
            exact = fitted(which).rational.exact()
            x = inside(which, "float64", 401)[::3]
            given = torch.from_numpy(x).requires_grad_()
            (slope,) = torch.autograd.grad(layer_class(module(which, form))(dtype=torch.float64)(given).sum(), given)
            expected = exact_at_points(exact.derivative(), x)
            np.testing.assert_allclose(slope.numpy(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"denominator": "plain"}])
def test_gradients_of_coefficients_agree_with_differences(options):
    for per, num, dim in (("layer", 1, 1), ("channel", 4, 1), ("group", 2, -1)):
        layer = layer_class(module("relu", **options))(per, num, dim, dtype=torch.float64)
        x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True, generator=torch.Generator().manual_seed(1))

        def call(x, *parameters, layer=layer):
            named = dict(zip(dict(layer.named_parameters()), parameters, strict=True))
            return torch.func.functional_call(layer, named, x)

        assert torch.autograd.gradcheck(call, (x, *layer.parameters()))
        assert torch.autograd.gradgradcheck(call, (x, *layer.parameters()))


def test_infinities_give_the_limits_and_their_slopes_and_nan_stays_nan():
    limits = {"relu": (-math.inf, math.inf), "tanh": (0.0, 0.0), "silu": (-math.inf, math.inf), "gelu22": None}
    for which, expected in limits.items():
        for form in ("horner", "reciprocal"):
            x = torch.tensor([-math.inf, math.inf, -3e38, 3e38], requires_grad=True)
            y = layer_class(module(which, form))()(x)
            (slope,) = torch.autograd.grad(y.sum(), x)
            right = fitted(which).rational.limits()[1]
            assert y[:2].tolist() == pytest.approx(list(expected or [right.value] * 2), rel=1e-6)
            assert slope.tolist() == pytest.approx([float(right.slope)] * 4, rel=1e-6)
    assert layer_class(module("relu"))()(torch.tensor(math.nan)).isnan()
    assert layer_class(module("relu"))()(torch.tensor(math.nan, dtype=torch.float16)).isnan()


@pytest.mark.parametrize("form", ["horner", "reciprocal"])
@pytest.mark.parametrize("name", TAILS)
def test_forward_and_reverse_mode_have_the_limit_slope_at_infinity_and_far_out(name, form):
    of = load(f"tail_{name}_{form}", export(TAILS[name], "torch", form=form, name="tail"))
    layer = of.RationalTail()
    x, expected, allowed = tail_slopes(name)
    for values in (layer, of.tail):
        _, ahead = torch.func.jvp(values, (torch.tensor(x),), (torch.ones(len(x)),))
        given = torch.tensor(x, requires_grad=True)
        (back,) = torch.autograd.grad(values(given).sum(), given)
        for found in (ahead, back):
            assert_slopes(found.detach().numpy(), x, expected, allowed)
        assert values(torch.tensor(math.nan)).isnan()
    total = layer(torch.tensor(x[np.abs(x) < 1e10])).sum()
    assert not any(found.isnan().any() for found in torch.autograd.grad(total, list(layer.parameters())))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_low_precision_is_float32_rounded_once(dtype):
    kind = getattr(torch, dtype)
    bits = torch.arange(-(2**15), 2**15, dtype=torch.int16).view(kind)  # every value of the dtype
    layer = layer_class(module("relu"))(trainable=False)
    y = layer(bits)
    assert y.dtype == kind
    assert torch.equal(y.nan_to_num(), layer(bits.float()).to(kind).nan_to_num())
    assert layer.half()(torch.ones(2, dtype=torch.float16)).dtype == torch.float16


def test_autocast_leaves_the_activation_in_float32_inside():
    layer = layer_class(module("relu"))()
    network = torch.nn.Sequential(torch.nn.Linear(3, 5), layer)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = network[0](torch.ones(2, 3))
        y = network(torch.ones(2, 3))
    assert hidden.dtype == y.dtype == torch.bfloat16
    assert torch.equal(y, layer(hidden.float()).bfloat16())


def test_non_contiguous_and_empty_inputs_are_taken():
    layer = layer_class(module("relu"))()
    x = torch.randn(4, 5, 6)
    assert torch.equal(layer(x.permute(2, 0, 1)), layer(x).permute(2, 0, 1))
    assert torch.equal(layer(x[..., ::2]), layer(x)[..., ::2])
    assert layer(torch.empty(0, 3)).shape == (0, 3)
    with pytest.raises(TypeError, match=r"torch.int64: a floating-point tensor"):
        layer(torch.ones(2, dtype=torch.int64))


def test_sharing_gives_each_channel_or_group_its_own_coefficients():
    exported = module("relu")
    x = torch.randn(2, 6, 3, 3)
    channel = layer_class(exported)("channel", 6)
    group = layer_class(exported)("group", 3, 1)
    with torch.no_grad():
        channel.numerator[4, 0] += 1
        group.numerator[2, 0] += 1
    base = layer_class(exported)()(x)
    difference = (channel(x) - base).abs().amax((0, 2, 3)) > 0.1
    assert difference.tolist() == [False] * 4 + [True, False]
    difference = (group(x) - base).abs().amax((0, 2, 3)) > 0.1
    assert difference.tolist() == [False] * 4 + [True, True]
    with pytest.raises(ValueError, match="has 5 entries, and there are 6 sets of coefficients, one per channel"):
        channel(torch.randn(2, 5))
    with pytest.raises(ValueError, match="shared per layer, channel or group"):
        layer_class(exported)("neuron")
    with pytest.raises(ValueError, match="a layer has one set"):
        layer_class(exported)(num=3)


def test_state_dict_pickle_and_deepcopy_keep_the_function():
    exported = module("relu")
    for options in ({}, {"per": "channel", "num": 3}, {"trainable": False}):
        layer = layer_class(exported)(**options)
        with torch.no_grad():
            for tensor in layer.state_dict().values():
                tensor.add_(0.01 * torch.randn_like(tensor))
        x = torch.randn(5, 3)
        file = io.BytesIO()
        torch.save(layer.state_dict(), file)
        file.seek(0)
        other = layer_class(exported)(**options)
        other.load_state_dict(torch.load(file, weights_only=True))
        for twin in (other, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            assert torch.equal(twin(x), layer(x))
        layer.reset_parameters()
        assert torch.equal(layer(x), layer_class(exported)(**options)(x))


def test_function_transforms_work():
    layer = layer_class(module("silu"))(dtype=torch.float64)
    x = torch.linspace(-3, 3, 11, dtype=torch.float64)
    slope = torch.func.vmap(torch.func.grad(function(module("silu"))))(x)
    assert torch.allclose(slope, torch.func.jvp(layer, (x,), (torch.ones_like(x),))[1])

    def loss(parameters, x):
        return torch.func.functional_call(layer, parameters, x).sum()

    each = torch.func.vmap(torch.func.grad(loss), (None, 0))(dict(layer.named_parameters()), x)
    total = torch.func.grad(loss)(dict(layer.named_parameters()), x)
    for name in total:
        assert torch.allclose(each[name].sum(0), total[name])


def test_export_with_a_dynamic_batch_keeps_the_bits():
    network = torch.nn.Sequential(layer_class(module("relu"))(), layer_class(module("silu"))("channel", 3))
    program = torch.export.export(network, (torch.randn(5, 3),), dynamic_shapes=({0: torch.export.Dim("batch")},))
    x = torch.randn(9, 3)
    assert torch.equal(program.module()(x), network(x))


def test_compiled_in_one_graph_it_has_the_bits_and_gradients_of_eager_execution():
    check_compiled(module("relu"), {})


@pytest.mark.slow
@pytest.mark.parametrize("which", ["silu", "gelu66", "tanh"])
@pytest.mark.parametrize("options", [{"per": "channel", "num": 3}, {"per": "group", "num": 3, "dim": -1}])
def test_compiled_with_shared_coefficients_it_does_too(which, options):
    check_compiled(module(which), options)


def check_compiled(exported, options):
    torch.compiler.reset()
    layer = layer_class(exported)(**options)
    compiled = torch.compile(layer, fullgraph=True)
    x = torch.randn(8, 3, requires_grad=True)
    ours, theirs = layer(x), compiled(x)
    assert torch.equal(ours, theirs)
    wanted = [x, *layer.parameters()]
    for a, b in zip(torch.autograd.grad(ours.sum(), wanted), torch.autograd.grad(theirs.sum(), wanted), strict=True):
        assert torch.allclose(a, b, rtol=1e-5, atol=1e-6)
    torch.compiler.reset()


@pytest.mark.parametrize("which", ["silu", "gelu66", "tanh", "gelu22"])
@pytest.mark.parametrize("options", [{}, {"denominator": "plain"}])
def test_the_closed_form_for_compilation_is_the_quotient_with_its_derivatives(which, options):
    of = module(which, **options)
    for shape in ((), (3, 1)):
        layer = layer_class(of)(**({"per": "channel", "num": 3} if shape else {}), dtype=torch.float64)
        numerator, factors = layer.coefficients()
        parts = [[c.detach().view(shape) for c in part] for part in (numerator, *factors)]
        pattern = tuple((1.0 if k else None, *(None for _ in part[1:])) for k, part in enumerate(parts))
        trained = [c.clone().requires_grad_() for part, marks in zip(parts, pattern, strict=True)
                   for c, mark in zip(part, marks, strict=True) if mark is None]  # fmt: skip
        y = torch.randn(3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(5)).requires_grad_()

        def closed(y, *given, of=of, pattern=pattern):
            return of._Quotient.apply(y, pattern, torch.stack(given), *given)

        def plain(y, *given, of=of, pattern=pattern):
            above, *below = of._filled(pattern, torch.stack(given))
            return of._horner(above, y) / of._product(below, y)

        assert torch.equal(closed(y, *trained), plain(y, *trained))
        found, expected = (torch.autograd.grad(f(y, *trained).sum(), [y, *trained]) for f in (closed, plain))
        for a, b in zip(found, expected, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)
        assert torch.autograd.gradcheck(closed, (y, *trained))
        assert torch.autograd.gradgradcheck(closed, (y, *trained))


def test_compiled_transforms_of_derivatives_are_those_of_eager_execution():
    layer = layer_class(module("relu"))()
    x = torch.randn(5)
    cases = {
        "forward": lambda x: torch.func.jvp(layer, (x,), (torch.ones_like(x),))[1],
        "each second": torch.func.vmap(torch.func.grad(torch.func.grad(layer))),
    }
    for name, call in cases.items():
        torch.compiler.reset()
        torch.testing.assert_close(torch.compile(call, fullgraph=True)(x), call(x), msg=name)
    torch.compiler.reset()


def test_compiled_it_takes_every_input_that_eager_execution_takes():
    of = module("silu")
    hostile = torch.tensor([-math.inf, math.inf, math.nan, -3e38, 3e38, 0.0, -0.0, 1e-45, -2.5, 7.0])
    for dtype, options in ((torch.float32, {}), (torch.bfloat16, {}), (torch.float64, {"per": "channel", "num": 10})):
        torch.compiler.reset()
        layer = layer_class(of)(**options)
        x = torch.stack([hostile, hostile.flip(0)]).to(dtype)
        compiled = torch.compile(layer, fullgraph=True)
        for given in (x, x.t().contiguous().t()):
            given.requires_grad_()
            ours, theirs = layer(given), compiled(given)
            torch.testing.assert_close(theirs, ours, rtol=0, atol=0, equal_nan=True)
            finite = ours.detach().isfinite()
            wanted = [given, *layer.parameters()]
            weight = torch.where(finite & (given.detach().abs() < 100), 1, 0).to(dtype)
            pairs = zip(*(torch.autograd.grad(y, wanted, weight) for y in (ours, theirs)), strict=True)
            for a, b in pairs:
                assert a.dtype == b.dtype
                torch.testing.assert_close(b, a, rtol=1e-5, atol=1e-6, equal_nan=True)
    torch.compiler.reset()


def test_the_gain_is_that_of_the_analysis_and_initialises_layers():
    for which in ("relu", "silu", "tanh", "gelu66"):
        layer = layer_class(module(which))(dtype=torch.float64)
        exact = ratapprox.gain(fitted(which).rational)
        forward, backward = layer.gain()
        assert forward.item() == pytest.approx(float(exact.forward), rel=1e-10)
        assert backward.item() == pytest.approx(float(exact.backward), rel=1e-10)
    torch.manual_seed(0)
    layer, linear = layer_class(module("relu"))(), torch.nn.Linear(4096, 512)
    assert layer.init_weights_(linear) is linear
    assert linear.weight.std().item() == pytest.approx(math.sqrt(layer.gain()[0].item() / 4096), rel=5e-3)
    assert linear(layer(torch.randn(64, 4096))).pow(2).mean().item() == pytest.approx(1, rel=5e-2)
    conv = layer.init_weights_(torch.nn.Conv2d(64, 32, 3, bias=False), "backward")
    assert conv.weight.std().item() == pytest.approx(math.sqrt(layer.gain()[1].item() / (32 * 9)), rel=2e-2)
    with pytest.raises(ValueError, match="'forward' keeps"):
        layer.init_weights_(linear, "sideways")


def test_coefficients_stay_out_of_weight_decay():
    exported = module("relu")
    network = torch.nn.Sequential(torch.nn.Linear(2, 3), layer_class(exported)(), torch.nn.Linear(3, 1))
    decayed, kept = exported.parameter_groups(network, 0.1)
    assert [p.shape for p in kept["params"]] == [p.shape for p in network[1].parameters()]
    assert len(decayed["params"]) == 4
    assert (decayed["weight_decay"], kept["weight_decay"]) == (0.1, 0.0)
    assert torch.optim.AdamW([decayed, kept]).param_groups[1]["weight_decay"] == 0.0


def test_a_denominator_with_a_real_zero_is_only_written_plain():
    with pytest.raises(ValueError, match=r"zero on the real line, at -11\.79, 11\.79: .* denominator=plain"):
        text("gelu54", "torch")
    with pytest.raises(ValueError, match=r"zero on the real line, at -1:"):
        export(Rational([1, 2], [1, 1]), "torch")
    layer = layer_class(module("gelu54", denominator="plain"))()
    assert {name: p.shape for name, p in layer.named_parameters()} == {"numerator": (6,), "denominator": (4,)}
    with pytest.raises(ValueError, match="pole on the real line: there is no gain"):
        layer.gain()


@pytest.mark.parametrize(
    ("rational", "options", "problem"),
    [
        (Rational([2]), {}, "constant"),
        (Rational([1, 1, 1], [0, 1]), {"denominator": "plain"}, "pole at 0"),
        (Rational([0, 1], [1, 0, 1]), {"denominator": "free"}, "denominator='free': it is safe or plain"),
        (Rational([0, 1], [1, 0, 1]), {"guard": "maybe"}, "guard='maybe': write guard=true or guard=false"),
        (Rational([0, 1], [1, 0, 1]), {"speed": 1}, "no option 'speed'"),
    ],
)
def test_what_cannot_be_written_is_refused_with_a_sentence(rational, options, problem):
    with pytest.raises(ValueError, match=problem):
        export(rational, "torch", **options)


def test_the_text_says_what_is_proved_and_needs_torch_alone():
    code = text("relu", "torch")
    assert "proved: max of |f - r| on [-1, 1] <= 0.02185" in code
    assert "float32: |computed - r| <=" in code
    imports = {line for line in code.splitlines() if line.startswith(("import", "from"))}
    assert imports == {"import math", "import torch", "from torch import nn"}


def test_weights_keep_the_signal_when_sets_of_coefficients_differ():
    of = module("relu", denominator="plain")
    layer = layer_class(of)(per="channel", num=64)
    with torch.no_grad():
        layer.numerator[:32] *= 0.01
    torch.manual_seed(0)
    linear = layer.init_weights_(torch.nn.Linear(64, 4000))
    with torch.no_grad():
        assert abs((linear(layer(torch.randn(4000, 64))) ** 2).mean().item() - 1) < 0.1
        layer.numerator[0] = 0
    assert layer.init_weights_(torch.nn.Linear(64, 8)).weight.isfinite().all()


def test_a_transposed_convolution_counts_its_own_inputs():
    torch.manual_seed(0)
    layer = layer_class(module("relu"))()
    found = layer.init_weights_(torch.nn.ConvTranspose2d(100, 200, 1)).weight.std().item()
    assert found == pytest.approx(math.sqrt(layer.gain()[0].item() / 100), rel=0.03)


def test_a_function_with_a_far_pole_has_no_gain():
    of = load("far_pole", export(Rational([0, 1], [1, 0, Fraction(-1, 400)]), "torch", denominator="plain"))
    with pytest.raises(ValueError, match="pole on the real line"):
        layer_class(of)().gain()
