"""Foundations under every Django room: constraints on time and history, classes of fields, files by hash, keys."""
