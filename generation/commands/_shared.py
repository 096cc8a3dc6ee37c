"""What several commands share: corpora, progress bars, decoding options, fields of a config."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from generation.corpus.readers import own
from generation.corpus.records import Corpus
from generation.decoding import Options
from generation.errors import UserError

R = TypeVar("R")


def corpora(folders: Iterable[Path]) -> list[Corpus]:
    """Read corpora in the own format; their video ids must differ, as samples are known by them."""
    found = [own.read(folder) for folder in folders]
    ids = [video.id for corpus in found for video in corpus.videos]
    twice = next((i for i in ids if ids.count(i) > 1), None)
    if twice is not None:
        raise UserError(f"Two of the corpora have a video {twice!r}; prepare one of them with another --prefix.")
    return found


def bar(description: str) -> Any:
    """Wraps a list in a progress bar, shown on terminals only."""
    return lambda rows: tqdm(rows, desc=description, disable=None)


def fields(rest: list[str]) -> dict[str, str]:
    """``--name=value`` and ``--name value`` arguments that no option took: fields of a system's config."""
    values: dict[str, str] = {}
    words = iter(rest)
    for word in words:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name:
            raise UserError(f"The argument {word!r} is not understood; fields are given as --name=value.")
        value = value if equals else next(words, "")
        if not value:
            raise UserError(f"The field --{name} has no value; give it as --{name}=value.")
        values[name.replace("-", "_")] = value
    return values


def named(words: Sequence[str], read: Callable[[Path, str], R]) -> list[R]:
    """Each NAME=FILE or FILE as read; what stands before the first "=" is the name."""
    found = []
    for word in words:
        name, equals, path = word.partition("=")
        if equals and not path:
            raise UserError(f"{word!r} names no file; NAME=FILE is expected.")
        found.append(read(Path(path), name) if equals else read(Path(word), ""))
    return found


def decoding_arguments(parser: argparse.ArgumentParser) -> None:
    """--seed, --per-sample, --decoding and what belongs to it."""
    standard = Options()
    parser.add_argument("--seed", type=int, default=standard.seed)
    parser.add_argument("--per-sample", type=int, default=standard.per_sample, help="distinct outputs of each sample")
    parser.add_argument("--decoding", choices=["beam", "sample", "greedy"], default=standard.decoding)
    parser.add_argument("--beam", type=int, default=standard.beam, help="width of the beam")
    parser.add_argument("--temperature", type=float, default=standard.temperature)
    parser.add_argument("--top-k", type=int, default=standard.top_k, help="0: no limit")
    parser.add_argument("--top-p", type=float, default=standard.top_p, help="1: no limit")


def decoding_options(args: argparse.Namespace) -> Options:
    """The options given on the command line."""
    names = ("seed", "per_sample", "decoding", "beam", "temperature", "top_k", "top_p")
    return Options.parse({name: getattr(args, name) for name in names})


def device_arguments(parser: argparse.ArgumentParser) -> None:
    """--device and --weights."""
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
    parser.add_argument("--weights", type=Path, help="file with the backbone's weights")


def say(text: str) -> None:
    """A line for the person at the terminal; standard output stays free for results."""
    sys.stderr.write(text + "\n")


def print_json(data: Any, out: Path | None = None) -> None:
    """To standard output, or to a file."""
    text = json.dumps(data, ensure_ascii=False, indent=1)
    if out is None:
        sys.stdout.write(text + "\n")
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n", encoding="utf-8")
