"""Functions for sweeps: at the top level of a module, so that other processes find them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from ratapprox.networks.backend import DeviceError


def square(config):
    if config["n"] == 13:
        raise ArithmeticError("13 brings bad luck")
    return {"square": config["n"] ** 2, "process": os.getpid()}


def counted(config, folder):
    """The square, and a file for each call."""
    Path(folder, f"{config['n']}-{time.monotonic_ns()}").touch()
    return {"square": config["n"] ** 2}


def threads(config):
    import numpy  # noqa: F401  (loads the library whose threads are counted)
    from threadpoolctl import threadpool_info

    return {"threads": [pool["num_threads"] for pool in threadpool_info()]}


def environment(config):
    return {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}


def not_json(config):
    return {"value": float("nan")} if config["n"] else [1]


def deadly(config, folder):
    """The worker that computes n = 3 first is killed; the second time it succeeds."""
    time.sleep(0.05)
    if config["n"] == 3:
        try:
            Path(folder, "killed").touch(exist_ok=False)
        except FileExistsError:
            return {"square": 9}
        os.kill(os.getpid(), signal.SIGKILL)
    return {"square": config["n"] ** 2}


def interrupted(config):
    if config["n"] == 2:
        raise KeyboardInterrupt
    return {"square": config["n"] ** 2}


def always_deadly(config):
    """Whatever process computes n = 3 is killed."""
    if config["n"] == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"square": config["n"] ** 2}


def without_device(config):
    if config["n"] == 3:
        raise DeviceError("the GPU failed after step 7 (it is gone): nothing is kept")
    return {"square": config["n"] ** 2}
