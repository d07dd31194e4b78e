"""The rules of the watch, W1 to W24 of spec/reliability.md 4.1: where the figure of each is tested.

The tests of a rule are called `test_w<number>_…`. Here stands which of them holds the figure that
the rule is to reach; the rule that nothing else tests, W20, is tested here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from notifier.core.model import Observation
from notifier.core.observer import Observer
from tests.emulator import Emulator
from tests.kube.laboratory import bench, until

FIGURES: Final[Mapping[int, tuple[str, str]]] = {
    1: ("test_listing_rules", "old_states_of_a_frozen_server_announce_nothing"),
    2: ("test_listing_rules", "an_expired_token_lists_once_more_and_whole"),
    3: ("test_listing_rules", "a_list_replaces_what_was_known"),
    4: ("test_listing_rules", "reconnects_are_spread_over_the_window"),
    5: ("test_streaming_rules", "a_cut_among_the_first_added_loses_none"),
    6: ("test_listing_rules", "bookmarks_move_the_version"),
    7: ("test_listing_rules", "a_storm_of_410_lists_once_per_backoff_step"),
    8: ("test_listing_rules", "a_version_from_the_future_lists_the_newest"),
    9: ("test_listing_rules", "the_periodic_list_finds_what_a_rewind_hid"),
    10: ("test_streaming_rules", "of_a_stream_that_was_cut_nothing_is_applied"),
    11: ("test_failing_rules", "a_dead_server_is_asked_at_most_eight_times_a_minute"),
    12: ("test_failing_rules", "watches_that_end_at_once_are_failures"),
    13: ("test_failing_rules", "a_throttled_watch_never_lists"),
    14: ("test_failing_rules", "retry_after_is_honoured"),
    15: ("test_failing_rules", "internal_errors_list_once_per_deadline"),
    16: ("test_failing_rules", "a_frozen_stream_is_opened_again_without_loss"),
    17: ("test_framing_rules", "cut_at_each_byte_ends_in_the_same_state"),
    18: ("test_framing_rules", "error_events_of_any_shape_lead_to_a_list"),
    19: ("test_framing_rules", "garbage_lines_are_skipped_and_counted"),
    20: ("test_watch_rules", "what_is_known_can_be_shown_again_at_no_cost"),
    21: ("test_client", "a_token_file_may_rotate_empty_vanish_and_return"),
    22: ("test_client", "certificate_and_authority_may_change"),
    23: ("test_reflector", "a_namespace_without_rights_harms_no_other"),
    24: ("test_failing_rules", "updates_arrive_in_order_through_every_cut"),
}
"""Rule → module and rest of the name of the test that holds its figure."""

HERE: Final = Path(__file__).parent
RECORDINGS: Final = HERE.parent / "recordings"


def _tests(module: Path) -> list[str]:
    """Return the names of a module's tests."""
    made = ast.walk(ast.parse(module.read_text()))
    functions = [node for node in made if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [node.name for node in functions if node.name.startswith("test_")]


def test_every_rule_is_in_the_table() -> None:
    """Twenty-four rules, none twice and none beside them."""
    assert list(FIGURES) == list(range(1, 25))
    assert len(set(FIGURES.values())) == len(FIGURES)


@pytest.mark.parametrize("rule", FIGURES, ids="W{}".format)
def test_the_figure_of_each_rule_has_its_test(rule: int) -> None:
    """A test that is renamed or removed is missed here."""
    module, rest = FIGURES[rule]
    assert f"test_w{rule}_{rest}" in _tests(HERE / f"{module}.py")


def test_what_is_named_after_a_rule_is_one_of_them() -> None:
    """A test cannot claim a rule that is not there."""
    names = [name for module in HERE.glob("test_*.py") for name in _tests(module)]
    rules = {int(found[1]) for name in names if (found := re.match(r"test_w(\d+)_", name))}
    assert rules == set(FIGURES)


@pytest.mark.parametrize(
    "story", ["canary-abort-retry", "canary-update-timed-pause", "experiment-step"]
)
async def test_w20_what_is_known_can_be_shown_again_at_no_cost(story: str) -> None:
    """A resync: each object that is known, once more and as whatever a watch may call it, makes no
    request and no message, and the next change is still contiguous."""
    async with Emulator() as emulator, bench(emulator) as lab:
        await emulator.play(RECORDINGS / story / "stream.jsonl.gz")
        watcher, observer = lab.watch(), Observer()
        await watcher.watching(emulator)
        first = [change for each in watcher.seen for change in observer.observe(each)]
        assert [change for change in first if change.snapshot], "nothing was remembered"
        requests, cached = len(emulator.requests), [o for o in watcher.seen if o.type == "LISTED"]
        again = [
            Observation(each.resource, shown, each.raw, contiguous=contiguous)  # type: ignore[arg-type]  # parameters
            for each in cached
            for shown in ("LISTED", "ADDED", "MODIFIED")
            for contiguous in (True, False)
        ]
        changes = [change for each in again for change in observer.observe(each)]
        assert [change for change in changes if change.transitions or change.snapshot] == []
        assert len(emulator.requests) == requests
        assert observer.stale == 0
        emulator.delete("rollouts", *_place(watcher.objects()))
        await until(watcher.events)
        assert watcher.events()[0][::2] == ("DELETED", True)


def _place(objects: Mapping[str, dict[str, dict[str, str]]]) -> tuple[str, str]:
    """Return namespace and name of the only object."""
    ((name, found),) = objects.items()
    return found["metadata"]["namespace"], name
