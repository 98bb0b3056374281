from functools import partial
import pytest
from tests.web.events import watched


@pytest.mark.django_db
def test_rest(furnished):
    c = furnished.sit("office")
    n = 0
    seen = False
    for place in furnished.places():
        if place.address.endswith("/report/texts/"):
            seen = True
        if not seen or "POST" not in place.methods or place.name == "account_logout":
            continue
        try:
            watched(place, furnished.world.users["office"].username, partial(place.ask, c, "POST"), place.address)
        except AssertionError as e:
            print("BAD", place.name, str(e)[:300])
        n += 1
    print("RESTN", n)
