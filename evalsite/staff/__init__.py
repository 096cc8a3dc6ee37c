"""Top floor: the pages of those who run a study."""
