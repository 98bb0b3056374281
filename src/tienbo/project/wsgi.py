"""The web process: `granian --interface wsgi tienbo.project.wsgi:application`, started by `tienbo serve`."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tienbo.project.settings")
application = get_wsgi_application()
