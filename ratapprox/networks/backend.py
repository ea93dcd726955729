"""Where arrays live: in memory with NumPy, or on a GPU with CuPy. The only module that imports CuPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

__all__ = ["Backend", "DeviceError", "array_namespace", "backend", "compiled", "device_fault", "shared_bytes"]


class DeviceError(RuntimeError):
    """The GPU has failed while it was at work; the message says what is kept."""


@dataclass(frozen=True)
class Backend:
    """name: what was taken. reason: why, in a sentence."""

    name: Literal["numpy", "cupy"]
    reason: str

    @property
    def xp(self) -> Any:
        """The module whose arrays these are."""
        return np if self.name == "numpy" else _cupy()

    def to_device(self, array: Any) -> Any:
        """The array where this backend computes; itself, not a copy, where it is there."""
        return self.xp.asarray(array)

    def to_numpy(self, array: Any) -> Any:
        """The array in memory; itself, not a copy, where it is there."""
        return array if isinstance(array, np.ndarray) else array.get()

    def __repr__(self) -> str:
        return f"Backend {self.name}: {self.reason}"


def backend(name: str = "auto") -> Backend:
    """The backend of this name; "auto" takes CuPy where it is installed and finds a device.

    Raises ModuleNotFoundError, which the command line answers with exit code 5, where "cupy" is asked for and CuPy or a
    device is missing; ValueError for another name.

    >>> backend("numpy")
    Backend numpy: asked for
    >>> backend("opencl")
    Traceback (most recent call last):
    ...
    ValueError: there is no backend opencl: choose auto, numpy or cupy
    """
    if name not in ("auto", "numpy", "cupy"):
        raise ValueError(f"there is no backend {name}: choose auto, numpy or cupy")
    if name == "numpy":
        return Backend("numpy", "asked for")
    device, missing = _device()
    if not missing:
        return Backend("cupy", f"asked for; {device}" if name == "cupy" else f"found {device}")
    if name == "cupy":
        raise ModuleNotFoundError(
            f"the backend cupy was asked for, and {missing}: install the extra for your CUDA, pip install"
            " 'ratapprox[cuda13]' or 'ratapprox[cuda12]', on a machine with an NVIDIA GPU, or choose the backend numpy"
        )
    return Backend("numpy", missing)


def array_namespace(*arrays: Any) -> Any:
    """NumPy or CuPy, whichever the arrays belong to; numbers and lists belong to NumPy.

    Raises TypeError for arrays of both.

    >>> array_namespace(np.zeros(2)).__name__
    'numpy'
    """
    if all(type(a) is np.ndarray for a in arrays):
        return np
    on_device = [type(a).__module__.partition(".")[0] == "cupy" for a in arrays]
    if not any(on_device):
        return np
    if not all(on_device):
        raise TypeError("some arrays are on the GPU and some are not: move all with Backend.to_device or to_numpy")
    return _cupy()


def device_fault(error: BaseException) -> str:
    """What the device has said, where an error is the device's own; nothing for every other error.

    After such an error whatever lies on the device cannot be read any more. Too little memory is none: it passes.
    """
    own = type(error).__module__.partition(".")[0] in ("cupy", "cupy_backends")
    return f"{type(error).__name__}: {error}" if own and isinstance(error, RuntimeError) else ""


def shared_bytes(cuda: Any) -> int:
    """The shared memory that a block on the current device may have. cuda: `cupy.cuda`."""
    return int(cuda.Device().attributes["MaxSharedMemoryPerBlockOptin"])


def compiled(source: str, *options: str) -> Any:
    """A module of CUDA kernels, compiled by CuPy for the current device, with options for its compiler."""
    return _cupy().RawModule(code=source, options=("--std=c++11", *options))


def _cupy() -> Any:
    import cupy

    return cupy


def _device() -> tuple[str, str]:
    """(the device, "") or ("", what is missing)."""
    try:
        cupy = _cupy()
    except ImportError as error:  # the module, or a library that it loads
        return "", "CuPy is not installed" if isinstance(error, ModuleNotFoundError) else f"CuPy cannot start ({error})"
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        return "", f"CuPy finds no device ({error})"
    if count == 0:
        return "", "CuPy finds no device"
    return cupy.cuda.runtime.getDeviceProperties(0)["name"].decode(), ""
