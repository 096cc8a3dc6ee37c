"""One file for each figure the README quotes. Every file has `main() -> None`, which prints lines of the form
`name: value unit (how it was measured)`; values are ratios where a machine's speed would otherwise speak."""
