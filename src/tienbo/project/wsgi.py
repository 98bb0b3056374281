"""The web process: `granian --interface wsgi tienbo.project.wsgi:application`, started by `tienbo serve`."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tienbo.project.settings")
os.environ["TIENBO_WEB"] = "1"  # said to the settings: this process answers many at a time
application = get_wsgi_application()

if connection.vendor == "postgresql":
    from tienbo.ground.postgresql.base import keep

    keep(settings.WEB_PLACES)
