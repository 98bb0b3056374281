"""The person who signs in. What they may do is a Grant on a unit (units room), never a property of the person."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models

from tienbo.core.messages import N_
from tienbo.core.words import clean
from tienbo.ground.constraints import AppendOnly
from tienbo.ground.fields import classes
from tienbo.ground.history import Recorded


class People(BaseUserManager["User"]):
    """Making people: `User.objects.create_user(...)`."""

    use_in_migrations = True

    def create_user(self, username: str, full_name: str, password: str | None = None) -> User:
        """A new person; without a password nobody can sign in as them."""
        user = self.model(username=self.model.normalize_username(clean(username)), full_name=clean(full_name))
        user.set_password(password)
        user.full_clean()
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, full_name: str, password: str | None = None) -> User:
        user = self.create_user(username, full_name, password)
        user.is_superuser = True
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    username = models.CharField(
        max_length=150,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        help_text="What the person types to sign in.",
    )
    full_name = models.CharField(max_length=150, help_text="Họ và tên, as on papers.")
    is_active = models.BooleanField(default=True, help_text="Cleared instead of deleting a person: history names them.")

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["full_name"]

    objects = People()

    history = Recorded(without=("password",), silent=("last_login",))
    sensitivity = classes(
        C1="username full_name is_active is_superuser last_login groups user_permissions",
        C3="password",
    )

    class Meta:
        db_table = "accounts_user"

    def __str__(self) -> str:
        return self.full_name or self.username


class AccountAct(models.Model):
    """What was done to an account, and by whom."""

    class Act(models.TextChoices):
        MADE = "made", N_("made")
        REOPENED = "reopened", N_("brought back, with a new password")
        CLOSED = "closed", N_("closed to sign-in")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="acts")
    act = models.CharField(max_length=10, choices=Act)
    reason = models.CharField(max_length=400, blank=True)
    actor = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)

    sensitivity = classes(C1="user act reason actor at")

    class Meta:
        constraints = [AppendOnly(name="acts_on_accounts_are_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.act} {self.user_id}"
