"""Bytes that somebody brought: kept once under their hash, whatever they are for."""

from __future__ import annotations

from tienbo.accounts.actors import Actor
from tienbo.collection.models import Upload
from tienbo.ground.files import FileStore


def upload_keep(*, content: bytes, name: str, actor: Actor, store: FileStore) -> Upload:
    """The upload of these bytes, on the disk before its row is written. The same bytes again are the one there is,
    under the name they first came by."""
    sha256 = store.put(content)
    upload, _new = Upload.objects.get_or_create(
        sha256=sha256, defaults={"name": name[-255:], "size": len(content), "received_by": actor.name}
    )
    return upload
