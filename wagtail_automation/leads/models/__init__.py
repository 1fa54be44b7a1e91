"""The models of leads, by subject."""

from .consent import ConsentRecord, ConsentState, Topic
from .custom_fields import CustomField
from .identifiers import Identifier
from .items import LeadFile, LeadNote, LeadPhoto
from .leads import Lead, random_bucket
from .leases import Lease
from .merges import LeadMerge, MergedLead
from .transfers import (
    ExportRun,
    ImportedLead,
    ImportMemory,
    ImportProblem,
    ImportRun,
    MassRun,
    StoredFile,
    StoredPiece,
)

__all__ = [
    "ConsentRecord",
    "ConsentState",
    "CustomField",
    "ExportRun",
    "Identifier",
    "ImportMemory",
    "ImportProblem",
    "ImportRun",
    "ImportedLead",
    "Lead",
    "LeadFile",
    "LeadMerge",
    "LeadNote",
    "LeadPhoto",
    "Lease",
    "MassRun",
    "MergedLead",
    "StoredFile",
    "StoredPiece",
    "Topic",
    "random_bucket",
]
