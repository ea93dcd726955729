"""Swapping a network's activations keeps everything else, and the guard sees a pole before it is met."""

import math

import numpy as np
import pytest

import ratapprox
import ratapprox.published
from tests.formats.exporters.frameworks import load, text

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
nn = torch.nn
relu = load("guarded_relu", text("relu", "torch", guard="true"))
gelu = load("guarded_gelu", text("gelu66", "torch", guard="true"))
free = load("guarded_free", text("relu", "torch", guard="true", denominator="plain"))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 8)
        self.act = nn.GELU()
        self.rest = nn.Sequential(nn.Linear(8, 8), nn.GELU(), nn.Sequential(nn.Linear(8, 2), nn.GELU()))
        self.same = self.act

    def forward(self, x):
        return self.rest(self.same(self.act(self.first(x))))


def test_every_place_is_replaced_and_named_and_nothing_else_changes():
    network = Network().double().eval()
    weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    x = torch.randn(50, 3, dtype=torch.float64)
    before = network(x)
    places = gelu.replace_activations(network, nn.GELU)
    assert places == ["act", "same", "rest.1", "rest.2.1"]
    assert network.same is network.act
    assert len({id(m) for m in network.modules() if isinstance(m, gelu.RationalGelu66)}) == 3
    assert not any(isinstance(m, nn.GELU) for m in network.modules())
    swapped = [m for m in network.modules() if isinstance(m, gelu.RationalGelu66)]
    assert {(m.training, m.numerator.dtype) for m in swapped} == {(False, torch.float64)}
    assert all(torch.equal(network.state_dict()[name], tensor) for name, tensor in weights.items())
    assert (network(x) - before).abs().max() < 20 * 4.5e-4  # three layers of a GELU that is 4.5e-4 off


def test_one_instance_can_serve_all_places_and_a_function_can_choose_them():
    network = Network()
    assert len(gelu.replace_activations(network, nn.GELU, shared=True)) == 4
    assert network.act is network.rest[1] is network.rest[2][1]
    network = Network()
    assert gelu.replace_activations(network, lambda name, module: name.startswith("rest.1")) == ["rest.1"]
    assert gelu.replace_activations(network, (nn.Tanh, nn.ReLU)) == []
    fixed = gelu.replace_activations(network, nn.GELU, lambda: gelu.RationalGelu66(trainable=False))
    assert fixed == ["act", "same", "rest.2.1"]
    half = Network().bfloat16()
    gelu.replace_activations(half, nn.GELU)
    assert half(torch.randn(2, 3, dtype=torch.bfloat16)).dtype == torch.bfloat16
    assert half.act.numerator.dtype == torch.float32
    with pytest.raises(ValueError, match="the model itself is to be replaced"):
        gelu.replace_activations(nn.GELU(), nn.GELU)
    with pytest.raises(ValueError, match="leave out one of the two"):
        relu.replace_activations(Network(), nn.GELU, shared=True, ranges={})


def test_each_layer_is_rescaled_to_the_range_that_was_observed():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU()).train()
    with torch.no_grad():
        network[0].weight.mul_(20)
    batches = [torch.randn(200, 3), torch.randn(100, 3)]
    ranges = relu.observe(network, nn.ReLU, batches)
    assert network.training
    x = network[0](torch.cat(batches))
    assert ranges["1"] == pytest.approx((x.min().item(), x.max().item()))
    relu.replace_activations(network, nn.ReLU, ranges=ranges)
    for name in ("1", "3"):
        low, high = ranges[name]
        x = torch.linspace(low, high, 2001)
        error = (network[int(name)](x) - x.clamp(min=0)).abs().max().item()
        assert error <= 0.02185 * max(-low, high) * (1 + 1e-5)
    for module in (free, relu):
        for layer in (layer_of(module), layer_of(module, trainable=False), layer_of(module, per="channel", num=3)):
            at = torch.linspace(-40, 50, 300).reshape(100, 3)
            expected = 50 * layer(at / 50)
            torch.testing.assert_close(module.rescale_(layer, -40.0, 50.0)(at), expected, rtol=1e-5, atol=1e-4)


def layer_of(module, **options):
    return module.RationalRelu32(**options)


def test_rescaling_is_refused_where_it_would_be_another_function():
    with pytest.raises(ValueError, match="not f\\(x\\) for this target: export a wider interval"):
        gelu.replace_activations(Network(), nn.GELU, ranges={"act": (-9, 9), "rest.1": (-9, 9), "rest.2.1": (-9, 9)})
    for low, high in ((0.0, 0.0), (-math.inf, 1.0), (math.nan, math.nan)):
        with pytest.raises(ValueError, match="no multiple of the interval"):
            relu.rescale_(layer_of(relu), low, high)


def test_the_distance_of_the_nearest_pole_is_that_of_the_roots_of_q():
    layer = layer_of(relu, dtype=torch.float64)
    radius = 1 / math.sqrt(relu.DENOMINATOR[2])  # the poles are ±i radius
    assert relu.pole_distance(layer, -1.0, 1.0) == pytest.approx(radius)
    assert relu.pole_distance(layer, 2.0, 3.0) == pytest.approx(math.hypot(2, radius))
    layer = free.RationalRelu32(per="channel", num=2)
    with torch.no_grad():
        layer.denominator.copy_(torch.tensor([[-3.0, 2.0], [0.0, 0.0]]))  # zeros at 1/2 and 1; none
    assert free.pole_distance(layer, -1.0, 0.25) == pytest.approx(0.25)
    assert free.pole_distance(layer, 0.0, 2.0) == pytest.approx(0, abs=1e-12)
    q = np.polynomial.polynomial.polyroots(gelu.DENOMINATOR)
    assert gelu.pole_distance(gelu.RationalGelu66(), -1.0, 1.0) == pytest.approx(
        np.abs(q - np.clip(q.real, -1, 1)).min(), rel=1e-5
    )


def test_the_guard_records_ranges_and_warns_before_a_pole_is_met():
    network = nn.Sequential(nn.Identity(), free.RationalRelu32())
    x = torch.linspace(-1, 1, 101)
    with free.Guard(network, closer=0.1) as guard:
        network(x)
        network(2 * x)
        seen = guard.report()["1"]
        assert (seen["low"], seen["high"], seen["batches"]) == (-2.0, 2.0, 2)
        assert seen["pole_distance"] == pytest.approx(1 / math.sqrt(free.DENOMINATOR[2]), rel=1e-5)
        with torch.no_grad():
            network[1].denominator.copy_(torch.tensor([-1.9, 0.9]))  # zeros near 1 and 1.11
        with pytest.warns(free.PoleWarning, match=r"^1: a pole is 0\.0\d+ away from the inputs, from -1 to 0\.95"):
            network(x.clamp(max=0.95))
        with pytest.warns(free.PoleWarning, match="1: the input is not finite"):
            network(torch.tensor([math.nan]))
    network(x)  # it has stopped watching


def test_the_guard_can_raise_with_the_name_of_the_layer():
    network = nn.Sequential(nn.Sequential(free.RationalRelu32()))
    with torch.no_grad():
        network[0][0].denominator.copy_(torch.tensor([0.0, -1.0]))
    guard = free.Guard(network, action="raise")
    with pytest.raises(FloatingPointError, match=r"^0\.0: the output is not finite for inputs from 0 to 1"):
        network(torch.tensor([0.0, 1.0]))
    guard.remove()
    network(torch.tensor([0.0, 1.0]))
    with pytest.raises(ValueError, match="can warn or raise"):
        free.Guard(network, action="log")


def test_activations_are_drawn_on_the_ranges_that_were_seen():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    network = nn.Sequential(layer_of(relu), nn.Sequential(layer_of(relu)))
    with relu.Guard(network) as guard:
        network(torch.linspace(-4, 2, 7))
    axes = relu.plot_activations(network, guard.report())
    line = axes.get_lines()[0]
    assert (line.get_xdata()[0], line.get_xdata()[-1], len(axes.get_lines())) == (-4.0, 2.0, 2)
    at = torch.as_tensor(line.get_xdata())
    np.testing.assert_allclose(line.get_ydata(), relu.relu_3_2(at), rtol=1e-6, atol=1e-7)
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["0", "1.0"]


class Named(nn.Module):
    """A network that calls its activation by keyword."""

    def __init__(self, act):
        super().__init__()
        self.linear, self.act = nn.Linear(4, 4), act

    def forward(self, x):
        return self.act(x=self.linear(x))


def test_a_guard_takes_empty_batches_and_calls_by_keyword():
    network = Named(relu.RationalRelu32())
    with relu.Guard(network) as guard:
        network(torch.empty(0, 4))
        network(torch.ones(2, 4))
    assert guard.report()["act"]["batches"] == 1
    seen = relu.observe(network, relu.RationalRelu32, [torch.empty(0, 4), torch.ones(2, 4)])
    assert seen["act"][0] <= seen["act"][1]
    with pytest.raises(ValueError, match="act: an input is not finite"):
        relu.observe(network, relu.RationalRelu32, [torch.full((1, 4), math.nan)])


def test_a_range_far_smaller_than_the_interval_is_refused():
    with pytest.raises(ValueError, match="export one nearer to it"):
        relu.rescale_(relu.RationalRelu32(), -0.01, 0.01)


@pytest.mark.parametrize(
    ("target", "homogeneous"),
    [("relu", True), ("leaky_relu(0.2)", True), ("leaky_relu(x)*x", False), ("leaky_relu(x-1)", False)],
)
def test_only_targets_known_to_be_homogeneous_are_rescaled(target, homogeneous):
    fit = ratapprox.fit(target, type=(2, 2), on=(-1, 1))
    exported = load("scaled", ratapprox.export(ratapprox.published.card(fit), "torch", guard="true"))
    assert exported.HOMOGENEOUS is homogeneous
