"""Published data sets, in small files of their shapes, with the faults these are known to have."""

import io
import json
import pickle
import struct

import h5py
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.__main__ import main
from generation.corpus import features, published, testset, windows
from generation.corpus.readers import livebot, load, movielc, videoic
from generation.corpus.records import Comment
from generation.errors import UserError

ASS = """[Script Info]
Title: 某
[V4+ Styles]
Format: Name, Fontname
Style: AcplayDefault, SimHei
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 3,0:01:02.70,0:01:10.00,AcplayDefault,,0000,0000,0000,,{\\move(1, 2, 3, 4)\\c&HFF}你好, {\\b1}世界\\N第二行
Comment: 0,0:00:00.00,0:00:01.00,AcplayDefault,,0,0,0,,不是弹幕
Dialogue: 3,0:00:00.10,0:00:10.00,AcplayDefault,,0000,0000,0000,,{\\move(1,2)}开头
Dialogue: 3,1:00:00.00,1:00:10.00,AcplayDefault,,0000,0000,0000,,{\\pos(1,2)}
"""


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def jsonl(path, rows):
    return write(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


# -- LiveBot ---------------------------------------------------------------------------------------------------


def test_livebot_subtitles_give_text_without_styles_at_fractions_of_seconds(tmp_path):
    write(tmp_path / "某 视频.ass", ASS)
    (video,) = livebot.read(tmp_path).videos
    assert video.id == "某_视频"
    assert video.comments == (Comment(0.1, "开头"), Comment(62.7, "你好, 世界 第二行"))


def test_livebot_text_files_come_with_frames_and_the_split_of_their_lists(tmp_path):
    write(tmp_path / "comment" / "7.txt", "7\t3\t带\t制表符\n7\t0\t零\n\n")
    write(tmp_path / "comment" / "8.txt", "8\t1\t一\n")
    write(tmp_path / "comment" / "9.txt", "9\t1\t不在名单\n")
    write(tmp_path / "train.txt", "7.txt\n")
    write(tmp_path / "test.txt", "8\n")
    for k in (1, 2, 3):
        write(tmp_path / "img" / "7" / f"{k}.bmp", "")
    seven, eight = livebot.read(tmp_path).videos
    assert [c.text for c in seven.comments] == ["零", "带 制表符"]
    assert {s: path.rpartition("/")[2] for s, path in seven.frames.items()} == {1: "1.bmp", 2: "2.bmp", 3: "3.bmp"}
    assert (seven.split, eight.split) == ("train", "test")


def test_livebot_processed_files_give_running_text_and_all_truths(tmp_path):
    train = [{"video": 1, "time": 2, "comment": "你 好"}, {"video": 1, "time": 2, "comment": "<UNK> 再见"}]
    jsonl(tmp_path / "train.json", train)
    test = {"video": "5", "time": 9, "context": "别 处 <&&&> 哪里", "comment": ["a b", "哈 哈"], "candidate": {"x": 1}}
    jsonl(tmp_path / "test-candidate.json", [test])
    one, five = livebot.read(tmp_path).videos
    assert (one.id, one.split, [c.text for c in one.comments]) == ("1", "train", ["你好", "再见"])
    assert (five.id, five.split, five.comments) == ("5", "test", (Comment(9.0, "a b"), Comment(9.0, "哈哈")))


def test_frames_of_livebot_survive_prepare(tmp_path):
    for i in (1, 2, 3):
        write(tmp_path / "in" / "comment" / f"{i}.txt", f"{i}\t1\t第{i}句\n")
        write(tmp_path / "in" / "img" / str(i) / "1.bmp", "picture")
    assert main(["prepare", "livebot", str(tmp_path / "in"), str(tmp_path / "out")]) == 0
    assert [list(v.frames) for v in load("own")(tmp_path / "out").videos] == [[1]] * 3


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.ass", ASS.replace("0:01:02.70", "soon"), r"a\.ass, line 8: a start like"),
        ("a.ass", ASS.replace("Layer, Start", "Layer, Begin"), r"a\.ass, line 7: the format lacks Start"),
        ("comment/1.txt", "1\t2\n", r"1\.txt, line 1: id, second and text"),
        ("comment/1.txt", "1\tx\ty\n", r"1\.txt, line 1: id, second and text"),
        ("train.json", '{"video": 1, "time": -1, "comment": "a"}', r"train\.json, line 1: the time -1"),
        ("train.json", '{"time": 1, "comment": "a"}', r'train\.json, line 1: "video" is None'),
        ("train.json", '{"video": 1, "time": 1, "comment": 3}', r"train\.json, line 1: comments are"),
        ("train.json", "\n[]", r"train\.json, line 2: an object"),
        ("readme", "", "holds none of LiveBot's shapes"),
    ],
)
def test_faults_of_livebot_files_are_named(tmp_path, name, content, sentence):
    write(tmp_path / name, content)
    with pytest.raises(UserError, match=sentence):
        livebot.read(tmp_path)


def test_a_video_on_both_sides_of_a_split_is_refused(tmp_path):
    jsonl(tmp_path / "train.json", [{"video": 1, "time": 1, "comment": "a"}])
    jsonl(tmp_path / "dev.json", [{"video": "1", "time": 9, "comment": ["b"]}])
    with pytest.raises(UserError, match=r"dev\.json, line 1: video 1 is in train and in dev"):
        livebot.read(tmp_path)
    write(tmp_path / "raw" / "a.ass", ASS)
    write(tmp_path / "raw" / "train.txt", "a\n")
    write(tmp_path / "raw" / "test.txt", "a.ass\n")
    with pytest.raises(UserError, match=r"test\.txt: a\.ass is in train too"):
        livebot.read(tmp_path / "raw")


def test_a_list_that_names_an_absent_video_is_refused(tmp_path):
    write(tmp_path / "a.ass", ASS)
    write(tmp_path / "test.txt", "b\n")
    with pytest.raises(UserError, match=r"test\.txt lists b, which is not in the folder"):
        livebot.read(tmp_path)


def test_the_same_video_under_two_ids_in_two_splits_is_refused_by_prepare(tmp_path, capsys):
    text = "".join(f"x\t{i}\t第{i}句\n" for i in range(9))
    for name, split in (("1", "train"), ("2", "dev"), ("3", "test")):
        write(tmp_path / "in" / "comment" / f"{name}.txt", text if name != "2" else "2\t1\t别的\n")
        write(tmp_path / "in" / f"{split}.txt", f"{name}.txt\n")
    assert main(["prepare", "livebot", str(tmp_path / "in"), str(tmp_path / "out")]) == 1
    assert "Videos 1 and 3 are the same" in capsys.readouterr().err


# -- VideoIC ---------------------------------------------------------------------------------------------------


def test_raw_videoic_gives_titles_classes_durations_and_splits(tmp_path):
    about = {"cid": 1, "title": "题", "duration": 90, "total_danmaku": 3, "v_class": "life", "v_key": "k"}
    write(tmp_path / "info.json", json.dumps({"11": about, "12": {}}))
    write(tmp_path / "comments" / "11.json", json.dumps({"10": ["晚", ""], "9": ["早", "早 &amp; 好"]}))
    write(tmp_path / "comments" / "12.json", json.dumps({}))
    jsonl(tmp_path / "division" / "train.json", [{"aid": 11, "cid": 1, "duration": 90, "class": "games"}])
    jsonl(tmp_path / "division" / "test.json", [{"aid": "12"}])
    one, two = videoic.read(tmp_path).videos
    assert (one.id, one.title, one.category, one.duration, one.split) == ("11", "题", "games", 90, "train")
    assert [(c.time, c.text) for c in one.comments] == [(9, "早"), (9, "早 & 好"), (10, "晚")]
    assert (two.split, two.comments) == ("test", ())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", r"1\.json cannot be read"),
        ('{"x": ["a"]}', r"1\.json: the time 'x' is no second"),
        ('{"1": "a"}', r"1\.json: second 1 is 'a'; a list"),
    ],
)
def test_faults_of_raw_videoic_are_named(tmp_path, content, sentence):
    write(tmp_path / "comments" / "1.json", content)
    with pytest.raises(UserError, match=sentence):
        videoic.read(tmp_path)


def test_processed_videoic_counts_each_comment_once_however_many_lines_hold_it(tmp_path):
    rows = [
        {"video": "3", "time": 5, "comment": "五 一", "context": {"4": ["四"], "6": []}},
        {"video": "3", "time": 5, "comment": "五 一", "context": {"4": ["四"]}},
        {"video": "3", "time": "4", "comment": "四", "context": {"5": ["五 一", "五 一"], "1": ["一", ""]}},
    ]
    jsonl(tmp_path / "train.json", rows)
    (video,) = videoic.read(tmp_path).videos
    assert [(c.second, c.text) for c in video.comments] == [(1, "一"), (4, "四"), (5, "五一"), (5, "五一")]


spoken = st.dictionaries(
    st.integers(0, 30), st.lists(st.sampled_from(["一 二", "三", "四 五 六"]), min_size=1, max_size=3)
)


@settings(max_examples=30, deadline=None)
@given(said=spoken.filter(bool), as_list=st.booleans())
def test_reading_what_was_cut_into_moments_gives_the_same_videos(tmp_path_factory, said, as_list):
    folder = tmp_path_factory.mktemp("videoic")

    def around(t):
        near = {str(s): said.get(s, []) for s in range(max(t - 5, 0), t + 6) if s != t}
        return near if as_list else {s: " <SEP> ".join(texts) for s, texts in near.items()}

    rows = [{"video": 1, "time": t, "comment": c, "context": around(t)} for t, texts in said.items() for c in texts]
    jsonl(folder / "train.json", rows)
    (video,) = videoic.read(folder).videos
    expected = sorted((t, text.replace(" ", "")) for t, texts in said.items() for text in texts)
    assert sorted((c.second, c.text) for c in video.comments) == expected


# -- MovieLC ---------------------------------------------------------------------------------------------------


def test_movielc_is_read_with_string_contexts_durations_and_empty_seconds(tmp_path):
    folder = tmp_path / "processed_data" / "setup_1"
    context = {"8": "好 看 <SEP> 真 的", "9": "", "11": "来 了"}
    train = {"video": "No0001", "time": 10, "comment": "泪 目", "context": context, "kg": "甲 乙 <SEP> 丙"}
    jsonl(folder / "train-all.json", [train])
    test = {"video": "No0059", "time": 3, "comment": ["一", "二"], "context": {}, "candidate": {"一": 1}}
    jsonl(folder / "test-all.json", [test])
    write(folder.parent / "vid_duration.json", json.dumps({"No0001": 7200}))
    corpus = movielc.read(tmp_path)
    one, other = corpus.videos
    assert [(c.second, c.text) for c in one.comments] == [(8, "好看"), (8, "真的"), (10, "泪目"), (11, "来了")]
    assert (one.duration, other.duration) == (7200, 4)
    (sample,) = windows.samples(corpus, "test")
    assert sorted(sample.references) == ["一", "二"]


def test_one_setup_of_movielc_has_to_be_named(tmp_path):
    with pytest.raises(UserError, match=r"holds no train-all\.json"):
        movielc.read(tmp_path)
    for n in (1, 2):
        jsonl(tmp_path / f"setup_{n}" / "train-all.json", [{"video": "No1", "time": 1, "comment": "x"}])
    with pytest.raises(UserError, match=r"holds 2 set-ups; name one, such as .*setup_1"):
        movielc.read(tmp_path)
    write(tmp_path / "setup_1" / "vid_duration.json", "[]")
    with pytest.raises(UserError, match=r"vid_duration\.json: seconds by film"):
        movielc.read(tmp_path / "setup_1")


# -- files of vectors ------------------------------------------------------------------------------------------


DIM = 512


def vector(value):
    return torch.full((DIM,), float(value))


def on_gpu(monkeypatch):
    """Have whatever is pickled now say that it lay on a GPU, as the published files do."""
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")


def saved(path, data, kind):
    """The same data as each of the programs that published features wrote it."""
    with path.open("wb") as file:
        if kind.startswith("torch"):
            torch.save(data, file, _use_new_zipfile_serialization=kind == "torch")
        else:
            pickle.dump(data, file, protocol=int(kind))
    return path


@pytest.mark.parametrize("kind", ["torch", "torch before 1.6", "2", "4"])
@pytest.mark.parametrize("gpu", [False, True])
def test_tensors_and_arrays_are_read_from_every_kind_of_pickle(tmp_path, monkeypatch, kind, gpu):
    if gpu:
        on_gpu(monkeypatch)
    data = {7: {0: vector(0), 1: vector(1)}, "8": {"3": vector(3).numpy(), "4": None, 5: []}, 9: {}}
    path = saved(tmp_path / "image.pkl", data, kind)
    monkeypatch.undo()
    found = published.read(path)
    assert {video: {s: float(v[0]) for s, v in rows.items()} for video, rows in found.items()} == {
        "7": {0: 0.0, 1: 1.0},
        "8": {3: 3.0},
        "9": {},
    }
    assert all(v.device.type == "cpu" and v.shape == (DIM,) for rows in found.values() for v in rows.values())


def test_python_2_pickles_are_read(tmp_path):
    rows = np.arange(2.0 * DIM, dtype=np.float32).reshape(2, DIM)
    raw = pickle.dumps({b"No0059": rows}, protocol=2).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    (tmp_path / "movie101.pkl").write_bytes(raw)
    found = published.read(tmp_path / "movie101.pkl")["No0059"]
    assert torch.equal(found[1], torch.from_numpy(rows[1]))
    byte_string, one = b"U\x06No0059", b"K\x01]G" + struct.pack(">d", 0.5) + b"a"
    (tmp_path / "movie101.pkl").write_bytes(b"\x80\x02}" + byte_string + b"}" + one + b"ss.")
    assert published.read(tmp_path / "movie101.pkl")["No0059"][1].tolist() == [0.5]


def test_hdf5_has_a_table_a_video_alone_or_in_a_group(tmp_path):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["7"] = np.ones((3, DIM), dtype=np.float32)
        file.create_group("8")["vectors"] = np.zeros((2, DIM), dtype=np.float16)
    found = published.read(tmp_path / "f.h5")
    assert (sorted(found["7"]), sorted(found["8"]), float(found["7"][2][0])) == ([0, 1, 2], [0, 1], 1.0)


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("kind", ["torch", "torch before 1.6", "2", "4"])
def test_a_pickle_that_would_run_something_is_refused_and_runs_nothing(tmp_path, kind):
    path = saved(tmp_path / "image.pkl", {1: {0: Evil(tmp_path / "ran")}}, kind)
    with pytest.raises(UserError, match=r"open"):
        published.read(path)
    assert not (tmp_path / "ran").exists()


def test_what_hides_inside_a_pickled_tensor_is_not_run_either(tmp_path):
    inner = io.BytesIO()
    torch.save(Evil(tmp_path / "ran"), inner, _use_new_zipfile_serialization=False)

    class Storage:
        def __reduce__(self):
            return (torch.storage._load_from_bytes, (inner.getvalue(),))

    path = saved(tmp_path / "image.pkl", {1: {0: Storage()}}, "4")
    with pytest.raises(UserError):
        published.read(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([1, 2], "vectors by second by video are expected"),
        ({1: 3}, "vectors by second by video are expected"),
        ({1: {"x": np.ones(DIM)}}, r"video 1: 'x' does not lead to a vector"),
        ({1: {0: np.full(DIM, np.nan)}}, r"video 1, second 0: .* not finite"),
        ({1: {}}, "holds no vectors"),
        ({1: {0: np.ones(3)}, "1": {0: np.ones(3)}}, "has the video 1 twice"),
    ],
)
def test_faults_of_files_of_vectors_are_named(tmp_path, data, sentence):
    with pytest.raises(UserError, match=sentence):
        published.read(saved(tmp_path / "image.pkl", data, "4"))


@pytest.mark.parametrize("name", ["image.pkl", "image.h5"])
def test_a_broken_file_of_vectors_is_one_sentence(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x80\x04broken")
    with pytest.raises(UserError, match=rf"{name} cannot be read"):
        published.read(tmp_path / name)
    with pytest.raises(UserError, match="does not exist"):
        published.read(tmp_path / "absent.pkl")


@pytest.fixture
def livebot_processed(tmp_path):
    """Two videos; the first has comments in seconds 1 (its first picture) and 3."""
    rows = [{"video": 1, "time": t, "comment": c} for t, c in ((1, "一 开始"), (3, "三"))]
    jsonl(tmp_path / "in" / "train.json", [*rows, {"video": 2, "time": 1, "comment": "别 的"}])
    assert main(["prepare", "livebot", str(tmp_path / "in"), str(tmp_path / "corpus")]) == 0
    return tmp_path / "corpus"


def test_vectors_of_livebot_stand_for_its_pictures_at_the_seconds_of_the_comments(livebot_processed, tmp_path):
    path = saved(tmp_path / "res18.pkl", {1: {0: vector(10), 2: vector(30)}, 5: {0: vector(5)}}, "torch")
    assert main(["features", str(livebot_processed), "--backbone", "resnet18", "--from", str(path)]) == 0
    corpus = load("own")(livebot_processed)
    first, third, other = windows.samples(corpus, "train")
    seen = features.for_corpora([corpus], "resnet18")
    assert [float(seen.lookup([s.frame(0)])[0, 0]) for s in (first, third, other)] == [10.0, 30.0, 0.0]
    assert float(seen.lookup([first.frame(1)])[0, 0]) == 10.0  # second 2 has no vector: the nearest, the earlier of two
    assert testset.as_json(first)["frames"] == []  # no pictures to show to anybody


def test_an_offset_may_be_given_and_misfits_are_said(livebot_processed, tmp_path, capsys):
    path = saved(tmp_path / "image.pkl", {1: {2: vector(1)}}, "torch")
    command = ["features", str(livebot_processed), "--backbone", "resnet18", "--from", str(path)]
    assert main([*command, "--offset", "-1"]) == 0
    assert list(load("own")(livebot_processed).videos[0].frames) == [1]
    assert main([*command[:3], "resnet101", *command[4:]]) == 1
    assert "video 1, second 2: 512 numbers; resnet101 has 2048" in capsys.readouterr().err
    saved(path, {"other": {2: vector(1)}}, "torch")
    assert main(command) == 1
    assert "None of the videos of in is in image.pkl; are the ids the same?" in capsys.readouterr().err


def test_a_system_trains_on_published_vectors(livebot_processed, tmp_path):
    path = saved(tmp_path / "res18.pkl", {1: {i: torch.randn(DIM) for i in range(4)}}, "torch")
    assert main(["features", str(livebot_processed), "--backbone", "resnet18", "--from", str(path)]) == 0
    fields = ["--steps=2", "--blocks=1", "--width=16", "--heads=2", "--inner=16", "--comment-length=6", "--batch=2"]
    train = ["train", "ut", "--corpus", str(livebot_processed), "--out", str(tmp_path / "ut"), "--device", "cpu"]
    assert main([*train, "--dev-share=0", *fields]) == 0
    assert "published: res18.pkl" in (tmp_path / "ut" / "config.json").read_text()
