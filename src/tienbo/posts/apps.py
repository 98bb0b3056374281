"""The app of posts."""

from __future__ import annotations

from django.apps import AppConfig


class PostsConfig(AppConfig):
    name = "tienbo.posts"
    label = "posts"
