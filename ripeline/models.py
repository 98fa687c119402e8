"""The index of every table, for Django: each lives with its feature."""

from ripeline.capture.collector.models import Arrival, Refusal, WriteKey
from ripeline.capture.digest.models import EventName
from ripeline.capture.forms.models import Confirmation, Form, FormCount, FormVersion, Submission
from ripeline.capture.landing.models import (
    LandingPage,
    PageCount,
    PageSplit,
    PageVersion,
    Picture,
    SplitVisit,
)
from ripeline.capture.library.models import Asset, AssetCount, AssetVersion
from ripeline.capture.verdicts.models import EngagementVerdict, JudgingAgain, RequestFacts, VerdictRules
from ripeline.contacts.models import ColumnChoice, SavedView
from ripeline.gateway.models import Import, ImportRejection, ImportStep
from ripeline.nurture.emails.models import Email, EmailSplit, EmailVersion
from ripeline.nurture.rules.models import Preference, SendingRules
from ripeline.nurture.segments.models import (
    Segment,
    SegmentChange,
    SegmentEntry,
    SegmentMember,
    SegmentRevision,
)
from ripeline.nurture.sending.models import Delivery, LocalMail, SendingCount, SendingSettings
from ripeline.people.models import (
    ChangedContact,
    Company,
    Consent,
    ConsentWording,
    Contact,
    Identity,
    Notification,
    Suppression,
    User,
    Visitor,
)
from ripeline.people.shared_cache import CacheEntry
from ripeline.playbooks.drafts.models import Draft, DraftSave
from ripeline.playbooks.preview.models import PreviewMove, PreviewRun
from ripeline.timeline.camps.models import Camp, CampStanding, CampVerdict
from ripeline.timeline.history.models import HistoryChange, HistoryState
from ripeline.timeline.identities.models import Identification, KeptApart, Merge, Proof
from ripeline.timeline.models import (
    PlaybookVersion,
    Publication,
    Reassessment,
    SavedFold,
    Standing,
    Touch,
    Transition,
)
from ripeline.work.letters import Letter

__all__ = [
    "Arrival",
    "Asset",
    "AssetCount",
    "AssetVersion",
    "CacheEntry",
    "Camp",
    "CampStanding",
    "CampVerdict",
    "ChangedContact",
    "ColumnChoice",
    "Company",
    "Confirmation",
    "Consent",
    "ConsentWording",
    "Contact",
    "Delivery",
    "Draft",
    "DraftSave",
    "Email",
    "EmailSplit",
    "EmailVersion",
    "EngagementVerdict",
    "EventName",
    "Form",
    "FormCount",
    "FormVersion",
    "HistoryChange",
    "HistoryState",
    "Identification",
    "Identity",
    "Import",
    "ImportRejection",
    "ImportStep",
    "JudgingAgain",
    "KeptApart",
    "LandingPage",
    "Letter",
    "LocalMail",
    "Merge",
    "Notification",
    "PageCount",
    "PageSplit",
    "PageVersion",
    "Picture",
    "PlaybookVersion",
    "Preference",
    "PreviewMove",
    "PreviewRun",
    "Proof",
    "Publication",
    "Reassessment",
    "Refusal",
    "RequestFacts",
    "SavedFold",
    "SavedView",
    "Segment",
    "SegmentChange",
    "SegmentEntry",
    "SegmentMember",
    "SegmentRevision",
    "SendingCount",
    "SendingRules",
    "SendingSettings",
    "SplitVisit",
    "Standing",
    "Submission",
    "Suppression",
    "Touch",
    "Transition",
    "User",
    "VerdictRules",
    "Visitor",
    "WriteKey",
]
