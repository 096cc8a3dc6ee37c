"""Every random draw derives from a recorded seed and the name of what is drawn."""

import hashlib


def derive(*parts: int | str) -> int:
    """A 63-bit seed from a seed and any names, e.g. ``derive(7, "epoch", 3)``; the same on every machine."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
