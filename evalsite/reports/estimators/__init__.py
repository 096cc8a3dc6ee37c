"""Pure functions over NumPy arrays: what the judgments say, and how sure that is. No framework here."""
