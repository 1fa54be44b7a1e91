"""Names of the channels' addresses in the admin."""

CHANNEL_MESSAGES_PATH = "automation/channel-messages"
#: as wagtail-modeladmin makes them of the path
CHANNEL_MESSAGES_URL = "automation_channel-messages_modeladmin_index"
REPLIES_PATH = "automation/answers-to-messages"
