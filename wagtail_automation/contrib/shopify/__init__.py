"""The webhooks of Shopify shops.

Add ``"wagtail_automation.contrib.shopify"`` to INSTALLED_APPS and name the secret of each shop:
``WAGTAIL_AUTOMATION_SHOPIFY = {"SECRETS": {"mill": …}}``. The shop calls ``commerce/shopify/mill/``.
"""
