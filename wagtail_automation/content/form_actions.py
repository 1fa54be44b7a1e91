"""What happens when a form is sent: registered activities that may run while the visitor waits."""

from wagtail_automation.activities import activities
from wagtail_automation.streams import RegistryStreamBlock, RegistryStreamField


class FormActionsBlock(RegistryStreamBlock):
    """The activities marked ``immediate``, of whatever app."""

    registry = activities

    def offered(self):
        return [cls for cls in activities if cls.immediate]


class FormActionsField(RegistryStreamField):
    """The actions of one form, run in order on a cohort of one with the key ``form:<submission>``."""

    block_class = FormActionsBlock
