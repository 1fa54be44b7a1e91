"""A newsletter made of pages."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from wagtail.models import PageViewRestriction

from tests.testapp.models import SimplePage
from wagtail_automation import clock
from wagtail_automation.messaging.models import Email
from wagtail_automation.messaging.newsletters.models import Newsletter

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/automation/newsletters/from-pages/"


@pytest.fixture
def make_page(site):
    def make(title, days=0, **fields):
        page = SimplePage(title=title, slug=title.lower(), locale=site.root_page.locale, **fields)
        site.root_page.add_child(instance=page)
        published = clock.now() - dt.timedelta(days=days)
        SimplePage.objects.filter(pk=page.pk).update(first_published_at=published)
        return page

    return make


def test_what_was_published_since_the_last_issue(client, marketer, make_page, make_email):
    make_page("Fresh", 2), make_page("Older", 12), make_page("Ancient", 45)
    make_page("Hidden", 1, live=False)
    PageViewRestriction.objects.create(page=make_page("Private", 1), restriction_type="login")
    page = client.get(ADDRESS).content.decode()
    assert "Fresh (" in page and "Older (" in page, "thirty days, where there was no issue"
    assert "Ancient (" not in page and "Hidden (" not in page and "Private (" not in page
    Newsletter.objects.create(
        name="Last", email=make_email(), started_at=clock.now() - dt.timedelta(days=7), state="done"
    )
    page = client.get(ADDRESS).content.decode()
    assert "Fresh (" in page and "Older (" not in page
    page = client.get(ADDRESS, {"words": "anci"}).content.decode()
    assert "Ancient (" in page and "Fresh (" not in page
    for bad in ({"since": "yesterday"}, {"locale": "99999"}, {"locale": "x", "words": "y" * 500}):
        assert client.get(ADDRESS, bad).status_code == 200


def test_a_draft_of_pages_becomes_an_email(client, marketer, make_page):
    one, two = make_page("First", 3, search_description="What it is about"), make_page("Second", 2)
    values = {
        "pages": [one.pk, two.pk], "subject": "News & <b>more</b>", "text": "Hello\n\nRead <this>.",
        "beside": "on",
    }  # fmt: skip
    response = client.post(ADDRESS, values)
    email = Email.objects.get()
    assert response["Location"] == reverse(Email.snippet_viewset.get_url_name("edit"), args=[email.pk])
    assert not email.live and email.subject == "News & <b>more</b>"
    assert [block.block_type for block in email.body] == [
        "heading", "rich_text", "page_teaser", "page_teaser", "footer",
    ]  # fmt: skip
    assert client.get(response["Location"]).status_code == 200
    email.get_latest_revision().publish()
    version = email.versions.get(is_current=True)
    assert version.html.index("Second") < version.html.index("First"), "the newest first"
    assert "What it is about" in version.html and "/second/" in str(version.links)
    assert "Read &lt;this&gt;." in version.html
    body = version.html.partition("<body")[2]
    assert "News &amp; &lt;b&gt;more&lt;/b&gt;" in body


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pages": []}, "Choose at least one page."),
        ({"pages": [987654]}, "not one of the available choices"),
        ({"pages": ["x"]}, "not a valid value"),
        ({"subject": ""}, "required"),
        ({"subject": "a\r\nBcc: all@example.com"}, "line break"),
        ({"subject": "x" * 251}, "at most 250"),
        ({"text": "x" * 5001}, "at most 5000"),
    ],
)
def test_bad_input(client, marketer, make_page, change, message):
    values = {"pages": [make_page("One").pk], "subject": "News"} | change
    page = client.post(ADDRESS, values)
    assert page.status_code == 200 and message in page.content.decode()
    assert not Email.objects.exists()


def test_not_more_than_one_letter_takes(client, marketer, make_page, monkeypatch):
    from wagtail_automation.messaging.newsletters import drafting

    monkeypatch.setattr(drafting, "MOST", 2)
    pages = [make_page(f"Page{n}").pk for n in range(3)]
    answer = client.post(ADDRESS, {"pages": pages, "subject": "News"}).content.decode()
    assert "2 pages at most" in answer and not Email.objects.exists()
    client.post(ADDRESS, {"pages": pages[:1] * 900, "subject": "News"})
    assert [block.block_type for block in Email.objects.get().body].count("page_teaser") == 1


def test_who_may(client, db):
    user = User.objects.create_user("sam")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert client.get(ADDRESS).status_code == 302
