"""The playbooks that come with Ripeline."""

from __future__ import annotations

from ripeline.lifecycle.shipped import shipped_keys, shipped_playbook

__all__ = ["shipped_keys", "shipped_playbook"]
