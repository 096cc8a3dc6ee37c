"""Published files of frame vectors: LiveBot's ``res18.pkl``, VideoIC's ``image.pkl``, MovieLC's ``*101.pkl``, HDF5.

All hold vectors by video and second. A pickle is a program, so none is ever run: files of ``torch.save`` go through
torch's weights-only reader, plain pickles through one that knows arrays and tensors and nothing else. Tensors that
were saved on a GPU come to the CPU.
"""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from generation.corpus import features
from generation.corpus.records import Corpus, safe_id
from generation.errors import UserError

TORCH_MAGIC = 0x1950A86A20F9469CFC6C  # the first object in a file of torch.save before version 1.6
LIVEBOT = "res18.pkl"  # its keys count from 0 where pictures, and so the seconds of comments, count from 1


def offset_of(path: Path) -> int:
    """Seconds to add to the keys of a file, unless somebody knows better."""
    return 1 if path.name == LIVEBOT else 0


def read(path: Path, offset: int | None = None) -> dict[str, dict[int, Tensor]]:
    """Vectors by video id and second; seconds without one are left out."""
    if not path.is_file():
        raise UserError(f"{path} does not exist.")
    add = offset_of(path) if offset is None else offset
    found: dict[str, dict[int, Tensor]] = {}
    for name, rows in _hdf5(path) if path.suffix.lower() in (".h5", ".hdf5") else _pickled(path):
        video = safe_id(name.decode() if isinstance(name, bytes) else str(name))
        if video in found:
            raise UserError(f"{path} has the video {video} twice.")
        where = f"{path}, video {video}"
        found[video] = {second + add: vector for second, vector in _vectors(rows, where) if second + add >= 0}
    if not any(found.values()):
        raise UserError(f"{path} holds no vectors.")
    return found


def _vectors(rows: Any, where: str) -> Iterator[tuple[int, Tensor]]:
    """(second, vector): from a mapping by second, as written or as a string, or from rows that are seconds."""
    pairs = rows.items() if isinstance(rows, Mapping) else enumerate(rows)
    for key, value in pairs:
        if value is None or len(value) == 0:
            continue
        try:
            second, vector = int(key), torch.as_tensor(value).detach().float().flatten()
        except (TypeError, ValueError, RuntimeError) as error:
            raise UserError(f"{where}: {key!r} does not lead to a vector ({error}).") from error
        if not torch.isfinite(vector).all():
            raise UserError(f"{where}, second {second}: the vector holds numbers that are not finite.")
        yield second, vector


# -- reading without running -----------------------------------------------------------------------------------


def _pickled(path: Path) -> Iterable[tuple[Any, Any]]:
    try:
        data = _torch(path) if zipfile.is_zipfile(path) else _plain(path)
    except UserError:
        raise
    except Exception as error:  # a broken pickle makes its reader stumble over anything
        raise UserError(f"{path} cannot be read as a file of vectors: {error}.") from error
    if not isinstance(data, Mapping) or not all(_is_rows(rows) for rows in data.values()):
        raise UserError(f"{path}: vectors by second by video are expected, as in res18.pkl, image.pkl or *101.pkl.")
    return data.items()


def _is_rows(rows: Any) -> bool:
    return isinstance(rows, Mapping | list) or (isinstance(rows, np.ndarray | Tensor) and rows.ndim == 2)


def _torch(source: Path | io.BytesIO) -> Any:
    """A file of torch.save, on the CPU; arrays of NumPy in it are allowed."""
    with torch.serialization.safe_globals(list(_numpy().values())):
        return torch.load(source, map_location="cpu", weights_only=True)


def _plain(path: Path) -> Any:
    """A file of pickle, of any Python; or an old file of torch.save, which begins with a number."""
    with path.open("rb") as file:
        data = _Reader(file, encoding="latin1").load()
    return _torch(path) if data == TORCH_MAGIC else data


def _numpy() -> dict[tuple[str, str], Any]:
    """What pickled arrays name, under the names of old and new versions of NumPy."""
    from numpy._core import multiarray

    found: dict[tuple[str, str], Any] = {("numpy", "ndarray"): np.ndarray, ("numpy", "dtype"): np.dtype}
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        found[module, "_reconstruct"] = multiarray._reconstruct
        found[module, "scalar"] = multiarray.scalar
    found |= {("numpy.dtypes", type(np.dtype(kind)).__name__): type(np.dtype(kind)) for kind in "efdbhilqBHILQ?"}
    return found


def _storage(content: bytes) -> Any:
    """What stands behind a tensor in a plain pickle: a small old file of torch.save."""
    return _torch(io.BytesIO(content))


def _encode(text: str, encoding: str) -> bytes:
    """Bytes as Python 2's protocol writes them."""
    if encoding not in ("latin1", "latin-1"):
        raise UserError(f"The encoding {encoding} is not one of pickled bytes.")
    return text.encode("latin1")


class _Reader(pickle.Unpickler):
    """Unpickles arrays, tensors and the containers around them; whatever else a file names is refused unlooked at."""

    KNOWN: Mapping[tuple[str, str], Callable[..., Any]] = {
        ("collections", "OrderedDict"): OrderedDict,
        ("_codecs", "encode"): _encode,
        ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
        ("torch.storage", "_load_from_bytes"): _storage,
        **_numpy(),
    }

    def find_class(self, module: str, name: str) -> Any:
        """The one of :attr:`KNOWN`."""
        if (module, name) not in self.KNOWN:
            raise UserError(f"The file names {module}.{name}, which no file of vectors needs; it was not read.")
        return self.KNOWN[module, name]


def _hdf5(path: Path) -> Iterator[tuple[str, Any]]:
    """A dataset a video (rows are seconds), by itself or alone in a group of the video's name."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            for name, entry in file.items():
                parts = list(entry.values()) if isinstance(entry, h5py.Group) else [entry]
                if len(parts) != 1 or not isinstance(parts[0], h5py.Dataset) or parts[0].ndim != 2:
                    raise UserError(f"{path}: {name} is not one table of (seconds, numbers).")
                yield name, parts[0][...]
    except OSError as error:
        raise UserError(f"{path} cannot be read as HDF5: {error}.") from error


# -- into a corpus ---------------------------------------------------------------------------------------------


def adopt(corpus: Corpus, files: Iterable[Path], backbone: str, offset: int | None = None) -> tuple[Path, int]:
    """Write a corpus' feature files from published ones; (their path, how many of its videos have vectors).

    A corpus without pictures has these vectors in their place. Of one with pictures every picture needs a vector.
    """
    if corpus.root is None:
        raise UserError(f"Corpus {corpus.name} lies in no folder; prepare it first.")
    dim, wanted = features.dimension(backbone), {video.id for video in corpus.videos}
    tensors, seconds, sources = {}, {}, []
    for path in files:
        sources.append(path.name)
        for video, rows in read(path, offset).items():
            if video in wanted and rows:
                _check(rows, dim, backbone, f"{path}, video {video}")
                seconds[video] = sorted(rows)
                tensors[video] = torch.stack([rows[second] for second in seconds[video]])
    if not tensors:
        raise UserError(f"None of the videos of {corpus.name} is in {', '.join(sources)}; are the ids the same?")
    weights = f"published: {', '.join(sources)}"
    return features.save(corpus.root / "features", backbone, tensors, seconds, weights=weights), len(tensors)


def _check(rows: Mapping[int, Tensor], dim: int, backbone: str, where: str) -> None:
    second = next((s for s, vector in rows.items() if len(vector) != dim), None)
    if second is not None:
        raise UserError(f"{where}, second {second}: {len(rows[second])} numbers; {backbone} has {dim}.")
