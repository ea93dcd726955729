"""The arithmetic of one element as a function in C, which is CUDA too, and the CUDA kernels around it."""

from __future__ import annotations

import math

import numpy as np

from ratapprox.networks.kernels.arithmetic import Arithmetic
from ratapprox.networks.kernels.scalar import FUNCTIONS, Language, write

__all__ = ["COLUMNS", "DEPTH", "ROWS", "TOTAL_THREADS", "cuda", "element"]

COLUMNS, ROWS = 32, 8  # threads of a block: neighbours in memory, and rows that they walk through
DEPTH = 8  # rows that a thread asks the memory for before it computes: one at a time would leave it waiting
TOTAL_THREADS = 128  # of the second stage of a sum


def _language(dtype: str) -> Language:
    suffix = "f" if dtype == "float32" else ""

    def number(value: float) -> str:
        if math.isnan(value):
            return f'nan{suffix}("")'
        rounded = np.dtype(dtype).type(value)
        text = f"{rounded!s}{suffix}" if np.isfinite(rounded) else f"{'-' if value < 0 else ''}HUGE_VAL{suffix.upper()}"
        return f"({text})" if text.startswith("-") else text

    names = {name: name + suffix for name in FUNCTIONS}
    return Language(number, lambda condition, a, b: f"({condition} ? {a} : {b})", {**names, "abs": f"fabs{suffix}"})


def c_type(dtype: str) -> str:
    return {"float32": "float", "float64": "double"}[dtype]


def element(arithmetic: Arithmetic, dtype: str, head: str = "static inline") -> str:
    """The function `element(inputs..., *outputs..., *sums...)`; each sum is still to be multiplied by its scale.

    >>> from ratapprox.networks.kernels.arithmetic import back
    >>> from ratapprox.networks.units import unit
    >>> print(element(back(unit("tanh"), 0), "float32"))
    static inline void element(const float x, const float g0, float *o0)
    {
        const float t2 = tanhf(x);
        const float t4 = t2 * t2;
        const float t5 = 1.0f - t4;
        const float t6 = g0 * t5;
        *o0 = t6;
    }
    """
    kind, written = c_type(dtype), write(arithmetic, _language(dtype))
    filled = [*(f"o{j}" for j in range(len(written.outputs))), *(f"s{j}" for j in range(len(written.sums)))]
    given = [*(f"const {kind} {name}" for name in arithmetic.inputs), *(f"{kind} *{name}" for name in filled)]
    return "\n".join(
        [
            f"{head} void element({', '.join(given)})",
            "{",
            *(f"    const {kind} {name} = {value};" for name, value in (*written.once, *written.each)),
            *(f"    *{name} = {v};" for name, v in zip(filled, (*written.outputs, *written.sums), strict=True)),
            "}",
        ]
    )


def cuda(arithmetic: Arithmetic, dtype: str) -> str:
    """The kernels `run` and, where there are sums, `total`.

    `run` works on blocks of 32 x 8 threads in a grid (column tiles, row blocks, members). Each member is `length`
    numbers in rows of `width`; a thread keeps to one column, so that its coefficients stay in registers, and walks
    through rows; neighbouring threads read neighbouring numbers. Its sums go to `partial` (members, sums, row blocks,
    width) in a fixed order: over the rows of the thread, then over the threads of the block. `total` adds partial up,
    again in a fixed order, so that equal calls give equal bits.
    """
    kind = c_type(dtype)
    us = [name for name in arithmetic.inputs if name.startswith("u")]
    read = [name for name in arithmetic.inputs if not name.startswith("u")]
    filled = [f"o{j}" for j in range(len(arithmetic.outputs))]
    sums = [f"s{j}" for j in range(len(arithmetic.sums))]
    given = [
        "const long long length", "const int width", "const int groups",
        *(f"const {kind} *__restrict__ {name.upper()}" for name in (read[0], "u", *read[1:])),
        *(f"{kind} *__restrict__ {name.upper()}" for name in filled), "double *__restrict__ partial",
    ]  # fmt: skip
    unrolled = f"_Pragma(\"unroll\") for (int k = 0; k < {DEPTH}; ++k)"

    def one(k: str, at: str) -> list[str]:
        """What is done for an element."""
        inputs = [name if name in us else name + k for name in arithmetic.inputs]
        passed = [*inputs, *(f"&{name}" for name in (*filled, *(f"a{name}" for name in sums)))]
        return [
            *(f"            {kind} {', '.join(names)};" for names in (filled, [f"a{s}" for s in sums]) if names),
            f"            element({', '.join(passed)});",
            *(f"            {name.upper()}[{at}] = {name};" for name in filled),
            *(f"            {name} += a{name};" for name in sums),
        ]

    lines = [
        element(arithmetic, dtype, "static __device__ __forceinline__"),
        "",
        f'extern "C" __global__ void run({", ".join(given)})',
        "{",
        f"    const int column = blockIdx.x * {COLUMNS} + threadIdx.x;",
        "    const long long member = blockIdx.z;",
        *(f"    {name.upper()} += member * length;" for name in (*read, *filled)),
        *(["    const int group = groups == 1 ? 0 : column / (width / groups);"] if us else []),
        *(f"    {kind} {name} = 0;" for name in sums),
        "    if (column < width) {",
        *(f"        const {kind} {u} = U[(member * {len(us)} + {j}) * groups + group];" for j, u in enumerate(us)),
        f"        const long long step = (long long)gridDim.y * {ROWS} * width;",
        f"        long long at = ((long long)blockIdx.y * {ROWS} + threadIdx.y) * width + column;",
        f"        for (; at + {DEPTH - 1} * step < length; at += {DEPTH} * step) {{",
        f"            {kind} {', '.join(f'{name}[{DEPTH}]' for name in read)};",
        f"            {unrolled} {{",
        *(f"                {name}[k] = {name.upper()}[at + k * step];" for name in read),
        "            }",
        f"            {unrolled} {{",
        *("    " + line for line in one("[k]", "at + k * step")),
        "            }",
        "        }",
        "        for (; at < length; at += step) {",
        *(f"            const {kind} {name} = {name.upper()}[at];" for name in read),
        *one("", "at"),
        "        }",
        "    }",
        *_block_sums([total.scale for total in arithmetic.sums]),
        "}",
    ]
    return "\n".join([*lines, *(_TOTAL if sums else "").splitlines(), ""])


def _block_sums(scales: list[float]) -> list[str]:
    lines = [f"    __shared__ double rows[{ROWS}][{COLUMNS}];"] if scales else []
    for j, scale in enumerate(scales):
        lines += [
            f"    rows[threadIdx.y][threadIdx.x] = s{j};",
            "    __syncthreads();",
            "    if (threadIdx.y == 0 && column < width) {",
            "        double sum = 0;",
            f"        for (int row = 0; row < {ROWS}; ++row) sum += rows[row][threadIdx.x];",
            f"        const long long row = (member * {len(scales)} + {j}) * gridDim.y + blockIdx.y;",
            f"        partial[row * width + column] = {scale!r} * sum;",
            "    }",
            "    __syncthreads();",
        ]
    return lines


_TOTAL = f"""
extern "C" __global__ void total(
    const int blocks, const int width, const int groups, const double *partial, double *sums)
{{
    __shared__ double parts[{TOTAL_THREADS}];
    const long long which = blockIdx.y;
    const int group = blockIdx.x, wide = groups == 1 ? width : width / groups;
    double sum = 0;
    for (int k = threadIdx.x; k < blocks * wide; k += {TOTAL_THREADS})
        sum += partial[(which * blocks + k / wide) * width + group * wide + k % wide];
    parts[threadIdx.x] = sum;
    __syncthreads();
    for (int half = {TOTAL_THREADS // 2}; half > 0; half /= 2) {{
        if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
        __syncthreads();
    }}
    if (threadIdx.x == 0) sums[which * groups + group] = parts[0];
}}"""
