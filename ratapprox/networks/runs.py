"""The folder of a run: what was asked, how far it has come, what came out. Killed at any moment, it can go on.

    configuration.json   what was asked, and by what it was computed: written once
    state.npz            the states of the optimiser; state.previous.npz the one before
    history.jsonl        a line for each record: lane, step, seconds, losses, metrics
    result.json          what came out, at the end
    lock.json            which process is at work there; empty when none is

A file is written beside its place, flushed to the disk and moved there whole.
"""

from __future__ import annotations

import json
import os
import platform
import weakref
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from time import monotonic
from typing import Any, Self

import numpy as np

from ratapprox.networks.locking import LockedError, lock
from ratapprox.networks.optimise.protocol import Optimiser
from ratapprox.networks.states import history, line, packed, restored, standing
from ratapprox.networks.storing import StorageError, draft_beside, flush_folder, write_whole
from ratapprox.networks.training import Lane

__all__ = ["FolderError", "RunFolder", "StorageError", "code_version"]

SCHEMA = "ratapprox/run-folder/1"
CONFIGURATION, STATE, PREVIOUS, HISTORY, RESULT, LOCK = (
    "configuration.json",
    "state.npz",
    "state.previous.npz",
    "history.jsonl",
    "result.json",
    "lock.json",
)


class FolderError(ValueError):
    """The folder cannot be used for what was asked."""


@dataclass
class RunFolder:
    """Keeps a training in a folder: a `Keeper`, and a context that gives the folder back to other processes at its end.

    every: the seconds between two states. notes: what a user should know of a resumed run, a sentence each.
    """

    path: Path
    every: float = 10.0
    notes: tuple[str, ...] = ()
    _saved: float = field(default_factory=monotonic, repr=False)
    _written: int = field(default=0, repr=False)
    _standing: str = field(default="no state", repr=False)
    _release: Callable[[], Any] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def open(cls, path: str | os.PathLike[str], configuration: Mapping[str, Any], *, resume: bool = False) -> RunFolder:
        """The folder of this configuration: a new one, or with `resume` one that has been begun.

        Raises FolderError for a folder that holds another run, or other files, or is of a newer version, or in use by
        another process, or, without `resume`, has been begun; StorageError when it cannot be written.
        """
        folder = Path(path)
        wanted = json.loads(json.dumps(configuration, allow_nan=False))
        if folder.exists() and not folder.is_dir():
            raise FolderError(f"{folder} is a file: give the name of a folder")
        begun = (folder / CONFIGURATION).exists()
        if not begun and folder.exists() and any(path.name != LOCK for path in folder.iterdir()):
            raise FolderError(f"{folder} holds files but no run: give another folder, or an empty one")
        if begun and not resume:
            raise FolderError(f"{folder} already holds a run: resume it, or give another folder")
        found = cls(folder)
        found._lock()
        try:
            # asked again: another process may have begun and ended a run there since
            if (folder / CONFIGURATION).exists():
                if not resume:
                    raise FolderError(f"{folder} already holds a run: resume it, or give another folder")
                found.notes = (*found.notes, *_compared(folder, wanted))
            else:
                _begin(folder, wanted)
        except BaseException:
            found.close()
            raise
        return found

    def _lock(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            held = lock(self.path / LOCK)
        except LockedError as error:
            raise FolderError(str(error)) from error
        except OSError as error:
            raise StorageError(f"cannot begin a run in {self.path}: {_reason(error)}") from error
        # called once: by `close`, or when nobody holds this value any more
        self._release = weakref.finalize(self, held.release)
        self.notes = (held.stale,) if held.stale else ()

    def close(self) -> None:
        """Let other processes use the folder."""
        if self._release is not None:
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    @property
    def standing(self) -> str:
        """What the folder holds, in words."""
        return f"{self.path} holds {self._standing}"

    def restore(self, lanes: Sequence[Lane], optimiser: Optimiser) -> list[Lane]:
        """The lanes as they were when they were last kept; as they are, if they never were.

        Raises FolderError when there are states and none can be read.
        """
        arrays, records = self._arrays(), history(self.path / HISTORY)
        if arrays is None:
            return list(lanes)
        found = [restored(lane, arrays, records, optimiser) for lane in lanes]
        self._standing = standing(found)
        return found

    def save(self, lanes: Sequence[Lane], *, now: bool) -> None:
        """Keep the lanes, if `every` seconds have gone by or at once. Raises StorageError when the disk refuses."""
        if not now and monotonic() - self._saved < self.every:
            return
        begun = [lane for lane in lanes if lane.state is not None]
        records = sorted(
            (record for lane in begun for record in lane.records), key=lambda record: (record.step, record.lane)
        )
        try:
            # The history first: a state must never be ahead of it.
            if len(records) > self._written:
                write_whole(self.path / HISTORY, b"".join(map(line, records)))
            content = packed(begun)
            _rotate(self.path, content)
        except OSError as error:
            raise StorageError(
                f"cannot keep the state in {self.path}: {_reason(error)}. It still holds {self._standing}: "
                "make room and resume"
            ) from error
        self._written, self._saved, self._standing = len(records), monotonic(), standing(begun)

    def finish(self, result: Mapping[str, Any]) -> None:
        """Write what came out. Raises StorageError when the disk refuses."""
        try:
            write_whole(self.path / RESULT, _json(result))
        except OSError as error:
            raise StorageError(f"cannot write the result in {self.path}: {_reason(error)}") from error

    def result(self) -> Any:
        """What came out; None when the run has not ended, or its result cannot be read."""
        try:
            return json.loads((self.path / RESULT).read_bytes())
        except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
            return None

    def _arrays(self) -> dict[str, Any] | None:
        faults = []
        for name in (STATE, PREVIOUS):
            try:
                with np.load(BytesIO((self.path / name).read_bytes()), allow_pickle=False) as stored:
                    found = {key: stored[key] for key in stored.files}
            except FileNotFoundError:
                continue
            except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
                faults.append(f"{name} cannot be read ({_reason(error)})")
                continue
            if faults:
                self.notes = (*self.notes, f"{'; '.join(faults)}: going on from {name}")
            return found
        if faults:
            raise FolderError(f"{self.path}: {'; '.join(faults)}: there is no state to go on from; begin another run")
        return None


def _begin(folder: Path, wanted: Any) -> None:
    document = {"schema": SCHEMA, "configuration": wanted, "versions": code_version(), "environment": _machine()}
    try:
        write_whole(folder / CONFIGURATION, _json(document))
    except OSError as error:
        raise StorageError(f"cannot begin a run in {folder}: {_reason(error)}") from error


def _compared(folder: Path, wanted: Any) -> tuple[str, ...]:
    """Notes about a folder that can be resumed; raises FolderError for one that cannot."""
    try:
        document = json.loads((folder / CONFIGURATION).read_bytes())
        schema, there = document["schema"], document["configuration"]
        versions = document["versions"]
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise FolderError(f"{folder / CONFIGURATION} is not the configuration of a run: {_reason(error)}") from error
    if schema != SCHEMA:
        newer = isinstance(schema, str) and schema.rpartition("/")[0] == SCHEMA.rpartition("/")[0]
        what = "was written by a newer version of ratapprox" if newer else "is no run of ratapprox"
        raise FolderError(f"{folder} {what}: its schema is {schema!r}, and this version reads {SCHEMA!r}")
    differences = sorted(_differences(there, wanted, ""))
    if differences:
        raise FolderError(f"{folder} holds a run of another configuration: {'; '.join(differences)}")
    now = code_version()
    changed = [f"{name} {versions.get(name)} then, {now[name]} now" for name in now if versions.get(name) != now[name]]
    if not changed:
        return ()
    return (f"computed by other versions ({'; '.join(changed)}): the last digits may differ from an uninterrupted run",)


def _differences(there: Any, wanted: Any, name: str) -> list[str]:
    if isinstance(there, dict) and isinstance(wanted, dict):
        keys = sorted({*there, *wanted})
        return [d for key in keys for d in _differences(there.get(key), wanted.get(key), f"{name}.{key}".strip("."))]
    return [] if there == wanted else [f"{name} is {json.dumps(there)} there, and {json.dumps(wanted)} was asked"]


def code_version() -> dict[str, str]:
    """By what numbers are computed: versions, and a digest of the sources of `ratapprox.networks`."""
    import scipy

    import ratapprox
    from ratapprox.networks.sources import digest

    return {
        "ratapprox": ratapprox.__version__,
        "networks": digest(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "python": platform.python_version(),
    }


def _machine() -> dict[str, Any]:
    return {"system": platform.system(), "machine": platform.machine(), "cores": os.cpu_count()}


def _rotate(folder: Path, content: bytes) -> None:
    """The new state in its place, the one before beside it; at any moment one of them is whole."""
    draft = draft_beside(folder / STATE, content)
    try:
        if (folder / STATE).exists():
            os.replace(folder / STATE, folder / PREVIOUS)
        os.replace(draft, folder / STATE)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    flush_folder(folder)


def _json(document: Any) -> bytes:
    return (json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n").encode()


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__).lower()
