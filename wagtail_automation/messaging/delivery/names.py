"""Names of delivery's addresses in the admin."""

SUPPRESSION_PATH = "automation/suppressions"
SUPPRESSION_LIST = "automation_suppressions_modeladmin_index"
SUPPRESSION_ADD = "wagtail_automation_suppression_add"
SUPPRESSION_REMOVE = "wagtail_automation_suppression_remove"
MAILBOX_READ = "wagtail_automation_mailbox_read"
