"""Assets: behind a form or a signed link, counted for each person; and pages recommended by interest."""

import datetime as dt
import re
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from wagtail.documents import get_document_model

from tests.content.conftest import BROWSER, FormReader, one_block
from wagtail_automation import clock, liquid
from wagtail_automation.audiences.interests.fading import strength_of
from wagtail_automation.audiences.models import Interest, InterestSection, LeadInterest
from wagtail_automation.content.assets import tokens
from wagtail_automation.content.models import Asset, AssetDownload, FormSubmission
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.merging import merge
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import record_event
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def asset(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)

    def make(name="Guide", **fields):
        if "video" not in fields:
            document = get_document_model().objects.create(
                title=name, file=ContentFile(b"%PDF-1.7 wood", "guide.pdf")
            )
            fields["document"] = document
        return Asset.objects.create(name=name, **fields)

    return make


@pytest.fixture
def lead(db):
    return Lead.objects.create(status="known", email="ada@example.com")


def get(url, client=None, **headers):
    answer = (client or Client()).get(url, headers={"User-Agent": BROWSER, **headers})
    if answer.streaming:
        answer.body = b"".join(answer.streaming_content)
    return answer


def test_without_a_form_everybody_gets_it_and_it_is_counted(asset, make_visitor):
    guide = asset("<b>Guide")
    page = get(f"/automation/assets/{guide.uuid}/")
    assert "&lt;b&gt;Guide" in page.content.decode() and "noindex" in page["X-Robots-Tag"]
    url = f"/automation/assets/{guide.uuid}/open/"
    known, lead = make_visitor()
    file = get(url, known)
    assert file.body == b"%PDF-1.7 wood"
    assert "attachment" in file["Content-Disposition"] and "no-store" in file["Cache-Control"]
    assert file["X-Content-Type-Options"] == "nosniff"
    get(url, known)
    get(url)
    known.head(url, headers={"User-Agent": BROWSER})
    get(url, **{"User-Agent": "SomeBot/1.0 (bot)"})
    rows = AssetDownload.objects.order_by("pk").values_list("lead", flat=True)
    assert list(rows) == [lead.pk, None], "once in ten minutes for a person, not for programs"
    assert Event.objects.get(name="asset_downloaded").object_key == guide.uuid


def test_behind_a_form(asset, form, client, monkeypatch):
    guide = asset(form=form)
    path = f"/automation/assets/{guide.uuid}/"
    assert get(f"{path}open/").status_code == 410
    reader = FormReader(client, path)
    assert reader.action == path
    with test_clock.freeze(clock.now() + dt.timedelta(seconds=9)):
        again = reader.send(first_name="Ada", email="nonsense", message="")
        assert again.status_code == 422 and "valid email" in again.content.decode()
        sent = reader.send(first_name="Ada", email="ada@example.com", message="")
        assert sent.status_code == 303
        file = get(sent["Location"])
        assert file.status_code == 200
        FormSubmission.objects.get()
        assert AssetDownload.objects.get().lead.email == "ada@example.com"
        other = asset("Other", form=form)
        swapped = sent["Location"].replace(str(guide.uuid), str(other.uuid))
        assert get(swapped).status_code == 410, "a link is for one asset"
    assert client.post(path, {}, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post(f"/automation/assets/{asset('Free').uuid}/").status_code == 404


def test_a_link_in_an_email_is_for_one_person_and_expires(asset, form, lead):
    guide = asset(form=form, link_days=7)
    now = clock.now()
    with test_clock.freeze(now):
        other = asset("Other", form=form)
        name = f"asset.token_{guide.pk}"
        data = liquid.contexts([lead], [name])[lead.pk]
        assert list(data["asset"]) == [f"token_{guide.pk}"], "only what is read is signed"
        token = liquid.render(f"{{{{ {name} }}}}", data)
        url = f"/automation/assets/{guide.uuid}/{token}/"
        assert get(url).status_code == 200
        assert get(url.replace(str(guide.uuid), str(other.uuid))).status_code == 410, "of this asset alone"
    assert AssetDownload.objects.get().lead_id == lead.pk
    with test_clock.freeze(now + dt.timedelta(days=8)):
        late = get(url)
        assert late.status_code == 410 and "no longer valid" in late.content.decode()
    survivor = Lead.objects.create(status="known")
    merge(source=lead, target=survivor, now=now, reason="test")
    with test_clock.freeze(now + dt.timedelta(days=1)):
        get(url)
    assert list(AssetDownload.objects.values_list("lead", flat=True)) == [survivor.pk] * 2


def test_tokens_of_many_people_take_one_query(asset, django_assert_num_queries):
    guide, gone = asset(), asset("Gone")
    key = gone.pk
    gone.delete()
    people = [Lead.objects.create(status="known") for _ in range(20)]
    with django_assert_num_queries(1):
        found = liquid.contexts(people, {f"asset.token_{guide.pk}", f"asset.token_{key}", "asset.else"})
    tokens_of = [data["asset"][f"token_{guide.pk}"] for data in found.values()]
    assert len(set(tokens_of)) == 20
    assert {data["asset"][f"token_{key}"] for data in found.values()} == {""}, "the email still goes out"
    assert f"token_{guide.pk}" in liquid.contexts(people[:1])[people[0].pk]["asset"], "for the preview: all"


def test_the_block_in_an_email_gives_each_their_own_link(asset, form, lead, site, english):
    from django.core import mail

    from wagtail_automation.messaging import sender
    from wagtail_automation.messaging.actions import queue_email
    from wagtail_automation.messaging.models import Email
    from wagtail_automation.objects import ref_of

    guide = asset("A <b> guide", form=form, description="Twenty pages")
    email = Email(name="Guide", subject="Guide", locale=english, site=site, live=False)
    raw = [
        {"type": "asset", "id": str(uuid.uuid4()), "value": {"asset": guide.pk, "label": "Fetch"}},
        {"type": "asset", "id": str(uuid.uuid4()), "value": {"asset": None, "label": "Nothing"}},
    ]
    email.body = Email._meta.get_field("body").stream_block.to_python(raw)
    email.save()
    email.save_revision().publish()
    bob = Lead.objects.create(status="known", email="bob@example.com")
    people = LeadsCohort([lead.pk, bob.pk], key="test", now=clock.now())
    queue_email(cohort=people, email=ref_of(email))
    sender.send_due()
    sent = {message.to[0]: message for message in mail.outbox}
    assert set(sent) == {"ada@example.com", "bob@example.com"}
    for message, whose in ((sent["ada@example.com"], lead), (sent["bob@example.com"], bob)):
        html = html_of(message)
        assert "A &lt;b&gt; guide" in html and "Twenty pages" in html and "Nothing" not in html
        link = re.search(r'href="https?://[^/"]+([^"]+)"[^>]*>\s*Fetch', html)[1]
        browser = Client()
        answer = get(link, browser)
        while answer.status_code == 302:
            answer = get(answer["Location"].partition("//")[2].partition("/")[2].join(["/", ""]), browser)
        assert answer.body == b"%PDF-1.7 wood"
        assert AssetDownload.objects.filter(lead=whose).count() == 1


def html_of(message) -> str:
    (part,) = [part for part in message.message().walk() if part.get_content_type() == "text/html"]
    return part.get_payload(decode=True).decode()


@pytest.mark.parametrize("days", [3, None])
def test_downloads_are_kept_as_long_as_the_site_says(asset, lead, settings, days):
    from wagtail_automation import pruning

    guide, now = asset(), clock.now()
    for age in (2, 4):
        AssetDownload.objects.create(asset=guide, lead=lead, at=now - dt.timedelta(days=age))
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "RETENTION_DAYS": {"asset_downloads": days}}
    pruning.prune(now)
    assert AssetDownload.objects.count() == (1 if days else 2)


@pytest.mark.parametrize("token", ["x", "x" * 400, "W10:abc", "eyJ9:sig", "open"])
def test_forged_links_lead_nowhere(asset, form, token):
    guide = asset(form=form)
    assert get(f"/automation/assets/{guide.uuid}/{token}/").status_code == 410
    assert not AssetDownload.objects.exists()
    assert get(f"/automation/assets/{uuid.uuid4()}/").status_code == 404


def test_a_video_elsewhere_and_a_file_that_is_gone(asset, lead):
    video = asset("Film", video="https://video.example/film")
    answer = get(f"/automation/assets/{video.uuid}/open/")
    assert answer.status_code == 302 and answer["Location"] == "https://video.example/film"
    guide = asset()
    guide.document.file.storage.delete(guide.document.file.name)
    assert get(f"/automation/assets/{guide.uuid}/{tokens.make(lead, guide.uuid)}/").status_code == 404


def test_it_is_one_of_three(asset):
    guide = asset()
    guide.full_clean()
    guide.video = "https://video.example/film"
    with pytest.raises(ValidationError):
        guide.full_clean()
    with pytest.raises(ValidationError):
        Asset(name="Nothing").full_clean()


def test_on_a_page_and_in_the_admin(asset, make_page, client, admin_user, lead):
    guide = asset("Guide")
    make_page([one_block("asset", guide.pk)])
    assert f"/automation/assets/{guide.uuid}/" in get("/personal/").content.decode()
    get(f"/automation/assets/{guide.uuid}/{tokens.make(lead, guide.uuid)}/")
    client.force_login(admin_user)
    base = "wagtail_automation_asset"
    assert "Guide" in client.get(reverse(f"{base}:index")).content.decode()
    assert client.get(reverse(f"{base}:add")).status_code == 200
    edit = client.get(reverse(f"{base}:edit", args=[guide.pk])).content.decode()
    assert f"{{{{ asset.token_{guide.pk} }}}}" in edit
    who = client.get(reverse(f"{base}:downloads", args=[guide.pk])).content.decode()
    assert "ada@example.com" in who


# -- recommendations -------------------------------------------------------------------------------------


def interested(lead, name, points, **fields):
    interest = Interest.objects.create(name=name, **fields)
    strength = strength_of(points, clock.now(), interest.half_life_days)
    LeadInterest.objects.create(interest=interest, lead=lead, strength=strength)
    return interest


@pytest.fixture
def sections(site, make_page):
    """Two sections with a page each, and a page that recommends."""

    def below(parent, slug, **fields):
        from tests.contentapp.models import PersonalPage

        page = PersonalPage(title=slug.capitalize(), slug=slug, locale=parent.locale, **fields)
        parent.add_child(instance=page)
        return page

    wood, metal = below(site.root_page, "wood"), below(site.root_page, "metal")
    pages = {slug: below(parent, slug) for parent, slug in ((wood, "oak"), (wood, "pine"), (metal, "steel"))}
    below(wood, "draft", live=False)
    value = {"heading": "For you", "number": 2, "root": None, "fallback": []}
    value["fallback"] = [{"type": "item", "value": pages["steel"].pk, "id": str(uuid.uuid4())}]
    pages["host"] = make_page([one_block("recommended", value)])
    return {"wood": wood, "metal": metal, **pages}


def test_pages_that_fit_and_were_not_seen(sections, make_visitor, django_assert_max_num_queries):
    known, lead = make_visitor()
    wood = interested(lead, "Wood", 8)
    InterestSection.objects.create(interest=wood, page=sections["wood"])
    record_event(name="page_viewed", lead=lead, about=sections["oak"])
    html = Client().get("/personal/").content.decode()
    assert "Steel" in html and "Pine" not in html
    url = f"/automation/fragments/{sections['host'].pk}/"
    with django_assert_max_num_queries(25):
        (found,) = known.get(url).json()["fragments"].values()
    assert "Pine" in found["html"] and "Oak" not in found["html"] and "Draft" not in found["html"]
    assert "Steel" not in found["html"]


def test_without_interests_the_fallback_stays(sections, make_visitor):
    known, _lead = make_visitor()
    assert known.get(f"/automation/fragments/{sections['host'].pk}/").json()["fragments"] == {}
