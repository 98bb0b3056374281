"""Django's settings, read from the site named by TIENBO_SITE.

Without a site (tests, checks, making migrations) the database is TIENBO_DATABASE or a SQLite in memory, and the pages
are those of an office that has no home yet.
"""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path

from csp.constants import NONE, SELF

from tienbo.core.messages import LOCALE_DIR
from tienbo.project.assets import STATIC_FOLDERS, mark
from tienbo.project.site import mail_server, postgresql, site_open, sqlite
from tienbo.web.configuration import OfficeSettings

SITE = site_open(Path(os.environ["TIENBO_SITE"])) if os.environ.get("TIENBO_SITE") else None

if SITE is not None:
    SECRET_KEY = SITE.secret_key
    DATABASES = SITE.web_databases if os.environ.get("TIENBO_WEB") else SITE.databases
    WEB_ROLE = SITE.web_role
    OFFICE = OfficeSettings(
        name=SITE.name,
        files=SITE.files,
        facts=SITE.facts,
        out=SITE.out,
        pack=SITE.pack,
        home_unit=SITE.home_unit,
        seal=SITE.secret_key.encode(),
        signing=SITE.signing,
        place=SITE.place,
        illustrative=SITE.illustrative,
        mail_server=bool(SITE.mail),
        trial=not SITE.production and not SITE.illustrative,
        heads=SITE.heads_folder,
        connected=tuple(SITE.connected.items()),
        terms=tuple(SITE.terms.items()),
    )
    globals().update(mail_server(SITE.mail))
    EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if SITE.mail else 'dummy'}.EmailBackend"
    DEFAULT_FROM_EMAIL = SITE.mail_from or "tienbo@localhost"
    ALLOWED_HOSTS = list(SITE.hosts)
    CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in SITE.hosts if host not in ("localhost", "127.0.0.1")]
    SECURE = SITE.https
    SIGN_IN, SIGN_IN_POLICY = SITE.sign_in, SITE.policy
    _identity = SITE.identity_provider
    STATIC_ROOT = SITE.path / "static"
    _attempts = {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str((SITE.path / "attempts").absolute()),
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
    _figures = {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str((SITE.path / "figures").absolute()),
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 2_000},
    }
else:
    SECRET_KEY = "no-site-" + "0" * 42
    _url = os.environ.get("TIENBO_DATABASE", "")
    DATABASES = postgresql(_url) if _url else sqlite(":memory:")
    WEB_ROLE = os.environ.get("TIENBO_WEB_ROLE", "")
    _nowhere = Path(tempfile.gettempdir()) / f"tienbo-no-site-{os.getpid()}"
    OFFICE = OfficeSettings(
        name="",
        files=_nowhere / "files",
        facts=_nowhere / "facts",
        out=_nowhere / "out",
        pack="vn",
        home_unit="",
        seal=SECRET_KEY.encode(),
        signing="ban",
        place="",
        illustrative=False,
    )
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
    SECURE = False
    SIGN_IN, SIGN_IN_POLICY = "simple", "vn-level3"
    _identity = None
    STATIC_ROOT = _nowhere / "static"
    _attempts = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    _figures = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}

INSTALLED_APPS = [
    "tienbo.web",  # first: its templates stand before those of others
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "tienbo.web.identity",
    "tienbo.ground",
    "tienbo.accounts",
    "tienbo.units",
    "tienbo.posts",
    "tienbo.registers",
    "tienbo.collection",
    "tienbo.release",
    "tienbo.protection",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    *(["whitenoise.middleware.WhiteNoiseMiddleware"] if SITE else []),  # it serves what `tienbo serve` collected
    "tienbo.web.middleware.Policy",
    "tienbo.web.shedding.Shedding",
    "django.middleware.gzip.GZipMiddleware",
    "tienbo.web.middleware.speak",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tienbo.web.idle.idle",
    "tienbo.web.middleware.within_reach",
    "tienbo.web.middleware.Noted",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tienbo.web.middleware.one_map",
    "tienbo.web.middleware.Refusals",
]
WEB_PLACES = 2
"""Requests that one web process works on at a time."""
WEB_THREADS = 64
"""Requests that one web process holds: those at work, those that wait for a place (`web.shedding`), and a few more."""
WEB_OWN_THREADS = bool(os.environ.get("TIENBO_WEB"))
"""Whether requests are worked on in threads of their own (`web.shedding`): in a web process."""
_database: dict[str, object] = DATABASES["default"]  # type: ignore[assignment]
if os.environ.get("TIENBO_WEB"):
    if _database["ENGINE"] == "tienbo.ground.backends.postgresql":
        # A connection is a process of PostgreSQL's, 20 ms of a processor to start: a web process keeps one for each
        # place, and hands them from one request to the next. Four more are for who stepped aside (`web.shedding`) and
        # for what passes by the places (`/ready`).
        _database |= {"OPTIONS": {"pool": {"min_size": 1, "max_size": WEB_PLACES + 4}}, "CONN_HEALTH_CHECKS": True}
    else:
        # Opening a file costs little, reading its tables and triggers anew 2 ms; and who closes last writes the log
        # back.
        _database |= {"CONN_MAX_AGE": None}
ROOT_URLCONF = "tienbo.project.urls"
WSGI_APPLICATION = "tienbo.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tienbo.web.shell.shell",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "tienbo.web.templatetags.tienbo"],
        },
    }
]

# --------------------------------------------------------------------------------------------------- who signs in

AUTH_USER_MODEL = "accounts.User"
"""SIGN_IN is "guarded" (first passwords are changed, a second factor is asked of the roles that the matrix of rights
says) or "simple" (demonstrations, trials); SIGN_IN_POLICY names a profile of accounts/policies.yaml."""
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("CommonPasswordValidator", {}),
        ("UserAttributeSimilarityValidator", {"user_attributes": ("username", "full_name")}),
    )
] + [{"NAME": "tienbo.accounts.policies.FollowsPolicy"}]
PASSWORD_HASHERS = ["tienbo.accounts.hashing.Passwords", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
"""The first is what passwords are kept with; who signs in with one kept the other way has it kept the new way."""
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "tienbo.web.sign_in.Adapter"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {
    "login": "600/m/ip",
    "login_failed": "60/h/ip",
    "login_in_turn": "1/10s/ip",
    "reauthenticate": "20/m/user",
}
"""Many officers share one address: from where too many attempts failed, strangers wait for their turn (`web.sign_in`),
and browsers that are known do not (`web.known`). A name that failed too often is locked by the policy
(`accounts.signing`)."""
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_ADAPTER = "tienbo.web.sign_in.Factor"
MFA_FORMS = {"authenticate": "tienbo.web.sign_in.Code", "reauthenticate": "tienbo.web.sign_in.CodeAgain"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
"""Old machines' clocks are half a minute off."""
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
MFA_ALLOW_UNVERIFIED_EMAIL = True
"""Nobody has an e-mail address here."""
SOCIALACCOUNT_ADAPTER = "tienbo.web.sign_in.Identity"
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [_identity] if _identity else [], "OAUTH_PKCE_ENABLED": True}}
IDENTITY_NAME = _identity["name"] if _identity else ""
ALLAUTH_TRUSTED_PROXY_COUNT = int(SECURE)
"""Where a proxy speaks HTTPS in front, an address is the one it names last, whatever the visitor says."""
CACHES = {"default": _attempts, "figures": _figures}
"""`default` holds attempts at signing in and nothing else: they are counted over all processes, and a restart forgets
none. `figures` holds what one process asked for, so that the others need not ask (`web.figures`)."""
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "tienbo.web.errors.expired"

# --------------------------------------------------------------------------------------------- what a browser may

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap's arrows and ticks are data: addresses in its own stylesheet
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, *([_identity["settings"]["form_origin"]] if _identity else [])],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # the proxy in front redirects (deploy/nginx): the program listens on this machine alone
    "security.W005",  # other names under a province's domain are not this program's to speak for
    "security.W021",  # nor is a list in browsers that a domain's owner joins
]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
X_FRAME_OPTIONS = "DENY"

# ------------------------------------------------------------------------------------------------ files we serve

STATIC_URL = f"/static/{mark()}/"
"""The address changes with the files, so that a browser may keep them for ever."""
STATICFILES_DIRS = STATIC_FOLDERS
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 31_536_000
WHITENOISE_IMMUTABLE_FILE_TEST = rf"^{STATIC_URL}"
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20
DATA_UPLOAD_MAX_NUMBER_FILES = 2_000
"""More than any page takes, so that the page can say so in words."""
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
"""A record of a register with all the rows that fit."""
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20

# ------------------------------------------------------------------------------------------------ time and words

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_I18N = True
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [LOCALE_DIR]
FORMAT_MODULE_PATH = ["tienbo.web.formats"]
DEBUG = False
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["stderr"], "level": "WARNING"}},
}

# ---------------------------------------------------------------------------------------------------- the process

gc.set_threshold(50_000, 20, 20)
"""What is no longer used goes by counts at once; only circles are looked for, and among a pack's definitions and trees
of a nation that costs a report a tenth of its time at Python's own figure (700)."""
