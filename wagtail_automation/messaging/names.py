"""Names of messaging's addresses in the admin."""

TEST_URL = "wagtail_automation_messaging_test"
RESEND_URL = "wagtail_automation_messaging_resend"
RESEND_ALL_URL = "wagtail_automation_messaging_resend_all"
MESSAGES_PATH = "automation/messages"
#: as wagtail-modeladmin makes them of the path
MESSAGES_URL = "automation_messages_modeladmin_index"
DIRECT_PATH = "automation/direct-messages"
ALERT_POSTS_PATH = "automation/alerts-in-chats"
ALERT_POSTS_URL = "automation_alerts-in-chats_modeladmin_index"
DIRECT_URL = "automation_direct-messages_modeladmin_index"
