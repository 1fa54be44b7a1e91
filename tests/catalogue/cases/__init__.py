"""Cases of every registered class: one module an app or a piece of work, each read by itself.

Add yours in any module here (or a new one); see ``wagtail_automation.campaigns.testing`` for the words.
"""

import pkgutil
from importlib import import_module

from wagtail_automation.campaigns.testing import CASES

for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    import_module(f"{__name__}.{_module}")

__all__ = ["CASES"]
