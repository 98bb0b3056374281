"""The person who signs in. What they may do is a Grant on a unit (units room), never a property of the person."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.utils.crypto import salted_hmac

from tienbo.core.messages import N_
from tienbo.core.words import clean
from tienbo.ground.constraints import AppendOnly
from tienbo.ground.fields import classes
from tienbo.ground.history import Recorded
from tienbo.ground.whose import Nobodys


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
    drawn = models.BooleanField(
        default=False, help_text="The password was drawn by the system: it is to be changed at the first sign-in."
    )
    sittings = models.PositiveIntegerField(
        default=0, help_text="Counted up when a right is taken back: every session of before is over."
    )

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["full_name"]

    objects = People()

    history = Recorded(without=("password",), silent=("last_login",))
    whose = Nobodys("who signs in is known before it is known where they sit")
    sensitivity = classes(
        C1="username full_name is_active is_superuser last_login groups user_permissions sittings drawn",
        C3="password",
    )

    class Meta:
        db_table = "accounts_user"

    def __str__(self) -> str:
        return self.full_name or self.username

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must agree with at every request: it changes with the password, and when a right is taken
        back (`accounts.services.sessions_end`)."""
        salt = "tienbo.accounts.models.User.session"
        return salted_hmac(salt, f"{self.password}|{self.sittings}", secret=secret, algorithm="sha256").hexdigest()


class AccountAct(models.Model):
    """What was done to an account, and by whom."""

    class Act(models.TextChoices):
        MADE = "made", N_("made")
        REOPENED = "reopened", N_("brought back, with a new password")
        CLOSED = "closed", N_("closed to sign-in")
        GRANTED = "granted", N_("given a role")
        ENDED = "ended", N_("a role taken back")
        WOKEN = "woken", N_("woken for a period")
        UNLOCKED = "unlocked", N_("unlocked after failed attempts")
        FACTOR_OFF = "factor_off", N_("second factor taken off")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="acts")
    act = models.CharField(max_length=10, choices=Act)
    reason = models.CharField(max_length=400, blank=True)
    actor = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)

    whose = Nobodys("of an account")
    sensitivity = classes(C1="user act reason actor at")

    class Meta:
        constraints = [AppendOnly(name="acts_on_accounts_are_never_rewritten")]

    def __str__(self) -> str:
        return f"{self.act} {self.user_id}"


class PasswordKept(models.Model):
    """A password that a person chose, as it was hashed: the same one is not taken again (`policies`)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="passwords")
    password = models.CharField(max_length=128)
    at = models.DateTimeField(auto_now_add=True)

    whose = Nobodys("of an account")
    sensitivity = classes(C1="user at", C3="password")

    def __str__(self) -> str:
        return f"{self.user_id} {self.at}"


class SignInFailures(models.Model):
    """Failed attempts at a name, whether or not an account has it: nobody learns which accounts there are.

    The name is kept as a mark that only this site can make: people type passwords where a name belongs.
    """

    mark = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
    of_browser = models.BooleanField(default=False)
    """Of a browser that is known for the name (`web.known`), and not of all others."""

    whose = Nobodys("of a name that was typed")
    sensitivity = classes(C1="mark failures last_at of_browser")

    def __str__(self) -> str:
        return f"{self.mark[:8]} {self.failures}"
