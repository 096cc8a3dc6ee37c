"""The contact sheet of key frames: whether there is one a shot is best seen."""

from collections.abc import Mapping, Sequence

from generation.corpus.keyframes import KeyFrame
from generation.sheets import html

STYLE = """
.films { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 1rem .75rem; }
figure { break-inside: avoid; } figcaption { font-size: .8rem; line-height: 1.35; padding-top: .25rem; }
figure img { width: 100%; height: auto; border-radius: 3px; background: var(--tint); }
b { font-variant-numeric: tabular-nums; } figcaption .said { display: block; color: var(--soft); }
@media print { body { padding: 0; max-width: none; } .films { grid-template-columns: repeat(5, 1fr); gap: .5rem; } }
"""
SHOWN = 3  # comments under a key frame
NAMED = 6  # stretches named under a key frame


def sheet(
    films: Mapping[str, Sequence[KeyFrame]],
    frames: Mapping[str, Mapping[int, str]],
    comments: Mapping[str, Mapping[int, Sequence[str]]] | None = None,
) -> str:
    """Every key frame with the seconds it stands for; of a corpus also how many comments it gathers, and some."""
    total = sum(map(len, films.values()))
    stands = sum(len(key.seconds) for keys in films.values() for key in keys)
    counts = f"{total} of {stands} frames · {stands} 帧中的 {total} 帧"
    parts = [f'<h1>Key frames · 关键帧</h1><p class="soft">{counts}</p>']
    for name, keys in films.items():
        parts.append(f'<h2>{html.escape(name)} <span class="soft">{len(keys)}</span></h2><div class="films">')
        said = (comments or {}).get(name)
        for key in keys:
            parts.append(_figure(frames[name][key.second], key, None if said is None else said.get(key.second, ())))
        parts.append("</div>")
    return html.page("Key frames · 关键帧", parts, STYLE)


def _figure(path: str, key: KeyFrame, said: Sequence[str] | None) -> str:
    stretches = html.spans(key.seconds).split(", ")
    named = ", ".join(stretches[:NAMED]) + (" …" if len(stretches) > NAMED else "")
    caption = f"<b>{html.clock(key.second)}</b> · {len(key.seconds)} s · {named}"
    if said is not None:
        shown = " / ".join(list(dict.fromkeys(said))[:SHOWN]) or "—"
        caption += f'<span class="said">{len(said)} 条弹幕 comments: {html.escape(shown)}</span>'
    return f"<figure>{html.picture(path, 320, html.clock(key.second))}<figcaption>{caption}</figcaption></figure>"
