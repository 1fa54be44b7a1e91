"""Addresses of the pages around files of campaigns."""

EXPORT_URL = "wagtail_automation_campaigns_export"
IMPORT_URL = "wagtail_automation_campaigns_import"
MISSING_URL = "wagtail_automation_campaigns_missing"
