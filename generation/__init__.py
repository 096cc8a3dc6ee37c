"""The models: write comments for a moment of a video. No Django here."""
