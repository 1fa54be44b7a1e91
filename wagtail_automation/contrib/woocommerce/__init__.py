"""The webhooks of WooCommerce shops.

Add ``"wagtail_automation.contrib.woocommerce"`` to INSTALLED_APPS and name the secret of each shop:
``WAGTAIL_AUTOMATION_WOOCOMMERCE = {"SECRETS": {"mill": …}}``. The shop calls ``commerce/woocommerce/mill/``.
"""
