"""An editor who installs and publishes scenarios in the admin, and people who live through them."""

import datetime as dt
import json
import uuid

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from wagtail_automation import clock
from wagtail_automation.admin import roles
from wagtail_automation.audiences import refreshing
from wagtail_automation.audiences.actions import add_lead_to_list
from wagtail_automation.audiences.models import LeadList
from wagtail_automation.campaigns import tasks
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.tree.fields import raw_steps
from wagtail_automation.leads import actions as leads
from wagtail_automation.messaging.models import DirectMessage, Email, Message
from wagtail_automation.objects import ref_of
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import create_visitor, record_event, record_page_view
from wagtail_automation.tracking.geo import Whereabouts

#: a Tuesday
NOW = dt.datetime(2026, 3, 10, 9, 0, tzinfo=dt.UTC)


class World:
    """Time stands at ``NOW`` unless ``after`` moves it."""

    def __init__(self, client):
        self.client = client

    # -- the editor ---------------------------------------------------------------------------------
    def install(self, key: str):
        """One click in the gallery; the response leads to the editor."""
        return self.client.post(reverse("wagtail_automation_campaigns_scenario", args=[key]))

    def publish(self, key: str) -> Campaign:
        """Install, publish the emails, publish the campaign in the editor as it was installed."""
        response = self.install(key)
        campaign = Campaign.objects.latest("pk")
        edit = reverse(Campaign.snippet_viewset.get_url_name("edit"), args=[campaign.pk])
        assert response.url == edit
        for email in Email.objects.filter(live=False):
            email = email.get_latest_revision_as_object()
            email.full_clean()
            email.latest_revision.publish()
        answer = self.client.post(edit, self._form(campaign))
        assert answer.status_code == 302, answer.context["form"].errors
        campaign.refresh_from_db()
        assert campaign.live and campaign.current_version_id
        self.tick()
        return campaign

    @staticmethod
    def _form(campaign) -> dict:
        plain = ("name", "description", "reentry", "reentry_days", "colour", "at_end", "holdout", "limits")
        values = {name: getattr(campaign, name) for name in plain}
        rest = {"cap": "0", "cap_days": "7", "weekdays": list("0123456"), "action-publish": "1"}
        return {**values, **rest, "tree": json.dumps(raw_steps(campaign.tree))}

    # -- people -------------------------------------------------------------------------------------
    def person(self, name: str, *, consent: bool = True, **fields):
        """Somebody known by an address, who agreed to emails."""
        lead = leads.create_known(
            identifiers={"email": f"{name.lower()}@example.com"},
            fields={"first_name": name, **fields},
            source="form:test",
            now=clock.now(),
        )
        if consent:
            self.confirm(lead)
        return lead

    def confirm(self, lead):
        leads.record_consent(lead=lead, subject="email", granted=True, how="form", now=clock.now())

    def join(self, lead, name: str):
        add_lead_to_list(lead_list=LeadList.objects.get(name=name), lead=lead, now=clock.now())
        self.tick()

    def click(self, lead, name: str):
        """Follow a link of the email whose name ends so."""
        email = Email.objects.get(name__endswith=name)
        record_event(name="email_clicked", lead=lead, about=ref_of(email), at=clock.now())
        self.tick()

    def visit(self, lead):
        visitor = create_visitor(visitor_uuid=uuid.uuid4(), now=clock.now(), lead=lead)
        record_page_view(
            visitor=visitor, site=None, url="/shop/", page=None, referrer="", user_agent="", now=clock.now(),
            whereabouts=Whereabouts(),
        )  # fmt: skip

    # -- time ---------------------------------------------------------------------------------------
    def tick(self):
        """What the worker does every minute."""
        refreshing.refresh_pending()
        tasks.beat()

    def after(self, **delta):
        """The worker runs at that time, and inside the block it stands there."""
        frozen = test_clock.freeze(NOW + dt.timedelta(**delta))
        world = self

        class Moment:
            def __enter__(self):
                frozen.__enter__()
                world.tick()

            def __exit__(self, *args):
                return frozen.__exit__(*args)

        return Moment()

    # -- what came of it ----------------------------------------------------------------------------
    def mail(self) -> list[tuple[str, str, float]]:
        """``(who, which email, days after NOW)`` in the order of time."""
        rows = Message.objects.select_related("lead", "email_version").order_by("created_at", "pk")
        return [
            (
                row.lead.first_name,
                row.email_version.name.partition(" – ")[2],
                round((row.created_at - NOW) / dt.timedelta(days=1), 2),
            )
            for row in rows
        ]

    def alerts(self) -> list[str]:
        return list(DirectMessage.objects.order_by("pk").values_list("to", flat=True))

    def members(self, name: str) -> set[str]:
        rows = LeadList.objects.get(name=name).memberships.values_list("lead__first_name", flat=True)
        return set(rows)


@pytest.fixture
def editor(db):
    roles.create_groups()
    user = User.objects.create_user("editor", "editor@example.com", "x")
    user.groups.add(Group.objects.get(name="Marketer"))
    return user


@pytest.fixture
def seller(db, editor):
    user = User.objects.create_user("seller", "seller@example.com", "x")
    user.groups.add(Group.objects.get(name="Salesperson"))
    return user


@pytest.fixture
def world(client, site, editor):
    client.force_login(editor)
    with test_clock.freeze(NOW):
        yield World(client)
