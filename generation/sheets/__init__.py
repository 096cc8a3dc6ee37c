"""Sheets to look at and to print: one HTML file each, with pictures inside, no script and no foreign address."""
