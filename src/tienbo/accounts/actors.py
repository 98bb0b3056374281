"""Who is acting: a person who signed in, or the operator at the command line of the site's own machine."""

from __future__ import annotations

from dataclasses import dataclass

from tienbo.accounts.models import User


@dataclass(frozen=True, slots=True)
class Actor:
    """The doer of an act, as services take it.

    `user` is None for the operator of the command line, who holds the site's files and database anyway: the
    operator may do everything, under the name that history keeps.
    """

    name: str
    user: User | None = None
    operator: bool = False

    def __post_init__(self) -> None:
        if (self.user is None) != self.operator:
            raise ValueError("an actor is a user or the operator, exactly one of them")

    def __str__(self) -> str:
        return self.name

    @property
    def account(self) -> str:
        """By what the journal knows who acts: what they sign in with, or the operator's account."""
        return self.user.get_username() if self.user is not None else f"operator:{self.name}"


def actor_of(user: User) -> Actor:
    return Actor(name=str(user), user=user)


def operator(name: str) -> Actor:
    """The operator of the command line, by the name of the account that runs it."""
    return Actor(name=name, operator=True)
