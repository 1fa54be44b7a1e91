"""Scripts of ours that are served as one."""

import gzip
import os
import subprocess
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import override_settings
from django.urls import reverse

from wagtail_automation.admin import bundles
from wagtail_automation.campaigns.tree import widgets as tree
from wagtail_automation.rules import widgets as rules


@pytest.mark.parametrize("bundle", [tree.EDITOR, rules.EDITOR], ids=lambda bundle: bundle.name)
def test_a_bundle_is_its_files_in_their_order(client, bundle, tmp_path):
    answer = client.get(bundle.url)
    assert answer.status_code == 200 and answer["Content-Type"] == "text/javascript; charset=utf-8"
    text = answer.content.decode()
    places = [text.index(Path(finders.find(name)).read_text(encoding="utf-8")) for name in bundle.files]
    assert places == sorted(places)
    assert "immutable" in answer["Cache-Control"] and "Set-Cookie" not in answer
    script = tmp_path / "bundle.js"
    script.write_text(text)
    subprocess.run(["node", "--check", script], check=True)


def test_a_bundle_of_styles_refers_to_nothing_beside_it(client):
    answer = client.get(tree.STYLE.url)
    assert answer.status_code == 200 and answer["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    text = answer.content.decode()
    assert text.count(".wa-publication") and text.count(".ct-card") and "url(" not in text
    assert client.get(reverse("wagtail_automation_scripts", args=["no-such"])).status_code == 404
    bundles.ScriptBundle("scripts-only", rules.EDITOR.files)
    assert client.get(reverse("wagtail_automation_scripts", args=["scripts-only"])).status_code == 200
    assert client.get(reverse("wagtail_automation_styles", args=["scripts-only"])).status_code == 404
    del bundles._bundles[bundles.ScriptBundle.key("scripts-only")]


def test_it_is_compressed_for_those_who_read_that(client):
    answer = client.get(tree.EDITOR.url, headers={"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content).decode() == tree.EDITOR.text


@pytest.mark.parametrize("query", ["", "?v=", "?v=0123456789ab", "?v=%00"])
def test_under_another_digest_it_is_not_kept(client, query):
    answer = client.get(reverse("wagtail_automation_scripts", args=["rule-editor"]) + query)
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-cache"


def test_only_what_was_named_is_served(client):
    address = reverse("wagtail_automation_scripts", args=["settings"])
    assert client.get(address).status_code == 404
    with pytest.raises(LookupError, match="such"):
        bundles.ScriptBundle("broken", ["no/such.js"]).url  # noqa: B018  it is asked for
    del bundles._bundles[bundles.ScriptBundle.key("broken")]


def test_a_changed_file_is_seen_while_debugging(tmp_path, monkeypatch):
    file = tmp_path / "one.js"
    file.write_text("1")
    monkeypatch.setattr(bundles.finders, "find", lambda _name: str(file))
    bundle = bundles.ScriptBundle("changing", ["one.js"])
    with override_settings(DEBUG=True):
        before = bundle.digest
        file.write_text("2")
        os.utime(file, (1, 1))
        assert bundle.digest != before and bundle.text == "2"
    del bundles._bundles[bundles.ScriptBundle.key("changing")]
