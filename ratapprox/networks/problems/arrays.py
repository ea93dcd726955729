"""The arrays of the problems: float64."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[tuple[Any, ...], np.dtype[np.float64]]
