"""Settings for tests: the product's own, quick and without traces.

DATABASE_URL and REDIS_URL choose PostgreSQL and Redis as they do for the product. Everything else
that a developer's shell may hold is left out, so that a test means the same everywhere.
"""

import atexit
import os
import shutil
import tempfile

KEPT = {"DATABASE_URL", "REDIS_URL"}
for _name in list(os.environ):
    if (
        _name.startswith(("OVERSIGHT_", "LOG_", "DATABASE_", "SECURE_", "ALLOWED_", "CSRF_"))
        and _name not in KEPT
    ):
        del os.environ[_name]

_var = tempfile.mkdtemp(prefix="oversight-tests-")
atexit.register(shutil.rmtree, _var, ignore_errors=True)
# Child processes that a test starts inherit these.
os.environ.update(
    DEBUG="false",
    SECRET_KEY="only-for-tests-only-for-tests-only-for-tests-only-for-tests",
    OVERSIGHT_VAR_DIR=_var,
    SECURE_SSL_REDIRECT="false",
)

from oversight.settings import *  # noqa: E402, F403
from oversight.settings import CACHES, DATABASES, STORAGES, VAR_DIR  # noqa: E402

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# The browser and the test client speak plain HTTP.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SECURE_HSTS_SECONDS = 0

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# One test's failed sign-ins must not lock out the next; the tests of lockouts turn it on.
AXES_ENABLED = False

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file: the live server's threads share it; an in-memory database would be one per thread.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"]["OPTIONS"],
        "init_command": DATABASES["default"]["OPTIONS"]["init_command"] + " PRAGMA synchronous=OFF;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    # No test waits for the disk: what a crash of the server would lose is a test database.
    DATABASES["default"]["OPTIONS"] = {"options": "-c synchronous_commit=off"}

# Each test begins with an empty cache: keys carry the test's number (no FLUSHDB on a shared Redis).
CACHES = {**CACHES, "default": {**CACHES["default"], "KEY_FUNCTION": "tests.support.cache.make_key"}}

# A job runs where it is sent, as soon as its transaction is in. The tests of the queue itself start
# a real worker.
CELERY_TASK_ALWAYS_EAGER = True
