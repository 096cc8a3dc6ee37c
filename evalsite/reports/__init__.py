"""Second floor: what the judgments say. No models of its own."""
