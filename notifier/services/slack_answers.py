"""What Slack's error codes mean for the delivery (spec/services.md 6.2). Pure; one table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from notifier.core.errors import DeliveryError, Misconfigured, Permanent, Reason, Retryable
from notifier.services.answers import Rule

_GROUPS: Final[Mapping[str, Rule]] = {
    "ratelimited rate_limited": Rule(Retryable, Reason.RATE_LIMITED),
    "service_unavailable": Rule(Retryable, Reason.SERVER),
    "request_timeout": Rule(Retryable, Reason.TIMEOUT),
    "internal_error fatal_error": Rule(Retryable, Reason.SERVER, ambiguous=True),
    "team_added_to_org org_login_required message_limit_exceeded draft_has_conflict": Rule(
        Retryable, Reason.SLOW
    ),
    "invalid_auth not_authed account_inactive token_revoked token_expired missing_scope "
    "no_permission not_allowed_token_type access_denied accesslimited ekm_access_denied "
    "app_access_restricted enterprise_is_restricted two_factor_setup_required is_bot "
    "team_not_found send_on_behalf_not_allowed as_user_not_supported": Rule(
        Misconfigured, Reason.CREDENTIAL
    ),
    "channel_not_found not_in_channel is_archived restricted_action "
    "restricted_action_read_only_channel restricted_action_thread_only_channel "
    "messages_tab_disabled": Rule(Permanent, Reason.RECIPIENT),
    "restricted_action_non_threadable_channel restricted_action_thread_locked "
    "cannot_reply_to_message": Rule(Permanent, Reason.THREAD),
    "msg_too_long no_text invalid_blocks invalid_blocks_format msg_blocks_too_long "
    "too_many_attachments attachment_payload_limit_exceeded metadata_too_large "
    "markdown_text_conflict": Rule(Permanent, Reason.TOO_LONG),
    "invalid_array_arg invalid_charset invalid_form_data invalid_post_type missing_post_type "
    "unknown_method deprecated_endpoint method_deprecated": Rule(Permanent, Reason.DEFECT),
}

CODES: Final[Mapping[str, Rule]] = {
    code: rule for codes, rule in _GROUPS.items() for code in codes.split()
}

PREFIXES: Final[Mapping[str, Rule]] = {
    "invalid_metadata_": Rule(Permanent, Reason.TOO_LONG),
    "invalid_arg": Rule(Permanent, Reason.DEFECT),
}

LOST: Final = frozenset({"message_not_found", "cant_update_message"})
"""The message to edit is gone or cannot be edited: post anew and remember."""

_UNKNOWN: Final = Rule(Retryable, Reason.UNKNOWN_ANSWER)
_CODE: Final = re.compile(r"[a-z0-9_]{1,60}")


def known(code: str) -> Rule | None:
    """Return what a code means, None for one we do not know."""
    if (rule := CODES.get(code)) is not None:
        return rule
    return next((rule for prefix, rule in PREFIXES.items() if code.startswith(prefix)), None)


def refusal(code: str, *, status: int, after_s: float | None) -> DeliveryError:
    """Return the error that `ok: false` with this code means."""
    shown = code if _CODE.fullmatch(code) else "an odd code"
    rule = known(code) or _UNKNOWN
    return rule.raised(f"Slack answered {shown}", status=status, after_s=after_s)
