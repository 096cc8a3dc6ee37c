"""The Gardener on the Moon: a small robot, one seed, and a very long wait."""
