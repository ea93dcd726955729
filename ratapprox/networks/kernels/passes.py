"""Whole passes through a network as two CUDA kernels: a block takes tile after tile of samples through all layers.

A tile never leaves the shared memory, where arrays lie with samples along the rows, h_k with a last row of 1; so weights
and biases, neighbours in the flat vector, are one matrix W_k (d_k + 1, d_{k+1}), z = Wᵀ[h; 1], and [h; 1] gᵀ is the
gradient of both. The way back goes forward first and keeps all z: they are fewer than all h and z, and what flows back
to a z takes its place. `layers` has the functions that are called here with the numbers of one network.
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

__all__ = ["SAMPLES", "THREADS", "Room", "cuda", "room"]

SAMPLES = 32  # of a tile
THREADS = {"float32": 128, "float64": 256}  # of a block: as many as 50 columns of 32 samples keep busy
_NEIGHBOURS = {"float32": 4, "float64": 2}  # numbers in the 16 bytes that a thread reads at once


@dataclass(frozen=True)
class Room:
    """What a block keeps in shared memory, in numbers: all W, two h, all u; on the way back the gradients and all z."""

    widths: tuple[int, ...]
    coefficients: tuple[int, ...]
    row: int

    @cached_property
    def weights(self) -> list[int]:
        """Where each W lies, then where they end; their gradients lie alike."""
        return _starts(tall(inner) * wide(outer) for inner, outer in pairwise(self.widths))

    @cached_property
    def before(self) -> list[int]:
        """Where the z of each layer with an activation lies, then where they end."""
        return _starts(wide(width) * self.row for width in self.widths[1:-1])

    @cached_property
    def uniforms(self) -> list[int]:
        """Where the coefficients of each layer lie, then where they end."""
        return _starts(self.coefficients)

    @cached_property
    def inputs(self) -> int:
        """The largest h, and what flows back from the outputs."""
        return max(*(tall(width) for width in self.widths[:-1]), wide(self.widths[-1])) * self.row

    @property
    def forward(self) -> int:
        return self.weights[-1] + 2 * self.inputs + wide(self.uniforms[-1])

    @property
    def backward(self) -> int:
        return self.forward + self.weights[-1] + self.before[-1]


def room(net: Mlp, dtype: str) -> Room:
    """The shared memory that a block needs.

    >>> from ratapprox.networks.mlp import Mlp
    >>> from ratapprox.networks.units import unit
    >>> 4 * room(Mlp((2, 50, 50, 50, 50, 1), unit("rational")), "float32").backward
    113376
    """
    return Room(net.widths, tuple(len(u.symbols) for u in net.units), SAMPLES + _NEIGHBOURS[dtype])


def cuda(net: Mlp, dtype: str) -> str:
    """The kernels `forward`, `backward` and `total` of a network whose neurons share coefficients in each layer.

    forward(samples, own, X, THETA, Y): own is 1 where each member has samples of its own, else 0. backward(samples,
    own, X, THETA, DY, PARTIAL): for each block of each member a gradient, which `total` adds up. Both work in a grid
    (blocks, members); a block takes every gridDim.x-th tile, so that equal calls give equal bits.
    """
    constants = {"R": SAMPLES, "T": THREADS[dtype], "V": _NEIGHBOURS[dtype], "P": net.size}
    constants["S"] = constants["R"] + constants["V"]
    classes = _classes(net)
    return "\n".join(
        [
            f"typedef {c_type(dtype)} number;",
            f"enum {{ {', '.join(f'{name} = {value}' for name, value in constants.items())} }};",
            *(_unit(unit, name, dtype) for unit, name in classes.items()),
            LAYERS,
            *_forward(net, room(net, dtype)),
            "",
            *_backward(net, room(net, dtype)),
            TOTAL,
        ]
    )


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


# -- the two kernels ---------------------------------------------------------------------------------------------------


def _forward(net: Mlp, size: Room) -> list[str]:
    last = len(net.units)
    return [
        'extern "C" __global__ void __launch_bounds__(T) forward(',
        "    const int samples, const int own, const number *__restrict__ X, const number *__restrict__ THETA, number *Y)",
        "{",
        *_shared(size),
        *_fetched(net, size),
        *_TILES,
        *_ahead(net, size, keep=False),
        f"        outputs<{_shape(net, last)}>(w + {size.weights[last]}, {_side(last)}, Y + n * {net.widths[-1]}, valid);",
        "        __syncthreads();",
        "    }",
        "}",
    ]


def _backward(net: Mlp, size: Room) -> list[str]:
    last = len(net.units)
    h, g = _side(last), _side(last + 1)
    lines = [
        'extern "C" __global__ void __launch_bounds__(T) backward(',
        "    const int samples, const int own, const number *__restrict__ X, const number *__restrict__ THETA,",
        "    const number *__restrict__ DY, number *PARTIAL)",
        "{",
        *_shared(size),
        f"    number *gradient = u + {wide(size.uniforms[-1])}, *before = gradient + {size.weights[-1]};",
        f"    for (int k = threadIdx.x; k < {size.weights[-1]}; k += T) gradient[k] = 0;",
        *(f"    number s{k}[{max(len(unit.symbols), 1)}] = {{}};" for k, unit in enumerate(net.units)),
        *_fetched(net, size),
        *_TILES,
        *_ahead(net, size, keep=True),
        f"        flows<{net.widths[-1]}>(DY + n * {net.widths[-1]}, {g}, valid);",
        "        __syncthreads();",
    ]
    for k in range(last, -1, -1):
        few = min(net.widths[k : k + 2]) < 4
        lines.append(f"        {'entries' if few else 'products'}<{_shape(net, k)}>(gradient + {size.weights[k]}, {h}, {g});")
        if k > 0:
            z, u = f"before + {size.before[k - 1]}", f"u + {size.uniforms[k - 1]}"
            called = f"back<{_shape(net, k)}, {_classes(net)[net.units[k - 1]]}>"
            lines += [
                f"        {called}(w + {size.weights[k]}, {u}, {g}, {z}, valid, s{k - 1});",
                "        __syncthreads();",
                f"        {_restored(net, size, k - 1, h)}",
            ]
            g = z
        lines.append("        __syncthreads();")
    return [*lines, "    }", *_given(net, size), "}"]


def _shape(net: Mlp, k: int) -> str:
    return f"{net.widths[k]}, {net.widths[k + 1]}"


def _side(k: int) -> str:
    """Where h_k lies on the way forward: two places take turns."""
    return ("here", "there")[k % 2]


def _shared(size: Room) -> list[str]:
    return [
        "    extern __shared__ Four memory[];",
        "    number *w = (number *)memory;",
        f"    number *here = w + {size.weights[-1]}, *there = here + {size.inputs}, *u = there + {size.inputs};",
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


_TILES = [
    "    for (int first = blockIdx.x * R; first < samples; first += gridDim.x * R) {",
    "        const int valid = samples - first < R ? samples - first : R;",
    "        const long long n = member * samples + first, at = own ? n : first;",
]


def _ahead(net: Mlp, size: Room, *, keep: bool) -> list[str]:
    """x, then all layers with an activation; each may read what the one before it wrote."""
    lines = [f"        take<{net.widths[0]}>(X + at * {net.widths[0]}, here, valid);", "        __syncthreads();"]
    for k, unit in enumerate(net.units):
        z = f"before + {size.before[k]}" if keep else "here"
        called = f"layer<{_shape(net, k)}, {_classes(net)[unit]}, {'true' if keep else 'false'}>"
        where = f"w + {size.weights[k]}, u + {size.uniforms[k]}, {_side(k)}, {z}, {_side(k + 1)}"
        lines += [f"        {called}({where});", "        __syncthreads();"]
    return lines


def _restored(net: Mlp, size: Room, k: int, h: str) -> str:
    """h_k once more, from what is kept of the layer below."""
    if k == 0:
        return f"take<{net.widths[0]}>(X + at * {net.widths[0]}, {h}, valid);"
    called = f"again<{net.widths[k]}, {_classes(net)[net.units[k - 1]]}>"
    return f"{called}(u + {size.uniforms[k - 1]}, before + {size.before[k - 1]}, {h});"


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
                lines.append(f"    sum({of}, here, PARTIAL + {slot.start + j});")
    return lines
