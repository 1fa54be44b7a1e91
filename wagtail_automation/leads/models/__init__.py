"""The models of leads, by subject."""

from .consent import ConsentConfirmation, ConsentRecord, ConsentState, Topic
from .custom_fields import CustomField
from .identifiers import Identifier
from .items import LeadFile, LeadNote, LeadPhoto
from .leads import Lead, random_bucket
from .leases import Lease
from .merges import LeadMerge, MergedLead
from .privacy import Erasure, PrivacyAct, PrivacySettings, SuppressedAddress
from .suggestions import MergeSuggestion
from .teams import Absence, Team, TeamMember, Turn
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
    "Absence",
    "ConsentConfirmation",
    "ConsentRecord",
    "ConsentState",
    "CustomField",
    "Erasure",
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
    "MergeSuggestion",
    "MergedLead",
    "PrivacyAct",
    "PrivacySettings",
    "StoredFile",
    "StoredPiece",
    "SuppressedAddress",
    "Team",
    "TeamMember",
    "Topic",
    "Turn",
    "random_bucket",
]
