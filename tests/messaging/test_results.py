"""The tabs of an email: numbers, a picture with the clicks, people; a salesperson sees their own."""

import csv
import datetime as dt
import io
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_automation import clock
from wagtail_automation.admin.roles import create_groups
from wagtail_automation.audiences.goals.models import Goal, GoalReach
from wagtail_automation.audiences.models import LeadList
from wagtail_automation.messaging import reasons, sender
from wagtail_automation.messaging.delivery import clicks, facts
from wagtail_automation.messaging.models import Message
from wagtail_automation.messaging.results import numbers
from wagtail_automation.outbox import State
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db
PREVIEW, STATISTICS, PEOPLE, FRAME, ADD = (
    f"wa_email_{name}" for name in ("preview", "statistics", "people", "frame", "add_to_list")
)


def user_of(group):
    create_groups()
    user = User.objects.create_user(group.lower(), f"{group.lower()}@example.com", "x")
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def marketer(client, db):
    client.force_login(user_of("Marketer"))
    return client


@pytest.fixture
def email(make_email, make_lead, queue, smtp):
    """Ten people got it: some read, some clicked, three came back, one complained; machines were busy."""
    email = make_email()
    people = [make_lead(f"p{n}@{'big' if n < 6 else 'small'}.example") for n in range(10)]
    messages = queue(email, *people)
    sender.send_due()
    messages = list(Message.objects.select_related("lead", "email_version", "site").order_by("lead_id"))
    numbers_ = sorted(int(name.removeprefix("link_")) for name in email.versions.get().links)
    later = clock.now() + dt.timedelta(minutes=5)
    link = messages[0].email_version.links[f"link_{numbers_[0]}"]
    for message in messages[:3]:
        clicks.note(message, numbers_[0], link, human=True, data={"device": "mobile"}, now=later)
    clicks.note(messages[4], numbers_[0], link, human=False, data={}, now=later)
    facts.delivered(messages[0], at=later)
    facts.bounced(messages[7], kind="hard", at=later)
    facts.bounced(messages[8], kind="soft", at=later)
    facts.bounced(messages[9], kind="blocked", at=later)
    facts.complained(messages[5], at=later)
    goal = Goal.objects.create(name="Signed up", folded="signed up")
    for message, days in ((messages[0], 2), (messages[1], 9)):
        moment = clock.now() + dt.timedelta(days=days)
        GoalReach.objects.create(goal=goal, lead=message.lead, key="once", at=moment)
    return email


def test_the_numbers(email, marketer):
    rows = numbers.messages_of(email, User.objects.get(username="marketer"))
    found = numbers.totals(rows)
    assert {name: n for name, n in found.items() if n} == {
        "sent": 10, "tried": 10, "delivered": 7, "confirmed": 1, "opened": 3, "clicked": 3,
        "machine_clicked": 1, "hard": 1, "soft": 1, "blocked": 1, "complained": 1,
    }  # fmt: skip
    assert [(g.name, g.sent, g.bounced, g.complained) for g in numbers.by(rows, "domain")] == [
        ("big.example", 6, 0, 1),
        ("small.example", 4, 3, 0),
    ]
    assert [(g.name, g.clicked) for g in numbers.by(rows, "device")] == [("mobile", 3)]
    days = numbers.by_day(rows, clock.now() + dt.timedelta(hours=1))
    assert [tuple(counts) for _day, *counts in days] == [(3, 3)]
    assert list(numbers.clicks(rows).values()) == [(3, 1)]
    assert numbers.goals(rows) == [("Signed up", 1)]
    assert numbers.share(1, 3) == 33.3 and numbers.share(1, 0) is None


def test_the_three_tabs(email, marketer):
    page = marketer.get(reverse(STATISTICS, args=[email.pk])).content.decode()
    for words in ("big.example", "Signed up", "Bounced for good", "Followed by a machine"):
        assert words in page, words
    assert "style=" not in page.split("<main", 1)[1].split("</main>")[0]
    page = marketer.get(reverse(PREVIEW, args=[email.pk])).content.decode()
    assert reverse(FRAME, args=[email.pk]) in page
    page = marketer.get(reverse(PEOPLE, args=[email.pk])).content.decode()
    assert "10 messages" in page and "p0@big.example" in page
    edit = marketer.get(reverse("wagtail_automation_emails:edit", args=[email.pk])).content.decode()
    assert reverse(STATISTICS, args=[email.pk]) in edit


def test_the_picture_carries_the_numbers_and_leads_nowhere(email, marketer):
    answer = marketer.get(reverse(FRAME, args=[email.pk]), {"clicks": "1"})
    html = answer.content.decode()
    assert 'title="3 people">3</span></a>' in html and 'title="0 people">0</span></a>' in html
    assert "/automation/" not in html and "shop.example" not in html
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "people" not in marketer.get(reverse(FRAME, args=[email.pk])).content.decode()


def test_clicks_of_all_languages_add_up(email, marketer, make_lead, queue, smtp, french):
    """What stands at the links is what “Clicked” counts, though each language has links of its own."""
    translation = email.copy_for_translation(french)
    translation.body = translation.body.stream_block.to_python(
        [
            {
                "type": "button",
                "value": {"label": "Voir", "link": {"page": None, "url": "https://shop.example/fr/"}},
            }
        ]
    )
    translation.save()
    translation.save_revision().publish()
    people = [make_lead(f"fr{n}@big.example", language="fr") for n in range(2)]
    queue(email, *people, key="test:2")
    sender.send_due()
    later = clock.now() + dt.timedelta(minutes=5)
    for message in Message.objects.filter(lead__in=people).select_related("lead", "email_version", "site"):
        assert message.email_version.language == "fr"
        name, link = next(iter(message.email_version.links.items()))
        clicks.note(message, int(name.removeprefix("link_")), link, human=True, data={}, now=later)
    answer = marketer.get(reverse(STATISTICS, args=[email.pk]))
    own, elsewhere = answer.context["links"], answer.context["links_elsewhere"]
    assert [(row["label"], row["language"], row["people"]) for row in elsewhere] == [("Voir", "Français", 2)]
    clicked = next(figure for figure in answer.context["main"] if figure["label"] == "Clicked")
    assert clicked["count"] == sum(row["people"] for row in own + elsewhere) == 5
    page = answer.content.decode()
    assert "In its other languages" in page and "counts each person once" in page


def test_days_are_written_as_the_reader_writes_them(email, marketer):
    page = marketer.get(reverse(STATISTICS, args=[email.pk])).content.decode()
    today = clock.now().date()
    assert f"{today:%m/%d/%Y}" in page and f'data-label="{today.isoformat()}"' not in page


def test_filter_search_and_file(email, marketer):
    url = reverse(PEOPLE, args=[email.pk])
    page = marketer.get(url, {"state": "clicked"}).content.decode()
    assert "3 messages" in page and "p0@big.example" in page and "p4@big.example" not in page
    assert "1 message" in marketer.get(url, {"state": "hard", "q": "P7@"}).content.decode()
    assert "10 messages" in marketer.get(url, {"state": "'; DROP"}).content.decode()
    Message.objects.filter(lead__email="p0@big.example").update(reason="=cmd")
    answer = marketer.get(url, {"state": "opened", "export": "csv"})
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert len(rows) == 4 and {row[0] for row in rows[1:]} == {f"p{n}@big.example" for n in range(3)}
    assert any("'=cmd" in row for row in rows)


def test_people_of_a_state_are_put_on_a_list(email, marketer):
    chosen = LeadList.objects.create(name="Clicked")
    computed = LeadList.objects.filter(builtin__gt="").first()
    url = f"{reverse(ADD, args=[email.pk])}?state=clicked"
    assert "3 people: Clicked" in marketer.get(url).content.decode()
    assert not chosen.memberships.exists(), "a GET changes nothing"
    marketer.post(url, {"list": str(chosen.pk)})
    marketer.post(url, {"list": str(chosen.pk)})
    emails = chosen.memberships.values_list("lead__email", flat=True)
    assert sorted(emails) == [f"p{n}@big.example" for n in range(3)]
    for wrong in ("", "0", "x", str(computed.pk) if computed else "999999"):
        assert marketer.post(url, {"list": wrong}).status_code == 200


def test_a_salesperson_sees_their_own(email, client):
    seller = user_of("Salesperson")
    lead = Message.objects.order_by("lead_id").first().lead
    lead.owner = seller
    lead.save()
    client.force_login(seller)
    page = client.get(reverse(STATISTICS, args=[email.pk])).content.decode()
    assert "big.example" in page and "small.example" not in page
    page = client.get(reverse(PEOPLE, args=[email.pk])).content.decode()
    assert "1 message" in page and "p0@big.example" in page and "p1@big" not in page
    export = client.get(reverse(PEOPLE, args=[email.pk]), {"export": "csv"}).getvalue().decode()
    assert "p0@big" in export and "p1@big" not in export
    frame = client.get(reverse(FRAME, args=[email.pk]), {"clicks": "1"}).content.decode()
    assert 'title="1 person">1</span>' in frame


def test_a_stranger_sees_nothing(email, client):
    client.force_login(User.objects.create_user("nobody", "n@example.com", "x"))
    for name in (PREVIEW, STATISTICS, PEOPLE, FRAME, ADD):
        assert client.get(reverse(name, args=[email.pk])).status_code in (302, 403)


def test_as_many_queries_for_any_number(email, marketer, make_lead, queue):
    counts = []
    for more in (0, 12):
        queue(email, *[make_lead() for _n in range(more)], key=f"more{more}")
        with CaptureQueriesContext(connection) as queries:
            for name in (STATISTICS, PEOPLE):
                assert marketer.get(reverse(name, args=[email.pk])).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 60, counts


def test_an_email_that_was_never_sent(make_email, marketer):
    for email in (make_email(publish=False), make_email()):
        assert "Nothing was sent yet" in marketer.get(reverse(STATISTICS, args=[email.pk])).content.decode()
        assert "Nobody." in marketer.get(reverse(PEOPLE, args=[email.pk])).content.decode()
        assert marketer.get(reverse(FRAME, args=[email.pk])).status_code == 200
    with test_clock.shift(dt.timedelta(days=1)):
        assert marketer.get(reverse(PREVIEW, args=[email.pk])).status_code == 200


def test_the_picture_of_an_email_that_names_its_sender(make_email, brand, marketer, make_lead, queue, smtp):
    """The value ``sender`` is who the email comes from, for nobody in particular the site."""
    body = [("rich_text", {"text": "<p>Yours, {{ sender.name }}</p>"})]
    email = make_email(body=body)
    queue(email, make_lead())
    sender.send_due()
    page = marketer.get(reverse(FRAME, args=[email.pk])).content.decode()
    assert f"Yours, {brand.sender_name}" in page


def test_what_a_server_refused_at_once_is_a_share_of_what_was_tried(email, marketer):
    """It was never sent: of what was sent the bounces would be more than everything."""
    rows = numbers.messages_of(email, User.objects.get(username="marketer"))
    refused = rows.exclude(bounce_kind="hard").filter(bounce_kind="")[:5]
    Message.objects.filter(pk__in=[row.pk for row in refused]).update(
        state=State.FAILED, reason="recipient_refused", sent_at=None, bounce_kind="hard"
    )
    Message.objects.filter(state=State.SENT, bounce_kind="").update(state=State.SKIPPED)
    found = numbers.totals(rows)
    assert (found["sent"], found["hard"], found["tried"]) == (3, 6, 8)
    shown = {
        one["label"]: one for one in marketer.get(reverse(STATISTICS, args=[email.pk])).context["others"]
    }
    assert shown["Bounced for good"]["share"] == 75.0 and shown["Bounced for now"]["share"] == 12.5


def test_every_reason_has_words():
    """What a message's reason may be, as the sources of this app write it."""
    codes = re.compile(r'(?:Refusal\(|\breason=|Verdict\.(?:RETRY|FAILED|UNKNOWN), )"([a-z_]+)"')
    root = Path(reasons.__file__).parent
    found = {code for path in root.rglob("*.py") for code in codes.findall(path.read_text())}
    assert {"suppressed", "erased", "bad_secret", "provider_account"} <= found
    assert found <= set(reasons.REASONS), found - set(reasons.REASONS)
