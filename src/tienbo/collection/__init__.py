"""Collecting: periods are opened, returns come in, are kept as said, decided on, and become facts."""
