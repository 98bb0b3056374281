from __future__ import annotations

import pytest
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from tienbo.accounts.actors import Actor, actor_of, operator
from tienbo.accounts.models import User

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_a_person_signs_in_with_the_password_they_were_given() -> None:
    user = User.objects.create_user("lan", "Nguyễn Thị Lan", "đường-về-xã-2026")
    assert user.check_password("đường-về-xã-2026")
    assert not user.is_superuser
    assert str(user) == "Nguyễn Thị Lan"


def test_a_password_kept_the_old_way_still_signs_in_and_is_kept_the_new_way() -> None:
    user = User.objects.create_user("lan", "Nguyễn Thị Lan", "đường-về-xã-2026")
    assert user.password.startswith("argon2$argon2id$v=19$m=47104,t=1,p=1$")
    user.password = make_password("đường-về-xã-2026", hasher="pbkdf2_sha256")
    user.save()
    assert not user.check_password("đường-về-2026")
    assert user.password.startswith("pbkdf2_sha256$")
    assert user.check_password("đường-về-xã-2026")
    assert User.objects.get(pk=user.pk).password.startswith("argon2$argon2id$v=19$m=47104,t=1,p=1$")


def test_without_a_password_nobody_signs_in() -> None:
    assert not User.objects.create_user("hoa", "Hoa").has_usable_password()


def test_two_people_cannot_share_a_user_name_in_any_spelling_of_unicode() -> None:
    User.objects.create_user("thủy", "Một")
    with pytest.raises(ValidationError):
        User.objects.create_user("thu\u0309y", "Hai")


def test_an_actor_is_a_user_or_the_operator_and_never_both() -> None:
    user = User.objects.create_user("lan", "Nguyễn Thị Lan")
    assert actor_of(user).name == "Nguyễn Thị Lan"
    assert operator("root").operator
    for wrong in ({"user": user, "operator": True}, {}):
        with pytest.raises(ValueError, match="exactly one"):
            Actor(name="x", **wrong)


def test_a_person_with_a_grant_is_not_deleted() -> None:
    from datetime import date

    from tienbo.units.services import grant_give, unit_create

    user = User.objects.create_user("lan", "Nguyễn Thị Lan")
    unit = unit_create(kind="commune", name="Xã An Bình", begins=date(2025, 7, 1))
    grant_give(user=user, unit=unit, role="preparer", begins=date(2025, 7, 1))
    with pytest.raises(ProtectedError):
        user.delete()
