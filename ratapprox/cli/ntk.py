"""`ratapprox ntk`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ratapprox.cli.options import MissingPart, caught, clip, interval, nearest, parted, seconds

if TYPE_CHECKING:
    from ratapprox.networks.backend import Backend
    from ratapprox.networks.initialisation import Scheme
    from ratapprox.networks.mlp import Mlp
    from ratapprox.networks.ntk import Summary
    from ratapprox.networks.units import Unit

KINDS = ("weights", "biases", "coefficients")
INITIALISATIONS = ("usual", "lecun", "he", "xavier", "xavier-uniform", "siren")


def _activations(ctx: click.Context, param: click.Parameter, text: str) -> list[str]:
    names = parted(text)
    if not all(names):
        raise click.BadParameter(f"{clip(text)}: give names or expressions in x, such as relu,tanh", ctx, param)
    if len(set(names)) < len(names):
        raise click.BadParameter(f"{clip(text)}: an activation function is named twice", ctx, param)
    return names


def _widths(ctx: click.Context, param: click.Parameter, text: str) -> tuple[int, ...]:
    parts = parted(text)
    if len(parts) < 2 or not all(p.isascii() and p.isdigit() and 0 < int(p[:10]) < 10**6 for p in parts):
        message = f"{clip(text)}: give the widths from the inputs to the outputs, such as 1,256,256,1"
        raise click.BadParameter(message, ctx, param)
    return tuple(map(int, parts))


def _kinds(ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[str, ...]:
    left_out = parted(text) if text is not None else []
    for word in left_out:
        if word not in KINDS:
            message = f"{clip(word)} is no kind of parameter: {', '.join(KINDS)}{nearest(word, KINDS)}"
            raise click.BadParameter(message, ctx, param)
    kept = tuple(kind for kind in KINDS if kind not in left_out)
    if not kept:
        raise click.BadParameter("no parameter is left that could count", ctx, param)
    return kept


@click.command(short_help="Tangent kernels of networks: spectra, ranks, true condition numbers.")
@click.option(
    "--activation", "names", metavar="A,B", required=True, callback=_activations, help="Names or expressions in x."
)
@click.option("--widths", metavar="W", default="1,256,256,1", show_default=True, callback=_widths, help="Layer widths.")
@click.option("--samples", metavar="N", type=click.IntRange(2), default=16, show_default=True, help="Number of inputs.")
@click.option("--seeds", metavar="S", type=click.IntRange(1, 10_000), default=8, show_default=True, help="Networks.")
@click.option("--on", metavar="A,B", callback=interval, help="Where the inputs are.  [default: -1,1]")
@click.option("--init", "init", type=click.Choice(INITIALISATIONS), default="usual", help="How weights begin.")
@click.option("--without", "kinds", metavar="KINDS", callback=_kinds, help="Leave out biases, or coefficients.")
@click.option("--certify", is_flag=True, help="Prove condition numbers and all eigenvalues.")
@click.option("--infinite", is_flag=True, help="The limit of infinite width, in the NTK parametrisation.")
@click.option("--time-limit", metavar="SECONDS", callback=seconds, help="For each proof.  [default: 60]")
@click.option("--backend", type=click.Choice(["auto", "numpy", "cupy"]), default="auto", help="Who computes kernels.")
@click.option("--plot", type=click.Path(), metavar="FILE", help="Draw the spectra: .png, .svg or .pdf.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def ntk(
    names: list[str],
    widths: tuple[int, ...],
    samples: int,
    seeds: int,
    on: tuple[Fraction, Fraction] | None,
    init: str,
    kinds: tuple[str, ...],
    certify: bool,
    infinite: bool,
    time_limit: float | None,
    backend: str,
    plot: str | None,
    as_json: bool,
) -> None:
    """Measure the tangent kernels of networks as they begin, and say how much of the numbers is true.

    Where float64 cannot show the smallest eigenvalue the condition number is proved by ball arithmetic, or printed as a
    lower bound (≥). Means are geometric, over seeds, with 95% intervals. One input: N equispaced points; several: N
    random ones. Units with drawn coefficients (raf, raf_audio) have them for each neuron. --init usual: SIREN for these
    and sine30, N(0, 2/m) for relu and its like, else N(0, 1/m), with biases uniform on [-1/2, 1/2] but for SIREN's own.

    \b
      ratapprox ntk --activation raf,relu,rational,ralu,sine30
      ratapprox ntk --activation tanh,rational --samples 64 --seeds 2
      ratapprox ntk --activation "x*sigmoid(1.7*x)" --infinite --json

    Exit code 0: done (lower bounds are said to be such).
    """
    _check(certify, infinite, kinds, plot, widths)
    taken = _backend("numpy" if infinite and backend == "auto" else backend, infinite)
    from ratapprox.networks.ntk.memory import bytes_needed, refuse_beyond
    from ratapprox.networks.units import unit

    units = {name: _unit(name, unit) for name in names}
    nets = {name: _net(widths, units[name]) for name in names}
    for net in nets.values():
        caught(lambda net=net: refuse_beyond(bytes_needed(net, samples), samples, widths[-1]))  # type: ignore[misc]
    ends = (Fraction(-1), Fraction(1)) if on is None else on
    x, domain = _inputs(widths[0], samples, ends)
    limit = 60.0 if time_limit is None else time_limit
    many = 1 if infinite else seeds
    found: dict[str, Summary] = {}
    with _progress(len(nets) * many) as step:
        for name, net in nets.items():
            scheme = _scheme(init, units[name])
            if infinite:
                step(f"{name}, infinite width")
                found[name] = caught(lambda net=net, scheme=scheme: _limit(net, scheme, x, kinds))  # type: ignore[misc]
            else:
                options = {"kinds": kinds, "domain": domain, "certify": certify, "time_limit": limit}
                found[name] = caught(
                    lambda name=name, net=net, scheme=scheme, options=options: _measured(  # type: ignore[misc]
                        name, net, scheme, taken, x, range(seeds), options, step
                    )
                )
    configuration = {
        "widths": list(widths),
        "depth": len(widths) - 2,
        "samples": samples,
        "domain": domain,
        "on": [float(end) for end in ends],
        "seeds": None if infinite else list(range(seeds)),
        "parametrisation": "NTK" if infinite else "standard",
        "infinite_width": infinite,
        "backend": taken.name,
        "time_limit": limit,
    }
    if plot is not None:
        _draw(found, plot)
    from ratapprox.cli.ntk_report import ntk_json, report
    from ratapprox.formats.card import json_text

    click.echo(json_text(ntk_json(found, configuration)) if as_json else report(found, configuration))


def _check(certify: bool, infinite: bool, kinds: Sequence[str], plot: str | None, widths: tuple[int, ...]) -> None:
    """What contradicts itself, before the work starts."""
    if infinite and certify:
        raise click.UsageError("--certify proves things of one network, and --infinite is about none: choose one")
    if infinite and widths[-1] != 1:
        raise click.UsageError("--infinite: the outputs of infinitely wide networks are alike: give one output")
    if infinite and not {"weights", "biases"} & set(kinds):
        raise click.UsageError("--infinite: in the limit weights and biases are all that is trained: keep one of them")
    if plot is not None:
        from ratapprox.formats.files import check_writable

        if Path(plot).suffix.lower() not in {".png", ".svg", ".pdf"}:
            raise click.UsageError(f"--plot {plot}: the name must end in .png, .svg or .pdf")
        if find_spec("matplotlib") is None:
            raise MissingPart("--plot needs matplotlib: pip install 'ratapprox[plot]'")
        caught(lambda: check_writable(plot))


def _backend(name: str, infinite: bool) -> Backend:
    from ratapprox.networks.backend import backend

    if infinite and name == "cupy":
        raise click.UsageError("--infinite has no networks to evaluate, and computes with NumPy: leave --backend out")
    try:
        return backend(name)
    except ModuleNotFoundError as missing:
        raise MissingPart(str(missing)) from missing


def _unit(name: str, unit: Callable[[str], Unit]) -> Unit:
    from ratapprox.networks.units import unit_names

    try:
        return unit(name)
    except ValueError as slip:
        guess = nearest(name, unit_names()) if name.isidentifier() and "did you mean" not in str(slip) else ""
        raise click.UsageError(" ".join(str(slip).split()) + guess) from slip


def _net(widths: tuple[int, ...], unit: Unit) -> Mlp:
    from ratapprox.networks.draws import Fixed
    from ratapprox.networks.mlp import Mlp

    drawn = any(not isinstance(draw, Fixed) for draw in unit.initial)
    return Mlp(widths, unit, "neuron" if drawn else "layer")


def _inputs(many: int, samples: int, on: tuple[Fraction, Fraction]) -> tuple[Any, str]:
    """(N, d) inputs and words for them."""
    import numpy as np

    from ratapprox.formats.card import end_text

    a, b = (float(end) for end in on)
    box = f"[{end_text(on[0])}, {end_text(on[1])}]"
    if many == 1:
        return np.linspace(a, b, samples)[:, None], box
    return np.random.default_rng(0).uniform(a, b, (samples, many)), f"{box}^{many}, uniformly random"


def _scheme(init: str, unit: Unit) -> Scheme:
    from ratapprox.networks.initialisation import Gains, scheme
    from ratapprox.networks.ntk.gaussian_pairs import is_two_slopes

    if init == "usual":
        init = "siren" if unit.name in ("raf", "raf_audio", "sine30") else "he" if is_two_slopes(unit) else "lecun"
    if init == "siren":
        return scheme("siren")  # with biases of its own
    return Gains(0.5, (1.0,) * 1000) if init == "lecun" else type(scheme(init))(0.5)


def _named(scheme: Scheme) -> str:
    weights = {"Gains": "N(0, 1/m)", "He": "N(0, 2/m)", "Siren": "SIREN"}.get(type(scheme).__name__)
    return f"{weights or type(scheme).__name__}, biases ±{'1/√m' if scheme.biases == 'fan' else scheme.biases}"


def _measured(
    name: str, net: Mlp, scheme: Scheme, taken: Backend, x: Any, seeds: Sequence[int], options: Any, step: Any
) -> Summary:
    from ratapprox.networks.initialisation import initialise
    from ratapprox.networks.ntk import spectrum, summarise

    kept = [kind for kind in options["kinds"] if any(slot.kind == kind for slot in net.slots)]
    members = []
    for seed, parameters in zip(seeds, initialise(net, scheme, seeds), strict=True):
        step(f"{name}, seed {seed}")
        options = options | {"kinds": kept, "initialisation": _named(scheme)}
        members.append(spectrum(net, taken.to_device(parameters), taken.to_device(x), **options))
    return summarise(members)


def _limit(net: Mlp, scheme: Scheme, x: Any, kinds: Sequence[str]) -> Summary:
    """In the limit weights count by their variance times the number of inputs."""
    from ratapprox.networks.ntk import infinite_kernel, infinite_spectrum, summarise

    variance = {"normal": 1.0, "truncated": 0.7737413, "uniform": 1 / 3}[scheme.distribution]
    many = 10**6  # any number: a hidden layer's spread², times its inputs, does not depend on it
    sizes = [net.widths[0], *(many for _ in net.units)]
    weights = [variance * scheme.spread(k, m, m) ** 2 * m for k, m in enumerate(sizes)]
    biases = [(1 / m if scheme.biases == "fan" else scheme.biases**2) / 3 for m in sizes]
    (unit,) = set(net.units)
    kept = [kind for kind in kinds if kind != "coefficients"]
    found = infinite_kernel(unit, x, depth=len(net.units), weight_variance=weights, bias_variance=biases, kinds=kept)
    return summarise([infinite_spectrum(found, x, net.widths, unit.name)])


def _draw(found: dict[str, Summary], plot: str) -> None:
    from ratapprox.formats.files import write_whole
    from ratapprox.plots import saved, spectra_figure

    curves = [(name, [member.eigenvalues for member in summary.members]) for name, summary in found.items()]
    picture = caught(lambda: saved(spectra_figure(curves), Path(plot).suffix[1:].lower()))
    caught(lambda: write_whole(plot, picture))


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    """A line on stderr that says what is being done; nothing when stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda words: None
        return
    from rich.console import Console

    done = 0
    with Console(stderr=True).status("ntk") as status:

        def step(words: str) -> None:
            nonlocal done
            done += 1
            status.update(f"{done} of {total}: {words}")

        yield step
