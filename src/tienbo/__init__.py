"""Tiến Bộ: the information system for Committees for the Advancement of Women."""

__version__ = "0.1.0"
