"""The calendar of what is planned, and the public archive."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import Site

from wagtail_automation import clock
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.messaging.newsletters.models import Newsletter

pytestmark = pytest.mark.django_db
ARCHIVE = "/automation/n/"
CALENDAR = "/admin/automation/newsletters/calendar/"
PERSONAL = [
    ("heading", {"text": "Hello {{ lead.first_name | default: 'reader' }}", "level": "h1"}),
    (
        "rich_text",
        {"text": '<p><a href="https://shop.example/news">The news</a>. {{ sender.name }}</p>'},
    ),
]


@pytest.fixture
def make_newsletter(make_email):
    def make(**fields):
        email = fields.pop("email", None) or make_email(
            "Hello {{ lead.first_name | default: 'all' }}", PERSONAL
        )
        values = {"name": "Internal name", "in_archive": True, "state": "done", "started_at": clock.now()}
        return Newsletter.objects.create(email=email, **values | fields)

    return make


def test_everybody_may_read_it_without_values_of_anybody(client, make_newsletter, make_lead):
    make_lead(first_name="Zoltan")
    newsletter = make_newsletter()
    page = client.get(ARCHIVE)
    text = page.content.decode()
    assert "Hello all" in text and str(newsletter.uuid) in text and "Internal name" not in text
    assert "noindex" not in text and "public" in page["Cache-Control"] and not page.cookies
    one = client.get(f"{ARCHIVE}{newsletter.uuid}/")
    html = one.content.decode()
    assert "Hello reader" in html and "Atelier Sève" in html and "Zoltan" not in html
    assert "https://shop.example/news" in html and "/automation/e/" not in html
    assert "/automation/u/" not in html and "/automation/o/" not in html and "/automation/p/" not in html
    assert "default-src 'none'" in one["Content-Security-Policy"] and not one.cookies


def test_what_is_not_in_the_archive(client, make_newsletter, make_email):
    unpublished = make_newsletter()
    unpublished.email.unpublish()
    other = Site.objects.create(hostname="other.example", root_page=Site.objects.get().root_page)
    foreign = make_email(site=other)
    hidden = [
        make_newsletter(in_archive=False),
        make_newsletter(started_at=None, state="planned"),
        make_newsletter(state="cancelled"),
        make_newsletter(email=foreign),
        unpublished,
    ]
    text = client.get(ARCHIVE).content.decode()
    for newsletter in hidden:
        assert str(newsletter.uuid) not in text
        assert client.get(f"{ARCHIVE}{newsletter.uuid}/").status_code == 404
    assert "There is none yet." in text
    assert client.get(f"{ARCHIVE}00000000-0000-0000-0000-000000000000/").status_code == 404
    assert client.get(f"{ARCHIVE}nonsense/").status_code == 404
    assert client.post(ARCHIVE).status_code == 405


def test_of_two_versions_the_one_that_won(client, make_newsletter, make_email):
    from wagtail_automation.audiences.experiments import actions as experiments
    from wagtail_automation.messaging.newsletters import testing

    newsletter = make_newsletter(email_b=make_email("The winner", PERSONAL))
    newsletter.experiment = testing.begin(newsletter, clock.now())
    newsletter.save()
    assert "The winner" not in client.get(ARCHIVE).content.decode()
    experiments.decide(experiment=newsletter.experiment, key="b", now=clock.now())
    assert "The winner" in client.get(ARCHIVE).content.decode()


def test_the_calendar(client, marketer, make_newsletter, make_email):
    day = dt.datetime(2031, 5, 14, 9, 30, tzinfo=dt.UTC)
    make_newsletter(name="May letter", state="planned", started_at=None, send_at=day, begins_at=day)
    make_newsletter(name="April letter", started_at=dt.datetime(2031, 4, 2, 8, tzinfo=dt.UTC))
    email = make_email(publish=False, name="Invitation")
    email.go_live_at = dt.datetime(2031, 5, 20, 8, tzinfo=dt.UTC)
    email.save_revision().publish()
    Campaign.objects.create(name="Spring sale", live=True, starts_at=dt.datetime(2031, 5, 3, tzinfo=dt.UTC))
    Campaign.objects.create(name="Draft sale", live=False, starts_at=dt.datetime(2031, 5, 3, tzinfo=dt.UTC))
    page = client.get(CALENDAR, {"month": "2031-05"}).content.decode()
    for words in ("May letter", "Invitation", "Spring sale", "Email is published", "Campaign begins"):
        assert words in page
    assert "Draft sale" not in page and "April letter" not in page
    assert "April 30" in page, "days of the months beside say of which month they are"
    assert "?month=2031-04" in page and "?month=2031-06" in page
    assert "April letter" in client.get(CALENDAR, {"month": "2031-04"}).content.decode()
    with CaptureQueriesContext(connection) as few:
        client.get(CALENDAR, {"month": "2031-05"})
    for number in range(5):
        make_newsletter(name=f"More {number}", started_at=day)
    with CaptureQueriesContext(connection) as many:
        client.get(CALENDAR, {"month": "2031-05"})
    assert len(many) == len(few)


@pytest.mark.parametrize("month", ["", "x", "2031-13", "1900-01", "9999-12", "2031-05-05", "2031"])
def test_a_month_that_is_none(client, marketer, month):
    page = client.get(CALENDAR, {"month": month})
    assert page.status_code == 200 and f"{clock.now():%Y}" in page.content.decode()


def test_who_may_see_the_calendar(client, db, make_newsletter):
    user = User.objects.create_user("sam")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert client.get(CALENDAR).status_code == 302
    user.user_permissions.add(Permission.objects.get(codename="view_newsletter"))
    Campaign.objects.create(name="Secret sale", live=True, starts_at=clock.now())
    make_newsletter(name="Today")
    page = client.get(CALENDAR).content.decode()
    assert "Today" in page and "Secret sale" not in page
