"""Tags: one word whatever case and accents, on leads by hand, by campaigns, in conditions, after merges."""

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.urls import reverse

from tests.audiences.conftest import NOW
from tests.audiences.test_admin import user_with
from wagtail_automation.audiences import actions as audiences
from wagtail_automation.audiences.conditions import HasTag
from wagtail_automation.audiences.models import LeadTag, SegmentMembership, Stage, Tag
from wagtail_automation.audiences.stages.actions import move_lead
from wagtail_automation.audiences.tags import actions
from wagtail_automation.audiences.tags.activities import TagAdd, TagRemove
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.merging import merge
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.binding import bind
from wagtail_automation.testing import contracts

from .conftest import condition, rule

pytestmark = pytest.mark.django_db
PAGE = "wagtail_automation_lead:inspect"


@pytest.fixture
def boss(client, admin_user):
    client.force_login(admin_user)
    return client


@pytest.fixture
def tag():
    return Tag.objects.create(name="Élève")


def test_the_same_word_is_one_tag(tag):
    assert actions.tags_named(names="eleve, ÉLÈVE , eLeve") == [tag]
    with pytest.raises(ValidationError):
        Tag(name="ELEVE").full_clean()
    with pytest.raises(ValidationError):
        Tag(name="one, two").full_clean()
    with pytest.raises(ValidationError):
        actions.tags_named(names="new")
    with pytest.raises(ValidationError):
        actions.tags_named(names=" , ,")
    with pytest.raises(ValidationError):
        actions.tags_named(names=",".join(f"t{number}" for number in range(21)), create=True)
    with pytest.raises(ValidationError):
        actions.tags_named(names="ok," + "x" * 81, create=True)
    assert Tag.objects.count() == 1  # a refused text makes none
    assert [made.name for made in actions.tags_named(names=" Big  client ,eleve", create=True)] == [
        "Big client",
        "Élève",
    ]


def test_condition_keeps_the_contract(tag, make_leads):
    other = Tag.objects.create(name="Other")
    (both,), (one,), (_none,) = make_leads(1), make_leads(1), make_leads(1)
    actions.tag_lead(lead=both, tags=[tag, other], now=NOW)
    actions.tag_lead(lead=one, tags=[other], now=NOW)
    value = {"tags": [tag.pk, other.pk], "match": "any"}
    assert contracts.check_condition(HasTag, value=value, model=Lead) == {both.pk, one.pk}
    value["match"] = "all"
    assert contracts.check_condition(HasTag, value=value, model=Lead) == {both.pk}
    block = HasTag()
    assert block.sentence(bind(block, value)) == "Has all of the tags “Élève”, “Other”"
    assert block.get_depends_on(bind(block, value)).names == {f"tag:{tag.pk}", f"tag:{other.pk}"}


def test_segments_follow_within_one_refresh(tag, make_leads, make_segment):
    (lead,) = make_leads(1)
    segment = make_segment(rule(condition("has_tag", tags=[tag.pk], match="any")))
    audiences.refresh_pending()
    actions.tag_lead(lead=lead, tags=[tag], now=NOW)
    audiences.refresh_pending()
    assert SegmentMembership.objects.filter(segment=segment, lead=lead).exists()
    actions.untag_lead(lead=lead, tags=[tag], now=NOW)
    audiences.refresh_pending()
    assert not SegmentMembership.objects.filter(segment=segment).exists()


def test_activities_keep_the_contract(tag, make_leads):
    def cohort_of(number):
        return LeadsCohort([lead.pk for lead in make_leads(number)], key="c", now=NOW)

    contracts.check_activity(TagAdd, value={"tags": [tag.pk]}, cohort_of=cohort_of)
    assert LeadTag.objects.count() == 8

    def tagged(number):
        cohort = cohort_of(number)
        actions.add_tags(tags=[tag], cohort=cohort)
        return cohort

    contracts.check_activity(TagRemove, value={"tags": [tag.pk]}, cohort_of=tagged)
    assert LeadTag.objects.count() == 8


def test_a_merge_keeps_each_tag_once(tag, make_leads):
    other = Tag.objects.create(name="Other")
    (source,), (target,) = make_leads(1), make_leads(1)
    actions.tag_lead(lead=source, tags=[tag, other], now=NOW)
    actions.tag_lead(lead=target, tags=[tag], now=NOW)
    merge(source=source, target=target, now=NOW, reason="test")
    assert sorted(LeadTag.objects.values_list("lead", "tag")) == sorted(
        [(target.pk, tag.pk), (target.pk, other.pk)]
    )


def test_on_the_lead_page(boss, make_leads, tag):
    (lead,) = make_leads(1, first_name="Ada")
    add = reverse("wagtail_automation_lead_tag_add", args=[lead.pk])
    assert boss.get(add).status_code == 405
    page = reverse(PAGE, args=[lead.pk])
    assert boss.post(add, {"tags": "eleve, <b>New</b>", "next": page}, follow=True).status_code == 200
    html = boss.get(page).content.decode()
    assert "Élève" in html and "&lt;b&gt;New&lt;/b&gt;" in html and "<b>New</b>" not in html
    assert (
        "Type at least one tag" in boss.post(add, {"tags": " ", "next": page}, follow=True).content.decode()
    )
    boss.post(reverse("wagtail_automation_lead_tag_remove", args=[lead.pk, tag.pk]), {"next": page})
    assert list(LeadTag.objects.values_list("tag__name", flat=True)) == ["<b>New</b>"]
    assert boss.post(reverse("wagtail_automation_lead_tag_remove", args=[lead.pk, 10**12])).status_code == 404


def test_who_may(client, make_leads, tag):
    (lead,) = make_leads(1)
    app, leads = "wagtail_automation_audiences", "wagtail_automation_leads"
    view = (f"{leads}.view_lead", f"{leads}.view_all_leads")
    add = reverse("wagtail_automation_lead_tag_add", args=[lead.pk])
    client.force_login(user_with(*view, f"{app}.view_tag"))
    assert client.post(add, {"tags": "eleve"}).status_code == 302  # refused: back to the admin's home
    assert not LeadTag.objects.exists()
    client.force_login(user_with(*view, f"{app}.view_tag", f"{app}.add_leadtag"))
    client.post(add, {"tags": "eleve"})
    assert LeadTag.objects.count() == 1
    client.post(add, {"tags": "brand new"})
    assert Tag.objects.count() == 1  # new words are made by those who may


def test_list_chooser_and_guarded_delete(boss, tag, make_segment, make_leads):
    (lead,) = make_leads(1)
    actions.tag_lead(lead=lead, tags=[tag], now=NOW)
    assert "Élève" in boss.get(reverse("wagtail_automation_tag:index")).content.decode()
    assert "Élève" in boss.get(reverse("wagtail_automation_tag:index") + "?q=eleve").content.decode()
    response = boss.get(reverse("wagtail_automation_tag_chooser:choose"))
    assert "Élève" in response.json()["html"]
    made = boss.post(
        reverse("wagtail_automation_tag_chooser:create"),
        {"tag-chooser-create-form-name": "Made here", "tag-chooser-create-form-colour": "red"},
    )
    assert made.status_code == 200
    make_segment(rule(condition("has_tag", tags=[tag.pk], match="any")))
    boss.post(reverse("wagtail_automation_tag:delete", args=[tag.pk]))
    assert Tag.objects.filter(pk=tag.pk).exists()


def test_the_list_of_leads_is_narrowed_by_tag_and_stage(boss, tag, make_leads, django_assert_max_num_queries):
    (ada,), (bob,) = (
        make_leads(1, first_name="Ada", status="known"),
        make_leads(1, first_name="Bob", status="known"),
    )
    stage = Stage.objects.create(name="Warm", weight=1)
    actions.tag_lead(lead=ada, tags=[tag], now=NOW)
    move_lead(lead=bob, stage=stage, now=NOW)
    index = reverse("wagtail_automation_lead:index")
    for query, shown, hidden in ((f"?tag={tag.pk}", "Ada", "Bob"), (f"?stage={stage.pk}", "Bob", "Ada")):
        with django_assert_max_num_queries(40):
            html = boss.get(index + query).content.decode()
        assert shown in html and hidden not in html
    assert boss.get(index + "?tag=999999&stage=x").status_code == 200


def test_in_bulk_on_the_chosen_or_all_filtered_leads(boss, tag, make_leads, django_user_model):
    cache.clear()  # the sources offered by the filter are kept for a minute
    leads = make_leads(3, city="Lyon", status="known", source="fair")
    others = make_leads(2, status="known", source="web")
    base = "/admin/bulk/wagtail_automation_leads/lead/"
    url = reverse("wagtail_bulk_action", args=["wagtail_automation_leads", "lead", "add_tags"])
    assert url.startswith(base)
    one = f"{url}?id={leads[0].pk}"
    assert "Tags" in boss.get(one).content.decode()
    boss.post(one, {"tags": "eleve, Fresh"})
    assert LeadTag.objects.count() == 2 and Tag.objects.count() == 2
    assert "Type at least one tag" in boss.post(one, {"tags": " , "}).content.decode()
    boss.post(f"{url}?id=all&source=nowhere", {"tags": "eleve"})
    assert LeadTag.objects.count() == 2  # a filter that cannot be read chooses nobody, not everybody
    boss.post(f"{url}?id=all&source=fair", {"tags": "eleve"})
    assert set(LeadTag.objects.filter(tag=tag).values_list("lead", flat=True)) == {row.pk for row in leads}
    url = reverse("wagtail_bulk_action", args=["wagtail_automation_leads", "lead", "remove_tags"])
    boss.post(f"{url}?id={leads[0].pk}&id={others[0].pk}", {"tags": [tag.pk]})
    assert set(LeadTag.objects.filter(tag=tag).values_list("lead", flat=True)) == {
        row.pk for row in leads[1:]
    }


def test_salespeople_tag_only_their_leads(client, tag, make_leads, django_user_model):
    from django.contrib.auth.models import Group

    sam = django_user_model.objects.create_user("sam")
    sam.groups.add(Group.objects.get(name="Salesperson"))
    (mine,), (foreign,) = make_leads(1, owner=sam), make_leads(1)
    client.force_login(sam)
    for lead in (mine, foreign):
        client.post(reverse("wagtail_automation_lead_tag_add", args=[lead.pk]), {"tags": "eleve, brand new"})
        client.post(reverse("wagtail_automation_lead_tag_add", args=[lead.pk]), {"tags": "eleve"})
        client.post(reverse("wagtail_automation_lead_score", args=[lead.pk]), {"points": "5"})
    url = reverse("wagtail_bulk_action", args=["wagtail_automation_leads", "lead", "add_tags"])
    client.post(f"{url}?id={mine.pk}&id={foreign.pk}", {"tags": "eleve"})
    assert list(LeadTag.objects.values_list("lead", flat=True)) == [mine.pk]
    assert list(Lead.objects.filter(score=5)) == [mine] and Tag.objects.count() == 1
