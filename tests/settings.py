"""The site's one settings file, read in an environment fit for tests."""

import os
import tempfile

os.environ["ENV_FILE"] = os.devnull
os.environ.setdefault("SECRET_KEY", "for tests only")
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="evalsite-tests-"))
os.environ.setdefault("LOG_LEVEL", "WARNING")

from evalsite.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast; passwords are not what is tested
STORAGES["staticfiles"] = {  # noqa: F405  # names without a digest, so that no test needs collectstatic
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
