"""Typed readers of the environment: a bad value stops the start, and the message names the variable.

What the process's environment does not say, the file `.env` beside manage.py may say (ENV_FILE names another).
"""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values

_FILE = dotenv_values(os.environ.get("ENV_FILE", Path(__file__).resolve().parent.parent / ".env"))

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def _read(name: str) -> str:
    return (os.environ.get(name) or _FILE.get(name) or "").strip()


def env_str(name: str, default: str) -> str:
    """The variable as text, or the default where it is unset or blank."""
    return _read(name) or default


def env_bool(name: str, default: bool) -> bool:
    """The variable as a truth value; anything but 1/0, true/false, yes/no, on/off is refused."""
    value = _read(name)
    if not value:
        return default
    word = value.lower()
    if word not in _TRUE | _FALSE:
        raise ImproperlyConfigured(f"{name} must be 1 or 0 (or true/false, yes/no, on/off), not {value!r}.")
    return word in _TRUE


def env_int(name: str, default: int) -> int:
    """The variable as a whole number."""
    value = _read(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def env_list(name: str, default: list[str]) -> list[str]:
    """The variable as a comma-separated list."""
    value = _read(name)
    return [part.strip() for part in value.split(",") if part.strip()] if value else default


def env_path(name: str, default: Path) -> Path:
    """The variable as an absolute path."""
    return Path(env_str(name, str(default))).expanduser().resolve()
