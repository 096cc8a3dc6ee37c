"""The web side: asks people, and reports what they said."""
