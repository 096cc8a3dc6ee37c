"""The demo corpus: films drawn and comments written for this project."""
