"""The adapter with a real django-oscar, in an environment of its own: ``make oscar`` makes ``.venv-oscar``.

Skipped where that environment is absent (``WA_OSCAR_PYTHON`` names another interpreter that has it).
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(os.environ.get("WA_OSCAR_PYTHON", ROOT / ".venv-oscar" / "bin" / "python"))

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="no environment with django-oscar: make oscar")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What the shop's process says, run once."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "tests.oscar.settings",
        "WA_TEST_DIR": str(tmp_path_factory.mktemp("oscar")),
    }
    done = subprocess.run(
        [PYTHON, str(ROOT / "tests" / "oscar" / "inside.py")],
        env=environment, capture_output=True, text=True, timeout=480, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("REPORT "))
    return json.loads(line.removeprefix("REPORT "))


def test_products_come_with_price_stock_and_categories(report):
    assert report["product"] == ["Otter bag", 8990, "GBP", True, ["Bags"]]


def test_a_basket_is_the_cart_of_its_owner(report):
    state, total, pieces, has_lead, url = report["cart"]
    assert (state, total, pieces, has_lead) == ("open", 10890, 3, False)
    assert url == "http://shop.example/basket/"


def test_an_order_makes_its_person_known_and_counts_when_it_is_paid(report):
    assert report["known"] == ["known"]
    placed = report["placed"]
    assert (placed["state"], placed["lead"], placed["revenue"]) == ("placed", "ada@example.com", 0)
    assert sorted(placed["items"]) == [["OTTER-9L", "Otter bag", 1, 8990, 0], ["WAX", "Wax", 2, 950, 0]]
    assert report["paid"]["state"] == "paid"
    assert report["paid"]["revenue"] == report["paid"]["total"] >= 10890
    assert report["cart_closed"] == "ordered"


def test_a_refund_of_a_line_is_one_however_often_it_is_told(report):
    refunded = report["refunded"]
    assert (refunded["state"], refunded["refunded"]) == ("part_refunded", 950)
    assert refunded["revenue"] == refunded["total"] - 950
    assert sorted(refunded["items"])[1] == ["WAX", "Wax", 2, 950, 1]


def test_a_guest_and_the_statuses_of_the_shop(report):
    assert (report["guest"]["state"], report["guest"]["lead"]) == ("paid", "guest@example.com")
    assert (report["cancelled"]["state"], report["cancelled"]["revenue"]) == ("cancelled", 0)


def test_a_voucher_is_the_coupon_of_its_order_and_finds_its_promotion(report):
    used = report["voucher"]
    assert (used["coupon"], used["promotion"], used["uses"]) == ("HERON-20", "Heron days", 1)
    assert used["discount"] == 8990 // 5
    assert used["total"] == used["revenue"] == used["oscar total"]
    assert report["placed"]["coupon"] == ""


def test_a_page_of_the_shop_fills_a_cart(report):
    assert report["page"] == [302, 2]


def test_orders_of_the_past_are_read_once(report):
    assert report["all"] == [3, 3, 3]
    assert report["spend"] == report["spend_again"] != []
