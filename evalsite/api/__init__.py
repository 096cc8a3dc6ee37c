"""Top floor: the same, for programs."""
