"""The exported ONNX model is valid, and computes the bits of the analysed programs in two runtimes."""

import numpy as np
import pytest

from ratapprox import Rational
from ratapprox.formats.exporters import export
from tests.formats.exporters import reference
from tests.formats.exporters.frameworks import FITS, origin, text

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
evaluator = pytest.importorskip("onnx.reference", reason="onnx is not installed")


def session(model, optimised):
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    options = runtime.SessionOptions()
    levels = runtime.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
    return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run(found, x):
    return found.run(None, {"x": x})[0]


@pytest.mark.parametrize("function", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_two_runtimes_give_the_bits_of_the_analysed_programs(dtype, function):
    for of in reference.sources(dtype):
        model = export(of, "onnx", function=function, rank=1)
        onnx.checker.check_model(model, full_check=True)
        x = reference.grid(of, dtype)
        expected = reference.value(of, dtype, x)
        with np.errstate(all="ignore"):
            y = run(evaluator.ReferenceEvaluator(onnx.load_from_string(model)), x)
        reference.assert_same_bits(y, expected, x, of.name)
        # onnxruntime's Where adds its branches, so that -0 becomes 0; optimised, it makes t/Q of (1/Q) t.
        fused = of.form == "reciprocal" and not any(of.coefficients().p[1:]) and of.coefficients().p[0] == 1
        for optimised in (False,) if fused else (False, True):
            with np.errstate(all="ignore"):
                reference.assert_same_bits(run(session(model, optimised), x) + 0, expected + 0, x, of.name)


def test_float16_is_bit_identical_where_every_node_is_rounded():
    for of in reference.sources("float16"):
        model = export(of, "onnx", rank=1)
        onnx.checker.check_model(model, full_check=True)
        x = reference.grid(of, "float16")
        expected = reference.value(of, "float16", x)
        with np.errstate(all="ignore"):
            y = run(evaluator.ReferenceEvaluator(onnx.load_from_string(model)), x)
        reference.assert_same_bits(y, expected.astype(np.float16), x, of.name)


def test_the_shape_is_free_and_the_notes_travel_with_the_model():
    model = text("relu", "onnx")
    loaded = onnx.load_from_string(model)
    assert (loaded.opset_import[0].version, loaded.ir_version) == (17, 8)
    assert "proved: max of |f - r| on [-1, 1] <= 0.02185" in loaded.graph.doc_string
    for shape in ((), (3,), (2, 0), (5, 7), (2, 3, 4)):
        x = np.full(shape, 0.5, np.float32)
        y = run(session(model if len(shape) == 2 else text("relu", "onnx", rank=str(len(shape))), True), x)
        assert y.shape == shape
        np.testing.assert_array_equal(y, reference.value(origin("relu", "onnx"), "float32", x.ravel()).reshape(shape))
    assert text("relu", "onnx") == export(origin("relu", "onnx"), "onnx")


def test_a_function_is_one_node_of_the_graph():
    loaded = onnx.load_from_string(text("relu", "onnx", function="true"))
    assert [(node.op_type, node.domain) for node in loaded.graph.node] == [("relu_3_2", "ratapprox")]
    assert len(loaded.functions) == 1
    assert len(onnx.load_from_string(text("relu", "onnx")).graph.node) < 40
    assert set(FITS) > {"relu"}


def test_what_cannot_be_written_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="onnx is not written in bfloat16: choose one of float32, float64, float16"):
        export(Rational([0, 1]), "onnx", dtype="bfloat16")
    with pytest.raises(ValueError, match="rank='many': the number of dimensions"):
        export(Rational([0, 1]), "onnx", rank="many")
    with pytest.raises(ValueError, match="function='2': write function=true"):
        export(Rational([0, 1]), "onnx", function=2)
