"""Coefficients out: a rational function written for a language, a framework or a file format.

Each format is one module with one public function, `write(source, **options) -> str | bytes`. It is handed a frozen
`Source`, whose `coefficients(dtype)` are rounded and checked and whose `notes` are one-line sentences in ASCII for the
reader, and returns the whole file. The same source and options give the same bytes.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from ratapprox.formats.card import Card
from ratapprox.formats.exporters.pieces import PieceSource, function_of, piece_source
from ratapprox.formats.exporters.source import FORMS, Source, source
from ratapprox.formats.piece_card import PieceCard
from ratapprox.forms import Form
from ratapprox.number_formats import FixedPoint, number_format
from ratapprox.piecewise import Piecewise
from ratapprox.rational import Rational

__all__ = ["FORMATS", "Format", "PieceSource", "Source", "export", "format_of", "source", "source_of"]

FLOATS = ("float32", "float64")
ALL_FLOATS = ("float32", "float64", "float16", "bfloat16")


@dataclass(frozen=True)
class Format:
    """An entry of the registry.

    module: where `write` is, below this package. says: one sentence. suffix: of the file's name. dtypes: the number
    formats that it can be written for, "q" any fixed point, none where the coefficients stay as they are; default:
    those written when none is asked for, main one first. options: keyword options of `write`, each with a sentence;
    they are text, numbers or True. forms: in which a program is written. pieces: the module whose `write` takes
    functions of several pieces, none where they are not written; piece_options: the options that it takes too.
    """

    name: str
    module: str
    says: str
    suffix: str
    dtypes: tuple[str, ...] = FLOATS
    default: tuple[str, ...] = ("float64",)
    options: Mapping[str, str] = field(default_factory=dict)
    forms: tuple[str, ...] = FORMS
    pieces: str = ""
    piece_options: tuple[str, ...] = ()

    def computed(self, form: str | None) -> str:
        """The form to write: the one asked for, if it is possible, or "horner".

        >>> format_of("latex").computed("reciprocal")
        Traceback (most recent call last):
        ValueError: latex has no form 'reciprocal': leave it out, or export to one of numpy, c, cuda, ...
        """
        if form is not None and form in FORMS and form not in self.forms:
            able = ", ".join(each.name for each in FORMATS.values() if form in each.forms)
            raise ValueError(f"{self.name} has no form {form!r}: leave it out, or export to one of {able}")
        return form or "horner"

    def chosen(self, dtype: str | None) -> tuple[str, ...]:
        """The number formats to write: the one asked for, if it is possible, or the default.

        >>> format_of("numpy").chosen(None)
        ('float64',)
        >>> format_of("numpy").chosen("bfloat16")
        Traceback (most recent call last):
        ValueError: numpy is not written in bfloat16: choose one of float64, float32, float16
        """
        if dtype is None:
            return self.default
        if not self.dtypes:
            raise ValueError(f"{self.name} keeps the coefficients as they are: it is written in no dtype")
        asked = number_format(dtype)
        if not (asked.name in self.dtypes or ("q" in self.dtypes and isinstance(asked, FixedPoint))):
            known = ", ".join("fixed point such as q4.12" if name == "q" else name for name in self.dtypes)
            raise ValueError(f"{self.name} is not written in {asked.name}: choose one of {known}")
        return (asked.name,)

    def for_pieces(self, count: int) -> str:
        """The module that writes functions of several pieces; ValueError names those formats that do."""
        if not self.pieces:
            able = ", ".join(each.name for each in FORMATS.values() if each.pieces)
            raise ValueError(f"the function has {count} pieces, and {self.name} writes one p/q: export to {able}")
        return self.pieces

    def write(self, what: Source | PieceSource, options: Mapping[str, Any]) -> str | bytes:
        """The whole file. Raises ValueError for an option that the format does not take, and for a function of several
        pieces where only one is written."""
        for name in options:
            if name not in self.options:
                known = ", ".join(self.options) or "none"
                others = [each.name for each in FORMATS.values() if name in each.options]
                where = f"; {name} is one of {', '.join(others)}" if others else ""
                raise ValueError(f"{self.name} has no option {name[:40]!r}: its options are {known}{where}")
        module = self.module
        if isinstance(what, PieceSource):
            module = self.for_pieces(len(what.sources))
            if left := [name for name in options if name not in self.piece_options]:
                raise ValueError(
                    f"{self.name} writes a function of several pieces with fixed coefficients: leave out"
                    f" {', '.join(left)}"
                )
        found: str | bytes = import_module(f"{__name__}.{module}").write(what, **options)
        return found


_FORMATS = (
    Format(
        "numpy", "numpy_function", "Python function of a number or an array, and its derivative; needs NumPy", ".py",
        ("float64", "float32", "float16"),
        pieces="numpy_pieces",
    ),
    Format("c", "c_header", "C99 and C++ header: the function and its derivative", ".h", default=FLOATS,
           pieces="c_header"),
    Format(
        "cuda", "cuda_header", "CUDA header: device functions and their derivatives", ".cuh", default=FLOATS,
        options={"rounded": "use __fmul_rn and the like, which are never contracted to fma"}, pieces="cuda_header",
        piece_options=("rounded",),
    ),
    Format("julia", "julia_module", "Julia file: methods for Float32 and Float64", ".jl", default=FLOATS),
    Format("matlab", "matlab_function", "MATLAB and Octave function of an array", ".m", default=FLOATS),
    Format(
        "latex", "latex_formula", "LaTeX formula with the coefficients", ".tex", (), (),
        {"digits": "significant digits of a coefficient, 6 by default, or 'exact'"},
        forms=("horner",),
    ),
    Format(
        "json", "json_card", "the card itself, or a card for a bare rational function", ".json", (), (),
        {"target": "of a bare function: what it approximates, itself by default where it is one rational",
         "on": "of a bare function: the interval, 'A,B', '-1,1' by default"},
        forms=("horner",), pieces="json_pieces", piece_options=("target", "on"),
    ),
    Format(
        "torch", "torch_module", "PyTorch module with trained or fixed coefficients, and its function", ".py",
        default=FLOATS,
        options={
            "denominator": "'safe', the default: q stays positive whatever is learned; or 'plain'",
            "guard": "also swap the activations of a network, and watch for poles while it trains",
        },
        pieces="torch_pieces",
    ),
    Format(
        "jax", "jax_function", "JAX function, its coefficients as a dictionary or in a Flax or Equinox module", ".py",
        default=FLOATS,
        options={
            "framework": "'plain', the default, 'flax' (nnx) or 'equinox'",
            "denominator": "'safe', the default: q stays positive whatever is learned; or 'plain'",
        },
        pieces="jax_pieces",
    ),
    Format(
        "keras", "keras_layer", "Keras 3 layer for every backend, which saved models keep", ".py", default=FLOATS,
        options={"denominator": "'safe', the default: q stays positive whatever is learned; or 'plain'"},
    ),
    Format(
        "onnx", "onnx_model", "ONNX model of the function, opset 17; needs onnx", ".onnx",
        ("float32", "float64", "float16"), ("float32",),
        {
            "function": "one node that calls a function of the model, instead of plain nodes",
            "rank": "number of dimensions of x, each of any size, 2 by default",
        },
        pieces="onnx_model", piece_options=("function", "rank"),
    ),
    Format(
        "safetensors", "safetensors_file", "coefficients as a state with metadata; needs safetensors", ".safetensors",
        ("float32", "float64", "float16"), ("float32",),
        forms=("horner",),
    ),
    Format(
        "triton", "triton_kernels", "Triton kernels, forward and backward, with their PyTorch function", ".py",
        ("float32",), ("float32",),
    ),
    Format(
        "fixed", "fixed_point", "fixed-point C header for a Q format, with its largest error and golden vectors", ".h",
        ("q",), ("q4.12",), {"vectors": "number of golden vectors in the file, 16 by default"},
        forms=("horner",),
    ),
)  # fmt: skip

FORMATS: Mapping[str, Format] = {entry.name: entry for entry in _FORMATS}


def format_of(name: object) -> Format:
    """The format of that name; ValueError lists them all where there is none such.

    >>> format_of("numpi")
    Traceback (most recent call last):
    ValueError: there is no export format 'numpi' (did you mean 'numpy'?). Known are ...
    """
    if not isinstance(name, str) or name not in FORMATS:
        shown = name[:40] if isinstance(name, str) else name
        raise ValueError(f"there is no export format {shown!r}{_nearest(str(name))}. Known are {', '.join(FORMATS)}")
    return FORMATS[name]


def export(
    what: Source | PieceSource | Card | PieceCard | Rational | Piecewise | Form,
    to: str,
    *,
    name: str | None = None,
    dtype: str | None = None,
    form: str | None = None,
    **options: Any,
) -> str | bytes:
    """Write a card, a rational function or a ready `Source` in the format `to`.

    name, dtype, form: see `Source`; a ready source has them already. `ratapprox.export` does the same and proves what
    the notes say.

    >>> "def r_1_0(x):" in export(Rational([0, 1]), "numpy")
    True
    """
    entry = format_of(to)
    if not isinstance(what, Source | PieceSource):
        what = what.function() if isinstance(what, Form) else what
        if isinstance(what, Piecewise | PieceCard):
            entry.for_pieces(len(function_of(what).pieces))
        what = source_of(what, name=name, dtypes=entry.chosen(dtype), form=entry.computed(form))
    elif (name, dtype, form) != (None, None, None):
        raise ValueError("name, dtype and form are in the source already")
    return entry.write(what, options)


def source_of(
    what: Card | PieceCard | Rational | Piecewise, *, name: str | None, dtypes: tuple[str, ...], form: str
) -> Source | PieceSource:
    """The source of one rational function, or of several pieces."""
    if isinstance(what, Piecewise | PieceCard):
        return piece_source(what, name=name, dtypes=dtypes, form=form)
    return source(what, name=name, dtypes=dtypes, form=form)


def _nearest(word: str) -> str:
    found = difflib.get_close_matches(word[:80].lower(), list(FORMATS), n=1, cutoff=0.6)
    return f" (did you mean {found[0]!r}?)" if found else ""
