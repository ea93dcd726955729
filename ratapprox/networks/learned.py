"""What a trained network says, beside what it was to learn, over the whole domain: for a picture."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ratapprox.networks.experiment import Experiment, prepared, resumed
from ratapprox.networks.problems import Problem, Recorded, Sampled, Tabulated, problem
from ratapprox.networks.propagation import predict
from ratapprox.networks.tying import Tie

__all__ = ["Learned", "drawable", "learned", "learned_there"]

LINE, PLANE = 801, 201


@dataclass(frozen=True, eq=False)
class Learned:
    """A function of one or two variables and a network's, on a grid.

    axes: the places, (N₁,) or (N₁,), (N₂,). exact, found: values (N₁,) or (N₁, N₂).
    """

    axes: tuple[Any, ...]
    exact: Any
    found: Any


def drawable(asked: Problem) -> None:
    """Raises ValueError for what is no function of one or two variables that is learned from examples."""
    if asked.kind != "regression" or asked.inputs > 2 or asked.outputs != 1:
        raise ValueError(
            f"{asked.name} is no function of one or two variables that is learned from its values: there is no picture"
        )


def learned(config: Mapping[str, Any], folder: str | Path, member: int = 0) -> Learned:
    """The network of an experiment that `kept` has trained into `folder`; member: which of its seeds.

    A training that has not ended goes on before. Raises ValueError as `drawable` does.
    """
    drawable(problem(config["problem"]))
    return _said(config, resumed(config, folder).parameters[member])


def learned_there(folder: str | Path, member: int = 0) -> Learned:
    """The network in a folder such as RUN/networks/rational-…, as it stands there: nothing is trained or written.

    member: which of the networks there. Raises ValueError as `drawable` does, and for a folder without a network.
    """
    try:
        config = json.loads(Path(folder, "configuration.json").read_bytes())["configuration"]
        with np.load(Path(folder, "state.npz"), allow_pickle=False) as state:
            lanes = sorted((name for name in state.files if name.endswith(".parameters")), key=_lane)
            parameters = np.concatenate([np.atleast_2d(state[name]) for name in lanes])
        theta = parameters[member]
    except (OSError, ValueError, LookupError, zipfile.BadZipFile) as error:
        raise ValueError(f"{folder} holds no network of ratapprox train: {error}") from error
    return _said(config, theta)


def _lane(name: str) -> int:
    return int(name.partition(".")[0])


def _said(config: Mapping[str, Any], parameters: Any) -> Learned:
    asked = problem(config["problem"])
    drawable(asked)
    x, y = _grid(asked)
    ready = prepared(Experiment.read(config))
    theta = np.asarray(parameters, dtype=np.float64)
    if config.get("sharing") == "network":
        theta = Tie(ready.net).spread(theta)
    found = predict(ready.net, theta, asked.domain.to_unit(x))
    axes = tuple(np.unique(column) for column in x.T)
    order, shape = np.lexsort(x.T[::-1]), tuple(len(axis) for axis in axes)
    return Learned(axes, y[order].reshape(shape), found[order].reshape(shape))


def _grid(asked: Problem) -> tuple[Any, Any]:
    """Points (N, d) of a whole grid with the values there, without noise."""
    if isinstance(asked, Tabulated):
        return asked.table()
    if isinstance(asked, Recorded):
        return asked.clean()
    assert isinstance(asked, Sampled)
    count = LINE if asked.inputs == 1 else PLANE
    lines = [np.linspace(*ends, count) for ends in zip(asked.domain.lower, asked.domain.upper, strict=True)]
    x = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, asked.inputs)
    return x, asked.exact(x)
