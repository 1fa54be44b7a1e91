"""The models of leads, by subject."""

from .consent import ConsentRecord, ConsentState, Topic
from .custom_fields import CustomField
from .identifiers import Identifier
from .leads import Lead, random_bucket
from .leases import Lease
from .merges import LeadMerge, MergedLead

__all__ = [
    "ConsentRecord",
    "ConsentState",
    "CustomField",
    "Identifier",
    "Lead",
    "LeadMerge",
    "Lease",
    "MergedLead",
    "Topic",
    "random_bucket",
]
