"""How a password is kept."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Passwords(Argon2PasswordHasher):
    """Argon2id with 46 MiB, once, on one line of work: what OWASP's password storage cheat sheet asks for at least.

    On the last evening everybody signs in. A hash of this strength that must be fast for nobody but us (PBKDF2, a
    million rounds) takes six times the processor's time; this one takes memory, which a thief's machines lack.
    """

    time_cost = 1
    memory_cost = 47_104
    parallelism = 1
