"""The sub-commands of ``python -m generation``: one file is one command, and the file name is its name.

A command is a module whose docstring's first line is its help, with ``arguments(parser)`` and ``run(args)``. ``run``
may return an exit status; a command with TAKES_FIELDS gets unknown arguments as ``args.rest``. Mistakes of the
user are raised as :class:`~generation.errors.UserError`.
"""

import argparse
import importlib
import pkgutil
from types import ModuleType


def names() -> list[str]:
    """The commands in this folder, sorted."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def load(name: str) -> ModuleType:
    """One command's module."""
    return importlib.import_module(f"{__name__}.{name}")


def summary(module: ModuleType) -> str:
    """The first line of a command's docstring."""
    return (module.__doc__ or "").strip().splitlines()[0]


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """The command line with all commands, or with one of them: importing all takes seconds."""
    top = argparse.ArgumentParser(prog="python -m generation", description="Write and rank live comments.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in [only] if only in names() else names():
        module = load(name)
        sub = commands.add_parser(name, help=summary(module), description=module.__doc__, allow_abbrev=False)
        module.arguments(sub)
        sub.set_defaults(run=module.run, takes_fields=getattr(module, "TAKES_FIELDS", False))
    return top
