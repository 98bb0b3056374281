"""Some minutes later, for every session of a site that is being served: python -m tests.web.later FOLDER MINUTES.

The server's clock is not ours to turn, so what sessions remember is turned back: when a factor was set up or given,
and when they began.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tienbo.project.desk import django_start


def main(folder: Path, minutes: int) -> None:
    django_start(folder)
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session

    from tienbo.web.idle import BEGUN
    from tienbo.web.sign_in import SET_UP

    for row in Session.objects.all():
        said = row.get_decoded()
        for name in {SET_UP, BEGUN} & said.keys():
            said[name] -= minutes * 60
        for one in said.get("account_authentication_methods", ()):
            one["at"] -= minutes * 60
        row.session_data = SessionStore().encode(said)
        row.save()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
