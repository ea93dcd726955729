"""Whole passes through a network as CUDA kernels: a block takes tile after tile of samples through all layers.

A tile never leaves the shared memory, where arrays lie with samples along the rows, h_k with a last row of 1; so
weights and biases, neighbours in the flat vector, are one matrix W_k (d_k + 1, d_{k+1}), z = Wᵀ[h; 1], and [h; 1] gᵀ
is the gradient of both. The way back goes forward first and keeps all z: they are fewer than all h and z, and what
flows back to a z takes its place. `layers` has the functions that are called here with the numbers of one network.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from ratapprox.networks.kernels import arithmetic
from ratapprox.networks.kernels.layers import LAYERS, TOTAL, tall, wide
from ratapprox.networks.kernels.source import c_type, element

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ratapprox.networks.mlp import Mlp
    from ratapprox.networks.units import Unit

__all__ = ["Room", "Shape", "cuda", "room", "shape"]


@dataclass(frozen=True)
class Shape:
    """samples: of a tile. neighbours: numbers in 16 bytes. threads: of a block."""

    samples: int
    neighbours: int
    threads: int

    @property
    def row(self) -> int:
        return self.samples + self.neighbours


_SAMPLES = 32
_NEIGHBOURS = {"float32": 4, "float64": 2}
_FEWEST_THREADS = 128


def shape(net: Mlp, dtype: str) -> Shape:
    """So many threads that each has at most one share of the widest layer: 4 columns at neighbouring samples.

    >>> from ratapprox.networks.mlp import Mlp
    >>> from ratapprox.networks.units import unit
    >>> shape(Mlp((2, 50, 50, 1), unit("rational")), "float64")
    Shape(samples=32, neighbours=2, threads=224)
    """
    shares = _SAMPLES // _NEIGHBOURS[dtype] * wide(max(net.widths[1:-1])) // 4
    return Shape(_SAMPLES, _NEIGHBOURS[dtype], max(_FEWEST_THREADS, -(-shares // 32) * 32))


@dataclass(frozen=True)
class Room:
    """What a block keeps in shared memory, in numbers: all W, an h, g of y, all u; to go back gradients and all z."""

    widths: tuple[int, ...]
    coefficients: tuple[int, ...]
    shape: Shape

    @cached_property
    def weights(self) -> list[int]:
        """Where each W lies, then where they end; their gradients lie alike."""
        return _starts(tall(inner) * wide(outer) for inner, outer in pairwise(self.widths))

    @cached_property
    def before(self) -> list[int]:
        """Where the z of each layer with an activation lies, then where they end."""
        return _starts(wide(width) * self.shape.row for width in self.widths[1:-1])

    @cached_property
    def uniforms(self) -> list[int]:
        """Where the coefficients of each layer lie, then where they end."""
        return _starts(self.coefficients)

    @cached_property
    def inputs(self) -> int:
        """The largest h; or two numbers for each thread, when the block adds up."""
        return max(*(tall(width) * self.shape.row for width in self.widths[:-1]), 2 * self.shape.threads)

    @property
    def flows(self) -> int:
        """What flows back to y."""
        return wide(self.widths[-1]) * self.shape.row

    @property
    def forward(self) -> int:
        return self.weights[-1] + self.inputs + self.flows + wide(self.uniforms[-1])

    @property
    def backward(self) -> int:
        return self.forward + self.weights[-1] + self.before[-1]


def room(net: Mlp, dtype: str) -> Room:
    """The shared memory that a block needs.

    >>> from ratapprox.networks.mlp import Mlp
    >>> from ratapprox.networks.units import unit
    >>> 4 * room(Mlp((2, 50, 50, 50, 50, 1), unit("rational")), "float32").backward
    106336
    """
    return Room(net.widths, tuple(len(u.symbols) for u in net.units), shape(net, dtype))


def cuda(net: Mlp, dtype: str) -> str:
    """The kernels of a network whose neurons share coefficients in each layer.

    forward(samples, own, X, THETA, Y): own is 1 where each member has samples of its own, else 0. backward(samples,
    own, X, THETA, DY, PARTIAL): for each block of each member a gradient. regression(samples, own, X, THETA, TARGET,
    scale, PARTIAL, SQUARES): the same for the loss scale Σ (y - target)², and for each block Σ (y - target)². `total`
    and `losses` add up what the blocks have found. All work in a grid (blocks, members); a block takes every
    gridDim.x-th tile, so that equal calls give equal bits.
    """
    form = shape(net, dtype)
    constants = {"R": form.samples, "T": form.threads, "V": form.neighbours, "S": form.row, "P": net.size}
    size, last, out = room(net, dtype), len(net.units), net.widths[-1]
    whole = f"{_shape(net, last)}>(w + {size.weights[last]}, h, "
    return "\n".join(
        [
            f"typedef {c_type(dtype)} number;",
            f"enum {{ {', '.join(f'{name} = {value}' for name, value in constants.items())} }};",
            *(_unit(unit, name, dtype) for unit, name in _classes(net).items()),
            LAYERS,
            *_kernel("forward", ["number *Y"]),
            *_shared(size),
            *_fetched(net, size),
            *_EACH_TILE,
            *_ahead(net, size, keep=False),
            f"        outputs<{whole}Y + n * {out}, valid);",
            "        __syncthreads();",
            "    }",
            "}",
            *_kernel("backward", ["const number *__restrict__ DY", "number *PARTIAL"]),
            *_shared(size),
            *_fetched(net, size),
            *_begun(net, size),
            *_EACH_TILE,
            *_ahead(net, size, keep=True),
            f"        flows<{out}>(DY + n * {out}, y, valid);",
            *_behind(net, size),
            "    }",
            *_given(net, size),
            "}",
            *_kernel(
                "regression",
                ["const number *__restrict__ TARGET", "const number scale", "number *PARTIAL", "double *SQUARES"],
            ),
            *_shared(size),
            *_fetched(net, size),
            *_begun(net, size),
            "    double squares = 0;",
            *_EACH_TILE,
            *_ahead(net, size, keep=True),
            f"        remainders<{whole}TARGET + at * {out}, scale, y, valid, &squares);",
            *_behind(net, size),
            "    }",
            *_given(net, size),
            "    sum(squares, (double *)h, SQUARES + member * gridDim.x + blockIdx.x);",
            "}",
            TOTAL,
        ]
    )


def _kernel(name: str, own: list[str]) -> list[str]:
    return [
        f'extern "C" __global__ void __launch_bounds__(T) {name}(',
        "    const int samples, const int own, const number *__restrict__ X, const number *__restrict__ THETA,",
        f"    {', '.join(own)})",
        "{",
    ]


def _starts(sizes: Iterable[int]) -> list[int]:
    return list(accumulate(sizes, initial=0))


def _classes(net: Mlp) -> dict[Unit, str]:
    return {unit: f"Unit{k}" for k, unit in enumerate(dict.fromkeys(net.units))}


def _unit(unit: Unit, name: str, dtype: str) -> str:
    """σ and what flows back through it as a class for the templates."""
    there, back = arithmetic.jet(unit, 0), arithmetic.back(unit, 0)
    us = "".join(f", u[{j}]" for j in range(len(unit.symbols)))
    sums = [f"a{j}" for j in range(len(back.sums))]
    head = "static __device__ __forceinline__"
    return f"""
struct {name} {{
{element(there, dtype, head).replace("void element(", "void there(")}
{element(back, dtype, head).replace("void element(", "void back(")}
{head} number value(const number x, const number *u)
{{
    number y;
    there(x{us}, &y);
    return y;
}}
{head} number flow(const number x, const number *u, const number g, number *sums)
{{
    number {", ".join(["dx", *sums])};
    back(x{us}, g, &dx{"".join(f", &{each}" for each in sums)});
    {" ".join(f"sums[{j}] += {each};" for j, each in enumerate(sums))}
    return dx;
}}
}};"""


# -- their parts -----------------------------------------------------------------------------------------------------


def _shape(net: Mlp, k: int) -> str:
    return f"{net.widths[k]}, {net.widths[k + 1]}"


def _shared(size: Room) -> list[str]:
    return [
        "    extern __shared__ Four memory[];",
        "    number *w = (number *)memory;",
        f"    number *h = w + {size.weights[-1]}, *y = h + {size.inputs}, *u = y + {size.flows};",
        "    const long long member = blockIdx.y;",
        "    THETA += member * P;",
    ]


def _fetched(net: Mlp, size: Room) -> list[str]:
    """All parameters of a member, from the flat vector."""
    lines = []
    for slot in net.slots:
        if slot.kind == "weights":
            shape = _shape(net, slot.layer)
            lines.append(f"    fetch<{shape}>(THETA + {slot.start}, w + {size.weights[slot.layer]});")
        elif slot.kind == "coefficients":
            one = f"u[{size.uniforms[slot.layer]} + k] = THETA[{slot.start} + k]"
            lines.append(f"    for (int k = threadIdx.x; k < {slot.stop - slot.start}; k += T) {one};")
    return lines


def _begun(net: Mlp, size: Room) -> list[str]:
    """A gradient of zeros, in shared memory and, of the coefficients, in the threads' own."""
    return [
        f"    number *gradient = u + {wide(size.uniforms[-1])}, *before = gradient + {size.weights[-1]};",
        f"    for (int k = threadIdx.x; k < {size.weights[-1]}; k += T) gradient[k] = 0;",
        *(f"    number s{k}[{max(len(unit.symbols), 1)}] = {{}};" for k, unit in enumerate(net.units)),
    ]


_EACH_TILE = [
    "    for (int first = blockIdx.x * R; first < samples; first += gridDim.x * R) {",
    "        const int valid = samples - first < R ? samples - first : R;",
    "        const long long n = member * samples + first, at = own ? n : first;",
]


def _ahead(net: Mlp, size: Room, *, keep: bool) -> list[str]:
    """x, then all layers with an activation."""
    lines = [f"        take<{net.widths[0]}>(X + at * {net.widths[0]}, h, valid);", "        __syncthreads();"]
    for k, unit in enumerate(net.units):
        z = f"before + {size.before[k]}" if keep else "h"
        called = f"layer<{_shape(net, k)}, {_classes(net)[unit]}, {'true' if keep else 'false'}>"
        lines.append(f"        {called}(w + {size.weights[k]}, u + {size.uniforms[k]}, h, {z});")
        lines.append("        __syncthreads();")
    return lines


def _behind(net: Mlp, size: Room) -> list[str]:
    """From what flows back to y to the gradient; what flows back to a z takes its place."""
    lines, g = ["        __syncthreads();"], "y"
    for k in range(len(net.units), -1, -1):
        way = "entries" if min(net.widths[k : k + 2]) < 4 else "products"
        lines.append(f"        {way}<{_shape(net, k)}>(gradient + {size.weights[k]}, h, {g});")
        if k > 0:
            z, u = f"before + {size.before[k - 1]}", f"u + {size.uniforms[k - 1]}"
            called = f"back<{_shape(net, k)}, {_classes(net)[net.units[k - 1]]}>"
            lines += [
                f"        {called}(w + {size.weights[k]}, {u}, {g}, {z}, valid, s{k - 1});",
                "        __syncthreads();",
                f"        {_restored(net, size, k - 1)}",
            ]
            g = z
        lines.append("        __syncthreads();")
    return lines


def _restored(net: Mlp, size: Room, k: int) -> str:
    """h_k once more, from what is kept of the layer below."""
    if k == 0:
        return f"take<{net.widths[0]}>(X + at * {net.widths[0]}, h, valid);"
    called = f"again<{net.widths[k]}, {_classes(net)[net.units[k - 1]]}>"
    return f"{called}(u + {size.uniforms[k - 1]}, before + {size.before[k - 1]}, h);"


def _given(net: Mlp, size: Room) -> list[str]:
    """The gradient of the block, as a flat vector."""
    lines = ["    __syncthreads();", "    PARTIAL += (member * gridDim.x + blockIdx.x) * P;"]
    for slot in net.slots:
        if slot.kind == "weights":
            shape = _shape(net, slot.layer)
            lines.append(f"    give<{shape}>(gradient + {size.weights[slot.layer]}, PARTIAL + {slot.start});")
        elif slot.kind == "coefficients":
            for j, total in enumerate(arithmetic.back(net.units[slot.layer], 0).sums):
                of = f"(number){total.scale!r} * s{slot.layer}[{j}]" if net.trainable else "(number)0"
                lines.append(f"    sum({of}, h, PARTIAL + {slot.start + j});")
    return lines
