"""MovieLC (Chen and Jin 2023), as processed for KLVCG: {train,dev,test}-all.json and vid_duration.json.

The files lie in ``processed_data/setup_*/``; name the folder of one set-up, or a folder above it that holds one only.
Recalled knowledge and candidates in the files are left out: they are made anew, by the rules written down here.
"""

from pathlib import Path

from generation.corpus.readers._moments import Moments, whole
from generation.corpus.records import SPLITS, Corpus
from generation.errors import UserError


def read(source: Path) -> Corpus:
    """The films of one set-up with their splits."""
    folders = sorted({path.parent for path in source.rglob("train-all.json")})
    if not folders:
        raise UserError(f"{source} holds no train-all.json of MovieLC.")
    if len(folders) > 1:
        raise UserError(f"{source} holds {len(folders)} set-ups; name one, such as {folders[0]}.")
    moments = Moments()
    for split in SPLITS:
        path = folders[0] / f"{split}-all.json"
        if path.is_file():
            moments.read(path, split)
    return moments.corpus(source.name, _durations(folders[0]))


def _durations(folder: Path) -> dict[str, float]:
    """Seconds by film, from the set-up's folder or one of the two above it; without the file the last comment tells."""
    path = next(
        (p / "vid_duration.json" for p in [folder, *folder.parents][:3] if (p / "vid_duration.json").is_file()), None
    )
    if path is None:
        return {}
    data = whole(path)
    try:
        return {str(video): float(seconds) for video, seconds in data.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise UserError(f"{path}: seconds by film are expected ({error}).") from error
