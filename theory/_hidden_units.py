"""What training does to hidden units: the drift of their means, and how many are dead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ratapprox.networks.evaluate import backward
from ratapprox.networks.experiment import Experiment, Prepared
from ratapprox.networks.propagation import forward

from ._paired import one_thread
from ._trials import trained

LEAST = 1e-300
"""What stands for a variance that float64 cannot tell from 0."""

TASK = Experiment("entire", "ralu", (0,), (16,) * 4, "adam", steps=300, samples=128, validation=256, rate=1e-2)


def _starting(value: float, ready: Prepared, _: int) -> None:
    for layer in ready.net.layers(ready.parameters)[:-1]:
        layer.coefficients[...] = value


def examined(ready: Prepared, parameters: Any) -> tuple[float, int, int, int]:
    """Over all hidden units, at symmetric inputs: √(mean of squared means/mean of variances); exact and nearly dead."""
    x = np.linspace(-1, 1, 201)[:, None]
    trace = forward(ready.net, parameters, x)
    shifts, spreads, dead, faint, count = [], [], 0, 0, 0
    for k, (each, layer) in enumerate(zip(ready.net.units, ready.net.layers(parameters), strict=False)):
        outputs, z = trace.inputs[k + 1], trace.before[k]
        slope, _ = backward(each, z, layer.coefficients, np.ones_like(z))
        most = np.abs(slope).max(axis=0)
        dead, faint, count = dead + int((most == 0).sum()), faint + int((most < 1e-3).sum()), count + len(most)
        shifts.append(outputs.mean(axis=0) ** 2)
        spreads.append(outputs.var(axis=0))
    drift = float(np.sqrt(np.mean(shifts) / max(np.mean(spreads), LEAST)))
    return drift, dead, faint, count


def observed(
    task: Experiment, names: Mapping[str, tuple[str, float | None]], seeds: int
) -> dict[str, dict[int, dict[str, Any]]]:
    """By name and seed: drift and counts before and after training, and the losses."""
    found: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in names}
    with one_thread():
        for seed in range(seeds):
            for name, (activation, start) in names.items():
                found[name][seed] = _observed(replace(task, activation=activation, seeds=(seed,)), start)
    return found


def _observed(experiment: Experiment, start: float | None) -> dict[str, Any]:
    ready, run = trained(experiment, None if start is None else partial(_starting, start))
    before, after = (examined(ready, p[0]) for p in (ready.parameters, run.parameters))
    return {
        "drift": (before[0], after[0]),
        "dead": (before[1], after[1]),
        "nearly_dead": (before[2], after[2]),
        "units": after[3],
        "error": run.validation[0],
    }


def setting(task: Experiment, seeds: int) -> str:
    widths = "-".join(map(str, task.hidden))
    return (
        f"{task.problem}, 1-{widths}-1, {task.samples} points, {task.steps} steps of Adam at {task.rate:g}, "
        f"Xavier's initialisation, {seeds} paired seeds"
    )


def observations(task: Experiment, found: Mapping[str, Mapping[int, Mapping[str, Any]]]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        values: Sequence[Any] = value if isinstance(value, tuple) else (value,)
        rounded = [v if isinstance(v, int) else float(f"{v:.4g}") if np.isfinite(v) else None for v in values]
        return rounded if isinstance(value, tuple) else rounded[0]

    return {
        "task": {key: value for key, value in task.document().items() if key not in ("activation", "seeds")},
        "seeds": sorted(next(iter(found.values()))),
        "found": {
            name: {str(seed): {k: plain(v) for k, v in one.items()} for seed, one in each.items()}
            for name, each in found.items()
        },
    }
