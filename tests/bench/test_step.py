"""What a training step costs, beside the frameworks, in one process and in turns.

    pytest tests/bench/test_step.py -m slow -s

Each case takes a minute or two, most of it compilation by torch. `steps.py` is the script that is run.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

# how many times as fast as each, in medians: what docs/benchmarks.md claims at least
TARGETS = {"torch.compile": 1.0, "torch eager": 2.5, "jax jit": 1.3}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("members", [1, 8])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_training_step_is_as_fast_as_the_frameworks(dtype, members):
    for module in ("torch", "jax", "numba"):
        pytest.importorskip(module)
    script = Path(__file__).with_name("steps.py")
    environment = os.environ | {"BENCH_SECONDS": os.environ.get("BENCH_SECONDS", "30")}
    command = [sys.executable, str(script), dtype, str(members), "1"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    # the same numbers, step after step: nobody computes less than the others
    for losses in found["losses"].values():
        np.testing.assert_allclose(losses, found["losses"]["ours"], rtol=1e-10 if dtype == "float64" else 1e-3)
    medians = {name: np.median(seconds) for name, seconds in found["seconds"].items()}
    ratios = {name: medians[name] / medians["ours"] for name in TARGETS}
    assert all(ratios[name] >= least for name, least in TARGETS.items()), ratios
