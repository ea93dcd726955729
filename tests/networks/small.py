"""A training that takes milliseconds: sin 3x on [-1, 1] by a 1-6-6-1 network, three seeds."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from ratapprox.networks.mlp import Mlp
from ratapprox.networks.objective import regression
from ratapprox.networks.optimise import Adam, Cosine, GaussNewton, Lbfgs, LevenbergMarquardt, VariableProjection
from ratapprox.networks.propagation import predict
from ratapprox.networks.runs import RunFolder
from ratapprox.networks.training import train
from ratapprox.networks.units import unit

NET = Mlp((1, 6, 6, 1), unit("tanh"))
X = np.linspace(-1, 1, 40)[:, None]
OPTIMISERS = {
    "adam": Adam(Cosine(1e-2, 300)),
    "lbfgs": Lbfgs(memory=7),
    "lm": LevenbergMarquardt(),
    "lm-dual": LevenbergMarquardt(dual=True),
    "gauss-newton": GaussNewton(),
    "variable-projection": VariableProjection(7, ridge=1e-10),
}


def objective():
    return regression(NET, X, np.sin(3 * X))


def parameters(members=3):
    return np.stack([np.random.default_rng([7, e]).normal(size=NET.size) for e in range(members)])


def validate(theta, member):
    x = np.linspace(-1, 1, 33)[:, None]
    return float(((predict(NET, theta, x) - np.sin(3 * x)) ** 2).mean())


def trained(method, folder=None, steps=40, resume=False, every=0.0, watch=None):
    def run(keeper=None):
        return train(
            objective(), parameters(), OPTIMISERS[method], steps=steps, validate=validate, keeper=keeper, watch=watch
        )

    if folder is None:
        return run()
    with RunFolder.open(folder, {"optimiser": method, "steps": steps}, resume=resume) as keeper:
        keeper.every = every
        return run(keeper)


if __name__ == "__main__":
    # method, folder: train until killed, saying how far it is
    trained(sys.argv[1], Path(sys.argv[2]), watch=lambda p: print(p.step, flush=True))  # noqa: T201
