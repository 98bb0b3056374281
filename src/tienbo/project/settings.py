"""Django's settings, read from the site named by TIENBO_SITE.

Without a site (tests, checks, making migrations) the database is TIENBO_DATABASE or a SQLite in memory.
"""

from __future__ import annotations

import os
from pathlib import Path

from tienbo.core.messages import LOCALE_DIR
from tienbo.project.site import postgresql, site_open, sqlite

SITE = site_open(Path(os.environ["TIENBO_SITE"])) if os.environ.get("TIENBO_SITE") else None

if SITE is not None:
    SECRET_KEY = SITE.secret_key
    DATABASES = SITE.databases
else:
    SECRET_KEY = "no-site-" + "0" * 42
    _url = os.environ.get("TIENBO_DATABASE", "")
    DATABASES = postgresql(_url) if _url else sqlite(":memory:")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "tienbo.ground",
    "tienbo.accounts",
    "tienbo.units",
    "tienbo.collection",
    "tienbo.release",
]
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_I18N = True
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [LOCALE_DIR]
DEBUG = False
