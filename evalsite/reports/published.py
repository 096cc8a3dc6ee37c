"""The numbers the two protocols' papers print, for the comparison in the report."""

from __future__ import annotations

from typing import Any

E_GA = "Lv et al. 2019 (E-GA), Table 1; 40 raters"
KLVCG = "Chen et al. 2023 (KLVCG), section V-E; 15 raters, 900 samples"

PUBLISHED: dict[str, list[dict[str, Any]]] = {
    "human_recall": [
        {"system": slug, "name": name, "human_recall": value, "bleu4": b, "fluency": f, "diversity": d, "source": E_GA}
        for slug, name, value, b, f, d in (
            ("encoder_decoder", "Encoder-Decoder", 0.4572, 0.168214, 0.678827, 0.904757),
            ("cvae", "Conditional VAE", 0.5580, 0.174298, 0.733117, 0.948959),
            ("simple_gan", "Simple-GAN", 0.3454, 0.129924, 0.440087, 0.705946),
            ("e_ga", "E-GA", 0.6274, 0.177638, 0.845072, 0.964757),
        )
    ],
    "preference": [
        {"system": slug, "name": name, "share": share, "non_null_rate": spoken, "source": KLVCG}
        for slug, name, share, spoken in (
            ("klvcg", "KLVCG", 0.44, 0.97),
            ("mml_cg", "MML-CG", 0.15, 0.32),
            ("ut", "Unified Transformer", 0.11, 0.62),
        )
    ],
}


def published(protocol: str) -> list[dict[str, Any]]:
    """Rows of the paper, sorted by system; none for a protocol without one."""
    return sorted(PUBLISHED.get(protocol, []), key=lambda row: str(row["system"]))
