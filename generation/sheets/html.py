"""What every sheet is made of: escaped text, pictures inside the file, times, and the page around them."""

import base64
import html as entities
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from generation.errors import UserError

QUALITY = 80  # of the pictures inside

STYLE = """
:root { color-scheme: light; --ink: #1d2330; --soft: #5b6475; --line: #d5dae3; --paper: #fff; --tint: #f4f6fa; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; color: var(--ink); background: var(--paper);
  font: 15px/1.5 system-ui, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: .95rem; margin: .75rem 0 .25rem; color: var(--soft); font-weight: 600; }
p, figure { margin: 0 0 .5rem; } .soft { color: var(--soft); } img { display: block; max-width: 100%; }
"""


def escape(text: object) -> str:
    """As HTML text."""
    return entities.escape(str(text))


def picture(path: str | Path, width: int, alt: str = "") -> str:
    """An <img> with the picture inside it, at most ``width`` pixels wide."""
    try:
        with Image.open(path) as opened:
            opened.draft("RGB", (width, width))
            small = opened.convert("RGB")
            small.thumbnail((width, 2 * width))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise UserError(f"{path} cannot be read as a picture: {error}.") from error
    stored = io.BytesIO()
    small.save(stored, "JPEG", quality=QUALITY)
    data = base64.b64encode(stored.getvalue()).decode("ascii")
    size = f'width="{small.width}" height="{small.height}"'
    return f'<img src="data:image/jpeg;base64,{data}" {size} alt="{escape(alt)}">'


def page(title: str, parts: Iterable[str], style: str = "") -> str:
    """The whole file. What is Chinese in it is mostly danmaku, so it is announced as Chinese."""
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    return (
        f'<!doctype html>\n<html lang="zh-Hans">\n<head>{head}\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE}{style}</style></head>\n<body>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


def write(path: Path, text: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def clock(second: float) -> str:
    """0:07, 12:30, 1:02:03."""
    minutes, seconds = divmod(int(second), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def spans(seconds: Sequence[int]) -> str:
    """Seconds as stretches: 0:02–0:04, 0:09."""
    found: list[list[int]] = []
    for second in seconds:
        if found and second == found[-1][1] + 1:
            found[-1][1] = second
        else:
            found.append([second, second])
    return ", ".join(clock(a) if a == b else f"{clock(a)}–{clock(b)}" for a, b in found)
