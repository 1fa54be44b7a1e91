"""The adapter of django-oscar: orders, payments, refunds, baskets and products, by its signals.

Add ``"wagtail_automation.contrib.oscar"`` to INSTALLED_APPS, behind Oscar's own apps.
"""
