"""What somebody copies into a site or a program so that it sends events here."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ripeline.capture.tracker.script import PATH

# A server's key is shown to administrators alone.
UNSAID = "the-write-key"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of code to copy: a word to name it by, what it is, and the code."""

    name: str
    title: str
    code: str


def script_tag(ours: str, key: str, *, asks: bool = False, is_cookieless: bool = False) -> Snippet:
    """The tag for a site's pages. `asks`: nothing is sent before the visitor agreed; `is_cookieless`: nothing is kept
    in the browser."""
    said = [f'src="{ours}{PATH}"', f'data-key="{key}"']
    if asks:
        said.append('data-consent="ask"')
    if is_cookieless:
        said.append('data-cookie="none"')
    return Snippet("tag", "In the head of every page", f"<script async {' '.join(said)}></script>")


def policy(ours: str) -> Snippet:
    """What a site's content security policy has to let through."""
    code = f"script-src {ours};\nconnect-src {ours};"
    return Snippet("policy", "Where the site has a content security policy, add to it", code)


def of_browsers(ours: str, key: str) -> list[Snippet]:
    """For sites that send by Segment's own script, or by hand."""
    site = urlsplit(ours)
    segment = (
        'import { AnalyticsBrowser } from "@segment/analytics-next"\n\n'
        "const analytics = AnalyticsBrowser.load({\n"
        f'  writeKey: "{key}",\n'
        "  cdnSettings: { integrations: {\n"
        f'    "Segment.io": {{ apiKey: "{key}", apiHost: "{site.netloc}/v1", protocol: "{site.scheme}" }},\n'
        "  } },\n"
        "})\n"
        'analytics.track("Calculator shown", { rooms: 3 })'
    )
    own = (
        "window.ripeline = window.ripeline || []\n"
        'ripeline.push(["track", "Calculator shown", { rooms: 3 }])\n'
        'ripeline.push(["identify", "user 7", { email: "ann@firm.example" }])\n'
        'ripeline.push(["consent", true])'
    )
    return [
        Snippet("calls", "Told by the site itself, before or after the script is there", own),
        Snippet("segment", "Instead of our script: Segment's, from npm", segment),
    ]


def of_servers(ours: str, key: str) -> list[Snippet]:
    """For programs that send by Segment's SDKs, or plainly."""
    node = (
        'import { Analytics } from "@segment/analytics-node"\n\n'
        f'const events = new Analytics({{ writeKey: "{key}", host: "{ours}" }})\n'
        'events.track({ userId: "user 7", event: "Order Completed", properties: { revenue: 120 } })'
    )
    python = (
        "from segment.analytics.client import Client  # pip install segment-analytics-python\n\n"
        f'events = Client("{key}", host="{ours}")\n'
        'events.track("user 7", "Order Completed", {"revenue": 120})'
    )
    said = '{"userId": "user 7", "event": "Order Completed", "properties": {"revenue": 120}}'
    plain = f"curl {ours}/v1/track -u {key}: -d '{said}'"
    return [
        Snippet("node", "Node", node),
        Snippet("python", "Python", python),
        Snippet("curl", "Anything else", plain),
    ]
