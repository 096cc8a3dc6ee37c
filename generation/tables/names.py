"""How the papers print the names of systems."""

SHOWN = {
    "ut": "UT",
    "mml_cg": "MML-CG",
    "klvcg": "KLVCG",
    "tfidf": "TF-IDF",
    "encoder_decoder": "Encoder-Decoder",
    "cvae": "Conditional VAE",
    "simple_gan": "Simple-GAN",
    "e_ga": "E-GA",
    "human": "people",
}


def shown(slug: str) -> str:
    """The name of a system; its slug where no paper prints it."""
    return SHOWN.get(slug, slug)
