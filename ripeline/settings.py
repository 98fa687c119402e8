"""Django's settings, all of them derived from the typed ones in `config.py`."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from ripeline.config import database_settings, read_config, secret_key

CONFIG = read_config()
BASE_DIR = Path(__file__).resolve().parent

SECRET_KEY = secret_key(CONFIG)
SECRET_KEY_FALLBACKS = CONFIG.old_secret_keys.split()
DEBUG = CONFIG.debug
ALLOWED_HOSTS = [
    CONFIG.site_name,
    *(host.strip() for host in CONFIG.allowed_hosts.split(",") if host.strip()),
]
CSRF_FAILURE_VIEW = "ripeline.web.sorry.form_too_old"
CSRF_TRUSTED_ORIGINS = [CONFIG.base_url]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "csp",
    "ripeline",
]
MIDDLEWARE = [
    "ripeline.web.limits.BodyLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "ripeline.web.limits.AddressMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ripeline.web.zones.LocalTimeMiddleware",
    "ripeline.web.sorry.NoSuchWayMiddleware",
]
ROOT_URLCONF = "ripeline.urls"
WSGI_APPLICATION = "ripeline.wsgi.application"

# Features keep their own pages: ripeline/<feature>/templates/<feature>/.
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": sorted(BASE_DIR.glob("*/templates")),
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ripeline.web.frame.frame",
            ],
            "libraries": {"ripe": "ripeline.web.tags"},
            "builtins": ["ripeline.web.tags", "ripeline.web.people"],
        },
    }
]

DATABASES = {"default": database_settings(CONFIG)}
# Tries to sign in are counted here: by all processes together, and on after a restart. The worker sweeps it; until
# then it may grow, since a full cache would forget tries.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "ripeline_cache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "ripeline.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "ripeline.people.sign_in.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
# The first person signs up before any mail server is set; `ripeline user add` makes the others.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
LOGIN_URL = "account_login"
# allauth counts tries by address of the browser too: behind the TLS proxy, that is what the proxy says last.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if CONFIG.base_url.startswith("https://") else 0
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

# What follows from a change of stage, by name: the pages that cause one lie below that table and may not import it.
REACTIONS = "ripeline.reactions.react"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = CONFIG.time_zone
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "web" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
# The vendor files carry their version in their folder, ours are asked for with the release's number.
WHITENOISE_MAX_AGE = 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

_secure = CONFIG.base_url.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _secure else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        # Style attributes position bars and charts; no style element is ever built from data.
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}

_mail = urlsplit(CONFIG.email_url)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _mail.hostname else 'console'}.EmailBackend"
EMAIL_HOST = _mail.hostname or "localhost"
EMAIL_PORT = _mail.port or {"smtp+tls": 587, "smtps": 465}.get(_mail.scheme, 25)
EMAIL_HOST_USER = unquote(_mail.username or "")
EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
EMAIL_USE_TLS = _mail.scheme == "smtp+tls"
EMAIL_USE_SSL = _mail.scheme == "smtps"
# A mail server that does not answer must not hold a page for ever.
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = CONFIG.email_from or f"Ripeline <ripeline@{CONFIG.site_name}>"

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# The page that corrects a wide file's columns asks four things of each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s%(number)s",
            "datefmt": "%Y-%m-%d %H:%M:%S%z",
        }
    },
    "filters": {
        "numbers": {"()": "ripeline.web.error_numbers.ErrorNumbers"},
        "foreign": {"()": "ripeline.web.foreign_names.ForeignNames"},
        "refused": {"()": "ripeline.web.refused_requests.RefusedRequests"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["numbers"]}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "ripeline": {"level": "INFO"},
        "django.request": {"filters": ["refused"]},
        "django.security.DisallowedHost": {"filters": ["foreign"]},
    },
}
