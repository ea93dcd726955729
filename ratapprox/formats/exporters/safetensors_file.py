"""The coefficients as a safetensors file that an exported module loads as its state."""

from __future__ import annotations

import json

import numpy as np

from ratapprox.formats.exporters.learnable import check_learnable
from ratapprox.formats.exporters.source import Source


def write(source: Source) -> bytes:
    """Tensors `numerator` [m + 1] and `denominator` [n], ascending; the denominator's first coefficient 1 is left out.

    The metadata, texts all, says so, and holds form, type, target, interval and the notes. Needs the package
    safetensors, and neither torch nor another framework.
    """
    from safetensors.numpy import save

    check_learnable(source, "a state of parameters")
    p, q = source.coefficients()
    state = {"numerator": np.array(p, source.dtype), "denominator": np.array(q[1:], source.dtype)}
    metadata = {
        "schema": "ratapprox/safetensors/1",
        "name": source.name,
        "form": "p(x)/q(x), p by numerator, q by 1 and denominator",
        "order": "ascending",
        "type": json.dumps(list(source.type)),
        "notes": "\n".join(source.notes),
    }
    if source.target is not None:
        metadata["target"] = source.target
    if source.on is not None:
        metadata["interval"] = json.dumps([str(end) for end in source.on])
    return _ordered(save(state, metadata))


def _ordered(file: bytes) -> bytes:
    """The same file with the fields of its header in alphabetical order: `save` has them in another one each time.

    The header is JSON, after its length in 8 bytes, filled up with spaces to a multiple of 8.
    """
    end = 8 + int.from_bytes(file[:8], "little")
    header = json.dumps(json.loads(file[8:end]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + file[end:]
