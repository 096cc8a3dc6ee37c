"""The site's one settings file, read in an environment fit for tests."""

import atexit
import os
import shutil
import tempfile


def _folder() -> str:
    """A folder that goes with the process that made it. Its children are told of it and leave it alone."""
    folder, owner = tempfile.mkdtemp(prefix="evalsite-tests-"), os.getpid()

    @atexit.register
    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    return folder


os.environ["ENV_FILE"] = os.devnull
os.environ.setdefault("SECRET_KEY", "for tests only")
if "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = _folder()
os.environ.setdefault("LOG_LEVEL", "WARNING")

from evalsite.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast; passwords are not what is tested
STORAGES["staticfiles"] = {  # noqa: F405  # names without a digest, so that no test needs collectstatic
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
