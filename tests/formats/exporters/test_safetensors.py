"""The safetensors file holds the coefficients as a state that the exported PyTorch module loads, with metadata."""

import json
import subprocess
import sys

import numpy as np
import pytest

import ratapprox
from ratapprox import Rational
from ratapprox.formats.exporters import export
from tests.formats.exporters.frameworks import load, origin, text

safetensors = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")


def test_coefficients_and_their_meaning_are_read_back(tmp_path):
    path = tmp_path / "relu.safetensors"
    for dtype in ("float32", "float64", "float16"):
        of = origin("relu", "safetensors", dtype=dtype)
        path.write_bytes(export(of, "safetensors"))
        state = safetensors.load_file(path)
        assert {name: array.dtype.name for name, array in state.items()} == {"numerator": dtype, "denominator": dtype}
        assert tuple(state["numerator"].tolist()) == of.coefficients().p
        assert (1.0, *state["denominator"].tolist()) == of.coefficients().q
        size = int.from_bytes(path.read_bytes()[:8], "little")
        metadata = json.loads(path.read_bytes()[8 : 8 + size])["__metadata__"]
        assert (metadata["order"], metadata["type"], metadata["target"]) == ("ascending", "[3, 2]", "relu")
        assert metadata["interval"] == '["-1", "1"]'
        assert f"{dtype}: |computed - r| <=" in metadata["notes"]


def test_an_exported_torch_module_loads_it():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    bytes_ = text("relu", "safetensors")
    state = {name: torch.from_numpy(array.copy()) for name, array in safetensors.load(bytes_).items()}
    for options, trainable in (({"denominator": "plain"}, True), ({}, False)):
        module = load("loads_a_state", text("relu", "torch", **options))
        layer = module.RationalRelu32(trainable=trainable)
        before = layer(torch.linspace(-1, 1, 9))
        with torch.no_grad():
            for tensor in layer.state_dict().values():
                tensor.zero_()
        layer.load_state_dict(state)
        assert torch.equal(layer(torch.linspace(-1, 1, 9)), before)


def test_it_is_written_without_torch_and_a_missing_package_is_named(tmp_path):
    ratapprox.write_card(ratapprox.fit("relu", type=(3, 2), on=(-1, 1)), tmp_path / "card.json")
    code = """
import sys
from ratapprox.cli import main
for name in {hidden!r}: sys.modules[name] = None
main(["export", "card.json", "--to", "safetensors", "-o", "out.safetensors"])
"""

    def outcome(*hidden):
        words = [sys.executable, "-c", code.format(hidden=hidden)]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=250)

    without_torch = outcome("torch")
    assert without_torch.returncode == 0, without_torch.stderr
    assert np.float32(safetensors.load_file(tmp_path / "out.safetensors")["numerator"][1]) == np.float32(0.5)
    missing = outcome("safetensors.numpy", "safetensors")
    assert missing.returncode == 5
    assert "pip install safetensors" in missing.stderr


def test_what_has_no_state_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="pole at 0"):
        export(Rational([1], [0, 1]), "safetensors")
