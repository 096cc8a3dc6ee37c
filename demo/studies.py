"""What the demo compares: one campaign of each protocol, each with the systems of its paper."""

from dataclasses import dataclass

PER_SAMPLE = 3
RATERS = 3
SAMPLED = ("decoding=sample", "temperature=0.7", "top_p=0.9")  # livelier than a beam; the seed repeats it


@dataclass(frozen=True)
class Study:
    """One campaign of the demo; the systems that train longest come first."""

    protocol: str
    title: str
    systems: tuple[str, ...]
    options: tuple[str, ...] = ()


STUDIES = {
    "demo-recall": Study(
        "human_recall",
        "弹幕真假 · Which comments are fake?",
        ("e_ga", "cvae", "simple_gan", "encoder_decoder"),
    ),
    "demo-preference": Study(
        "preference",
        "最佳弹幕 · Which comment is best?",
        ("ut", "klvcg", "mml_cg", "tfidf"),
        (f"raters={RATERS}",),
    ),
}
SYSTEMS = tuple(name for pair in zip(*(study.systems for study in STUDIES.values()), strict=True) for name in pair)
DECODING = dict.fromkeys(("ut", "klvcg", "mml_cg", "encoder_decoder", "simple_gan"), SAMPLED)
