"""The index of every table, for Django: each lives with its feature."""

from ripeline.contacts.models import ColumnChoice, SavedView
from ripeline.gateway.models import Import, ImportRejection, ImportStep
from ripeline.people.models import Company, Contact, Identity, Notification, User, Visitor
from ripeline.people.shared_cache import CacheEntry
from ripeline.timeline.models import PlaybookVersion, Reassessment, Standing, Touch, Transition

__all__ = [
    "CacheEntry",
    "ColumnChoice",
    "Company",
    "Contact",
    "Identity",
    "Import",
    "ImportRejection",
    "ImportStep",
    "Notification",
    "PlaybookVersion",
    "Reassessment",
    "SavedView",
    "Standing",
    "Touch",
    "Transition",
    "User",
    "Visitor",
]
