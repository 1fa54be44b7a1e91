"""Through a real caching proxy: nobody gets what was made for somebody else."""

import os
import socket
import subprocess
import time
import urllib.request

import pytest
from django.db import connections

from tests.content.conftest import dynamic, rule

pytestmark = [pytest.mark.proxy, pytest.mark.django_db(transaction=True)]

CONFIG = """
daemon off; pid {dir}/nginx.pid; error_log {dir}/error.log; worker_processes 1; {user}
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/temp;
  fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  proxy_cache_path {dir}/cache keys_zone=pages:1m;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {upstream};
      proxy_set_header Host testserver;
      proxy_cache pages;
      proxy_cache_key $request_uri;
      proxy_cache_valid 200 1h;
      add_header X-Cache $upstream_cache_status always;
    }}
  }}
}}
"""


@pytest.fixture
def proxy(nginx_path, tmp_path, live_server):
    """``proxy(path, cookies)`` → ``(text, X-Cache)`` by an nginx that stores whatever it may for an hour."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    config = tmp_path / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(CONFIG.format(dir=tmp_path, port=port, upstream=live_server.url, user=user))
    command = [nginx_path, "-p", str(tmp_path), "-c", str(config)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def get(path, client=None, agent="Python"):
        cookies = (
            "; ".join(f"{one.key}={one.coded_value}" for one in client.cookies.values()) if client else ""
        )
        headers = {"User-Agent": agent, **({"Cookie": cookies} if cookies else {})}
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
            return response.read().decode(), response.headers["X-Cache"]

    for _attempt in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        if process.poll() is not None:
            pytest.fail((tmp_path / "error.log").read_text())
        time.sleep(0.05)
    yield get
    process.terminate()
    process.wait(10)
    connections.close_all()


@pytest.fixture
def members_page(make_page, make_visitor, make_segment):
    known, lead = make_visitor()
    asked = rule(("in_segment", {"segment": make_segment(lead).pk}))
    return known, make_page([dynamic([(asked, "For members only")])])


def test_fragment_mode_shares_the_page_and_nothing_else(members_page, proxy):
    known, page = members_page
    first, state = proxy("/personal/", known)
    assert state == "MISS"
    second, state = proxy("/personal/")
    assert state == "HIT"
    assert first == second
    assert "For members only" not in first
    assert "Everybody" in first
    path = f"/automation/fragments/{page.pk}/"
    mine, state = proxy(path, known)
    assert "For members only" in mine
    theirs, state = proxy(path)
    assert state != "HIT"
    assert "For members only" not in theirs
    again, _state = proxy(path, known)
    assert "For members only" in again


def test_server_mode_stores_nothing_personal(members_page, proxy, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PERSONALISE": "server"}
    known, _page = members_page
    mine, _state = proxy("/personal/", known)
    assert "For members only" in mine
    theirs, state = proxy("/personal/")
    assert state != "HIT"
    assert "For members only" not in theirs
    again, _state = proxy("/personal/", known)
    assert "For members only" in again


def test_page_with_a_form_is_shared_and_works_for_each(landing, proxy, client, form):
    """Two people fill in the form of one stored page: the same token, two submissions."""
    from bs4 import BeautifulSoup

    from wagtail_automation.content.models import FormSubmission

    pages = [proxy("/landing/") for _visitor in range(2)]
    assert [state for _html, state in pages] == ["MISS", "HIT"]
    html = BeautifulSoup(pages[1][0], "html.parser")
    sent = {one["name"]: one.get("value", "") for one in html.select(".wa-form input")}
    for name in ("Ann", "Bob"):
        sent |= {"f-first_name": name, "f-email": f"{name}@example.com"}
        answer = client.post(
            html.select_one(".wa-form form")["action"], sent, headers={"Origin": "http://testserver"}
        )
        assert answer.status_code == 303
    assert FormSubmission.objects.count() == 2


def test_promos_of_the_known_are_in_no_cache(site, make_visitor, make_segment, proxy):
    """Unknown visitors share one stored answer; each known person gets their own, never stored."""
    from wagtail.models import Locale

    from wagtail_automation.content.models import WebPromo
    from wagtail_automation.rules.rule import Rule

    people = [make_visitor() for _person in range(2)]
    for (_who, lead), name in zip(people, ("Gold", "Silver"), strict=True):
        WebPromo.objects.create(
            name=name,
            locale=Locale.objects.first(),
            content=[{"type": "content", "value": {"heading": name, "text": ""}}],
            rule=Rule(rule(("in_segment", {"segment": make_segment(lead, name=name).pk}))),
        )
    path = "/automation/promos/?path=/&lang=en"
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Mobile/15E148"
    agents = ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", phone, "", phone)
    states = [proxy(path, agent=agent)[1] for agent in agents]
    assert states == ["MISS", "HIT", "HIT", "HIT"], "one stored answer, whatever the device"
    for _again in range(2):
        for (who, _lead), own, other in zip(people, ("Gold", "Silver"), ("Silver", "Gold"), strict=True):
            text, state = proxy(f"{path}&me=1", who)
            assert state != "HIT" and own in text and other not in text
    text, _state = proxy(f"{path}&me=1")
    assert "Gold" not in text and "Silver" not in text
