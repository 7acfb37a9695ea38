"""Settings from typed environment variables (docs/configuration.md lists them).

With none set: SQLite in WAL mode, a local Celery transport and a development secret, so that a
laptop needs nothing but Python. With DATABASE_URL and REDIS_URL: PostgreSQL and Redis.
Importing this module reads the environment and touches nothing else.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR: Path = env.path("OVERSIGHT_VAR_DIR", BASE_DIR / "var")

DEBUG: bool = env.bool("DEBUG", False)
# Embedded: one machine, one command (`manage.py serve`), demo data allowed. Never on a server.
EMBEDDED: bool = env.bool("OVERSIGHT_EMBEDDED", DEBUG)

SECRET_KEY: str = env.str("SECRET_KEY", "")
if not SECRET_KEY:
    if env.str("DATABASE_URL", ""):
        raise ImproperlyConfigured("SECRET_KEY is not set. Set it to 50 or more random characters.")
    # A laptop: good for this process. `manage.py serve` keeps one in the var folder for its children.
    SECRET_KEY = secrets.token_urlsafe(50)

_LOCAL_HOSTS = [] if env.str("DATABASE_URL", "") else ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", _LOCAL_HOSTS)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "oversight.access",
    "oversight.trail",
    "oversight.periods",
    "oversight.exchange",
    "oversight.metrics",
    "oversight.console",
    "agreements",
    "training",
    "staffing",
    "itinstall",
    "recommendations",
    "oversight.access.admin_config.OversightAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_filters",
    "django_tables2",
    "django_htmx",
    "csp",
    "axes",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "oversight.console.middleware.RequestIdMiddleware",
    "oversight.console.telemetry.RequestMetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "oversight.access.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "oversight.console.middleware.UserTimeZoneMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "oversight.console.middleware.PlainErrorsMiddleware",
]

ROOT_URLCONF = "oversight.urls"
WSGI_APPLICATION = "oversight.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "oversight.console.context.site",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database -----------------------------------------------------------------------------------
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
    # Without recursive triggers INSERT OR REPLACE would slip past the insert-only triggers.
    "PRAGMA recursive_triggers=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000;"
)


def _databases() -> dict[str, dict[str, Any]]:
    if not env.str("DATABASE_URL", ""):
        # A fresh clone has no such folder, and SQLite makes none.
        VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": VAR_DIR / "oversight.sqlite3",
                # IMMEDIATE: a transaction that will write waits its turn instead of failing half way.
                "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": _SQLITE_PRAGMAS},
            }
        }
    from urllib.parse import unquote, urlsplit

    url = urlsplit(env.str("DATABASE_URL"))
    if url.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://. Leave it empty for SQLite.")
    database: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
        "CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        # Compiling a query takes longer than any of a page's queries runs.
        "OPTIONS": {"options": "-c jit=off"},
    }
    return {"default": database}


DATABASES = _databases()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The role that the web and worker processes use when migrations run under the owner's role
# (PostgreSQL); `manage.py migrate` grants it what it needs. Empty: one role does both.
DATABASE_APP_ROLE: str = env.str("DATABASE_APP_ROLE", "")

# --- Redis, cache, Celery -------------------------------------------------------------------------
REDIS_URL: str = env.str("REDIS_URL", "")
if REDIS_URL:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {"BACKEND": "oversight.console.cache.SoftRedisCache", "LOCATION": REDIS_URL}
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

QUEUE_DIR = VAR_DIR / "queue"
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
if REDIS_URL:
    # A request that starts a job does not hang with the queue; the sweep sends the job later.
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"socket_connect_timeout": 3}
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR),
        "data_folder_out": str(QUEUE_DIR),
        "control_folder": str(VAR_DIR / "queue-control"),
        "store_processed": False,
        "polling_interval": 0.5,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # KB
CELERY_TIMEZONE = "America/New_York"
CELERY_BEAT_SCHEDULE = {
    "statuses-of-today": {
        "task": "agreements.tasks.refresh_statuses",
        "schedule": crontab(hour=0, minute=5),
    },
    "figures-of-today": {
        "task": "oversight.metrics.tasks.fill_today",
        "schedule": crontab(hour=0, minute=15),
    },
    "installations-forecast": {
        "task": "itinstall.tasks.forecast_today",
        "schedule": crontab(hour=0, minute=45),
    },
    # Sent as soon as facts change, too; this is for when the queue could not be reached.
    "figures-to-compute-again": {"task": "oversight.metrics.tasks.fill_stale", "schedule": 300.0},
    "figures-of-missed-days": {
        "task": "oversight.metrics.tasks.fill_missing",
        "schedule": crontab(minute=25),
    },
    "sweep-jobs": {
        "task": "oversight.exchange.tasks.sweep",
        "schedule": env.float("OVERSIGHT_SWEEP_SECONDS", 30.0),
    },
}
JOB_STALE_SECONDS: int = env.int("OVERSIGHT_JOB_STALE_SECONDS", 60)
JOB_MAX_ATTEMPTS = 3
JOB_MAX_SECONDS: int = env.int("OVERSIGHT_JOB_MAX_SECONDS", 3600)  # a handler that runs longer hangs

# --- Sign-in --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "oversight.access.backends.PeopleBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "access:sign_in"
LOGIN_REDIRECT_URL = "console:home"
LOGOUT_REDIRECT_URL = "access:sign_in"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "oversight.access.views.locked_out"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 12
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
if not DEBUG:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Files ------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = env.path("OVERSIGHT_MEDIA_DIR", VAR_DIR / "media")  # never served by URL
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
UPLOAD_MAX_BYTES: int = env.int("OVERSIGHT_UPLOAD_MAX_BYTES", 50 * 1024 * 1024)
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = [
    "oversight.exchange.upload_handlers.LimitedUploadHandler",  # before anything is stored
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Words and time -----------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "America/New_York"  # headquarters; each user may choose another

# --- Parts ----------------------------------------------------------------------------------------------
DJANGO_TABLES2_TEMPLATE = "console/_table.html"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "oversight.access.api_auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["oversight.access.api_auth.ScopedPermission"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "oversight.console.api.negotiation.PlainNegotiation",
    "DEFAULT_PAGINATION_CLASS": "oversight.console.api.KeysetPagination",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "oversight.console.api.schema.DescribedSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "oversight.console.api.throttling.ReadThrottle",
        "oversight.console.api.throttling.WriteThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "read": env.str("API_READ_RATE", "600/min"),
        "write": env.str("API_WRITE_RATE", "60/min"),
    },
    "EXCEPTION_HANDLER": "oversight.console.api.errors.exception_handler",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "287(g) program oversight",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "AgreementStatusValue": "agreements.choices.Status",
        "ListKind": "agreements.choices.ListKind",
        "ChangeKind": "agreements.choices.ChangeKind",
        "VerdictKind": "agreements.choices.VerdictKind",
        "ImportState": "agreements.choices.ImportState",
        "DecisionState": "agreements.choices.DecisionState",
        "JobState": "oversight.exchange.choices.JobState",
        "InstallationState": "itinstall.choices.RequestState",
        "Party": "itinstall.choices.Party",
        "InstallationEntryKind": "itinstall.choices.EntryKind",
        "IsaStepKind": "itinstall.choices.IsaStepKind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "oversight.console.api.schema.describe_errors",
    ],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
}

# Prometheus reads /metrics with this token; empty: the address does not exist (in development: open).
METRICS_TOKEN: str = env.str("METRICS_TOKEN", "")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "oversight.console.logs.RequestIdFilter"}},
    "formatters": {
        "json": {"()": "oversight.console.logs.JsonFormatter"},
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["request_id"],
            "formatter": env.str("LOG_FORMAT", "line" if DEBUG else "json"),
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
}
