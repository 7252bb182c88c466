from __future__ import annotations

import time

from tastemaker.training.profile import Profile, Span, profile_columns, profile_rows, stage_of


def test_what_is_done_in_a_block_is_measured() -> None:
    profile = Profile()
    with profile.measure("weights"):
        time.sleep(0.02)
    with profile.measure("fold 1", "ease"):
        end = time.process_time() + 0.02
        while time.process_time() < end:
            pass
    waited, worked = profile.spans
    assert (waited.stage, waited.what) == ("weights", "")
    assert (worked.stage, worked.what) == ("fold 1", "ease")
    # Other threads of this process may be at work meanwhile, so only the least is known.
    assert waited.seconds >= 0.02
    assert worked.processor >= 0.02


def test_the_table_has_a_row_for_each_work_and_a_column_for_each_stage() -> None:
    spans = [
        Span("reading", "", 1.0, 1.0),
        Span(stage_of(0), "ease", 2.0, 4.0),
        Span(stage_of(0), "popular", 0.25, 0.25),
        Span("last fit", "ease", 3.0, 3.0),
    ]
    assert profile_columns(spans) == ["work", "reading", "fold 1", "last fit", "total"]
    assert profile_rows(spans) == [
        {"work": "ease", "fold 1": 2.0, "last fit": 3.0, "total": 5.0},
        {"work": "reading", "reading": 1.0, "total": 1.0},
        {"work": "popular", "fold 1": 0.25, "total": 0.25},
        {"work": "everything", "reading": 1.0, "fold 1": 2.25, "last fit": 3.0, "total": 6.25},
    ]
