"""How good it is: candidate sets and metrics, pure functions over plain data."""
