"""Moments and what surrounds them: one rule, no leak, never across a border."""

from generation.corpus import windows
from generation.corpus.records import Comment, Corpus, Sample, Segment, Video


def film(**changes) -> Corpus:
    comments = tuple(Comment(s + 0.5, f"at {s}") for s in range(30))
    values = {"id": "a", "comments": comments, "duration": 30.0, "split": "train"} | changes
    return Corpus(name="c", videos=(Video(**values),))


def moment(corpus: Corpus, second: int, split: str = "train") -> Sample:
    return next(s for s in windows.samples(corpus, split) if s.time == second)


def test_context_is_ten_seconds_without_the_second_itself():
    sample = moment(film(), 12)
    assert [c.text for c in sample.context] == [f"at {s}" for s in (7, 8, 9, 10, 11, 13, 14, 15, 16, 17)]
    assert sample.references == ("at 12",)
    assert sample.id == "a@12"


def test_no_comment_of_the_second_reaches_the_context_of_any_sample():
    for sample in windows.samples(film(), "train"):
        assert all(c.second != sample.time and abs(c.second - sample.time) <= 5 for c in sample.context)


def test_windows_never_cross_the_border_of_a_segment():
    parts = (Segment(0, 14, "train"), Segment(14, 20, "test"), Segment(20, 30, "train"))
    corpus = film(split=None, segments=parts, frames={s: f"{s}.jpg" for s in range(30)})
    test = windows.samples(corpus, "test")
    assert {s.time for s in test} == set(range(14, 20))
    seen = {c.second for s in windows.samples(corpus, "train") for c in s.context}
    assert not seen & set(range(14, 20))
    assert {c.second for s in test for c in s.context} == set(range(14, 20))
    shown = {frame for s in test for frame in s.frames}
    assert shown == {f"{s}.jpg" for s in range(14, 20)}


def test_frames_are_eleven_with_the_key_frame_in_the_middle():
    sample = moment(film(frames={s: f"{s}.jpg" for s in range(30)}), 12)
    assert sample.frames == tuple(f"{s}.jpg" for s in range(7, 18))
    assert sample.frame(0) == "12.jpg"
    assert sample.frame(-2) == "10.jpg"
    assert sample.frame(9) == "17.jpg"


def test_missing_frames_are_the_nearest_that_exist():
    corpus = film(frames={s: f"{s}.jpg" for s in (1, 4, 5, 9)})
    assert moment(corpus, 2).frames == tuple(f"{s}.jpg" for s in (1, 1, 1, 1, 1, 1, 4, 4, 5, 5, 5))
    assert moment(film(), 2).frames == ()
    assert moment(film(), 2).frame(0) is None


def test_nearest_frames_go_outwards_without_repeating_before_all_are_used():
    first = moment(film(frames={s: f"{s}.jpg" for s in range(30)}), 0)
    assert first.nearest_frames(5) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg"]
    middle = moment(film(frames={s: f"{s}.jpg" for s in range(30)}), 12)
    assert middle.nearest_frames(5) == ["12.jpg", "11.jpg", "13.jpg", "10.jpg", "14.jpg"]
    assert Sample(id="x", video="x", time=0, frames=("one.jpg",)).nearest_frames(3) == ["one.jpg"] * 3


def test_nearest_comments_go_outwards_by_second():
    assert moment(film(), 12).nearest_comments(5) == ["at 11", "at 13", "at 10", "at 14", "at 9"]


def test_the_same_corpus_gives_the_same_samples():
    assert windows.samples(film(), "train") == windows.samples(film(), "train")


def test_moments_without_enough_distinct_comments_are_left_out():
    comments = (Comment(1, "a"), Comment(1, "a"), Comment(2, "a"), Comment(2.5, "b"))
    found = windows.samples(film(comments=comments), "train")
    assert [(s.time, s.references) for s in windows.with_references(found, 2)] == [(2, ("a", "b"))]


def test_moments_at_fixed_steps_need_no_comments():
    corpus = film(comments=(), duration=11.0, frames={s: f"{s}.jpg" for s in range(11)}, split="test")
    assert [s.time for s in windows.every(corpus, "test", 5)] == [0, 5, 10]


def test_thinning_keeps_a_share_and_is_the_same_each_time():
    sample = moment(film(), 12)
    thinned = windows.thin(sample, 0.5, 1)
    assert len(thinned.context) == 5
    assert set(thinned.context) < set(sample.context)
    assert windows.thin(sample, 0.5, 1) == thinned
    assert windows.thin(sample, 1.0, 1) == sample


def test_holding_out_parts_the_moments_for_good():
    found = windows.samples(film(), "train")
    kept, dev = windows.hold_out(found, 0.2, 3)
    assert len(dev) == 6
    assert {s.id for s in kept} | {s.id for s in dev} == {s.id for s in found}
    assert windows.hold_out(found, 0.2, 3) == (kept, dev)
