"""The states of a training as bytes, and back to the last bit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from math import isfinite, nan
from pathlib import Path
from typing import Any

import numpy as np

from ratapprox.networks.optimise.protocol import Optimiser, namespace
from ratapprox.networks.training import Lane, Record

__all__ = ["history", "line", "packed", "restored", "standing"]


def standing(lanes: Sequence[Lane]) -> str:
    return "the state after step " + ", ".join(map(str, sorted({lane.step for lane in lanes})))


def restored(lane: Lane, arrays: Mapping[str, Any], history: list[Record], optimiser: Optimiser) -> Lane:
    """The lane where it was, with the records up to its step: what comes later will come again."""
    prefix = f"{lane.number}."
    mine = {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
    if not mine:
        return lane
    step, seconds = int(mine.pop("lane step")), float(mine.pop("lane seconds"))
    records = tuple(record for record in history if record.lane == lane.number and record.step <= step)
    state = _unpacked(optimiser.State, mine, like=lane.objective)
    return replace(lane, state=state, step=step, seconds=seconds, records=records)


def packed(lanes: Sequence[Lane]) -> bytes:
    arrays: dict[str, Any] = {}
    for lane in lanes:
        arrays[f"{lane.number}.lane step"] = np.asarray(lane.step)
        arrays[f"{lane.number}.lane seconds"] = np.asarray(lane.seconds)
        for name, value in lane.state._asdict().items():
            if isinstance(value, tuple):
                for k, each in enumerate(value):
                    arrays[f"{lane.number}.{name}.{k}"] = _on_host(each)
            else:
                arrays[f"{lane.number}.{name}"] = _on_host(value)
    file = BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _on_host(array: Any) -> Any:
    return array if isinstance(array, np.ndarray) else array.get() if hasattr(array, "get") else np.asarray(array)


def _unpacked(kind: type[Any], arrays: dict[str, Any], like: Any) -> Any:
    """The state; its arrays on the device of the objective's samples."""
    device = namespace(like.x) if hasattr(like, "x") else np
    fields: dict[str, Any] = {}
    for name in kind._fields:
        if name in arrays:
            # numbers without axes (damping, counts) stay with the host
            fields[name] = device.asarray(arrays[name]) if arrays[name].ndim else arrays[name]
        else:
            parts = [key for key in arrays if key.startswith(f"{name}.")]
            fields[name] = tuple(device.asarray(arrays[f"{name}.{k}"]) for k in range(len(parts)))
    return kind(**fields)


def line(record: Record) -> bytes:
    document = record._asdict()
    for name in ("loss", "validation"):
        document[name] = [value if isfinite(value) else None for value in document[name]]
    return json.dumps(document, allow_nan=False).encode() + b"\n"


def history(path: Path) -> list[Record]:
    """The records; a line that is torn ends them."""
    found: list[Record] = []
    if not path.exists():
        return found
    for line in path.read_bytes().splitlines():
        try:
            document = json.loads(line)
            for name in ("loss", "validation"):
                document[name] = tuple(nan if value is None else float(value) for value in document[name])
            found.append(Record(**document))
        except (ValueError, TypeError, KeyError):
            break
    return found
