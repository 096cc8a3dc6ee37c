"""Key frames: the descriptor as the standard says, one frame a shot, and every comment with the frame it belongs to."""

import itertools
import json
import re

import numpy as np
import pytest
from PIL import Image

from generation.__main__ import main
from generation.corpus import keyframes
from generation.corpus.keyframes import KeyFrame, Options
from generation.corpus.readers import own
from generation.errors import UserError

RED, GREEN, BLUE, GREY = (230, 20, 20), (20, 200, 60), (30, 60, 220), (128, 128, 128)


def picture(colour, seed=0, size=(32, 24)):
    """A colour with a little noise, as frames of one shot have."""
    noise = np.random.default_rng(seed).integers(-6, 7, (size[1], size[0], 3))
    return Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8))


@pytest.fixture
def filmed(tmp_path):
    """Write one picture a second from a list of colours; the frames by second."""

    def make(colours, folder="film"):
        path = tmp_path / "frames" / folder
        path.mkdir(parents=True)
        for second, colour in enumerate(colours):
            picture(colour, second).save(path / f"{second:06d}.png")
        return own.find_frames(path)

    return make


class TestTheDescriptor:
    def test_pixels_are_counted_in_16_hues_4_saturations_and_4_values(self):
        two = Image.new("RGB", (4, 1), (255, 0, 0))
        two.putpixel((3, 0), (100, 100, 100))  # grey: hue 0, saturation 0, value 100 // 64 = 1
        counts = keyframes.histogram(two)
        assert counts.shape == (16, 4, 4)
        assert (counts[0, 3, 3], counts[0, 0, 1], counts.sum()) == (3, 1, 4)
        blue = keyframes.histogram(Image.new("RGB", (2, 2), (0, 0, 255)))  # 240 degrees of 360 is 10.67 of 16
        assert blue[10, 3, 3] == 4

    @pytest.mark.parametrize(("share", "level"), [(1, 15), (0.4, 15), (0.1, 9), (0.01, 3), (0.001, 1), (0.0001, 0)])
    def test_shares_become_four_bits_unevenly(self, share, level):
        # 10 % is 205 of 2047: 15 * (205 / 818.8) ** 0.4 = 8.62; 1 % is 20: 3.40; 0.1 % is 2: 1.35
        counts = np.array([share * 1e6, (1 - share) * 1e6])
        assert keyframes.quantised(counts)[0] == level

    def test_one_colour_worked_by_hand(self):
        found = keyframes.descriptor(Image.new("RGB", (8, 8), (255, 0, 0)), 256)
        # one bin of 15 at hue 0, saturation 3, value 3: the sum, and one difference at each of eight halvings, negative
        # where the bin is the first of its pair (hue), positive where it is the second (saturation, value)
        assert found[0] == 15
        levels = [
            found[1:2],
            found[2:4],
            found[4:8],
            found[8:16],
            found[16:32],
            found[32:64],
            found[64:128],
            found[128:],
        ]
        assert [int(level.sum()) for level in levels] == [-15, -15, 15, 15, -15, 15, 15, -15]
        assert np.count_nonzero(found) == 9
        assert len(found) == 256

    def test_it_equals_a_plain_transform(self):
        bins = np.random.default_rng(1).integers(0, 16, (16, 4, 4))
        cells = {(h, s, v): int(bins[h, s, v]) for h in range(16) for s in range(4) for v in range(4)}
        levels = []
        for axis in "hsvhsvhh":
            place = "hsv".index(axis)
            sums, differences = {}, {}
            for key in sorted(key for key in cells if key[place] % 2 == 0):
                other = tuple(k + (i == place) for i, k in enumerate(key))
                half = tuple(k // 2 if i == place else k for i, k in enumerate(key))
                sums[half], differences[half] = cells[key] + cells[other], cells[other] - cells[key]
            levels.append([differences[key] for key in sorted(differences)])
            cells = sums
        plain = [cells[0, 0, 0], *itertools.chain.from_iterable(reversed(levels))]
        assert keyframes.haar(bins).tolist() == plain

    def test_fewer_coefficients_say_what_a_coarser_histogram_says(self):
        one, two = (np.random.default_rng(seed).integers(0, 16, (16, 4, 4)) for seed in (2, 3))
        moved = one + 0
        moved[0], moved[1] = one[0] + 1, one[1] - 1  # between neighbouring hues: the same for 128 coefficients
        assert (keyframes.haar(one)[:128] == keyframes.haar(moved)[:128]).all()
        assert (keyframes.haar(one) != keyframes.haar(moved)).any()
        assert (keyframes.haar(one)[:128] != keyframes.haar(two)[:128]).any()
        coarse = one.reshape(4, 4, 2, 2, 2, 2).sum(axis=(1, 3, 5))  # 4x2x2 bins
        as_sums = keyframes.haar(np.kron(coarse, np.ones((4, 2, 2), dtype=int)))  # each spread over 16 equal bins
        assert (as_sums[:16] == 16 * keyframes.haar(one)[:16]).all()

    def test_size_and_mirror_do_not_matter_but_colour_does(self):
        small, large = picture(RED, 1), picture(RED, 1).resize((320, 240), Image.Resampling.NEAREST)
        base = keyframes.descriptor(small)
        assert (keyframes.descriptor(large) == base).all()
        assert (keyframes.descriptor(small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) == base).all()
        assert np.abs(keyframes.descriptor(picture(BLUE, 1)) - base).sum() > 100


class TestClusters:
    OPTIONS = Options()

    def rows(self, colours):
        return np.stack([keyframes.descriptor(picture(colour, i)) for i, colour in enumerate(colours)])

    def test_one_key_frame_a_shot_and_a_shot_that_returns_is_known(self):
        colours = [RED] * 5 + [GREEN] * 4 + [RED] * 3 + [BLUE]
        found = keyframes.cluster(self.rows(colours), self.OPTIONS)
        assert sorted(members.tolist() for _, members in found) == [[0, 1, 2, 3, 4, 9, 10, 11], [5, 6, 7, 8], [12]]
        assert all(exemplar in members for exemplar, members in found)

    def test_without_convergence_it_is_still_one_frame_a_shot(self, monkeypatch):
        rows = self.rows([RED] * 5 + [GREEN] * 4 + [BLUE] * 3)
        monkeypatch.setattr(keyframes, "MOST", 2)
        assert [len(members) for _, members in keyframes.cluster(rows, self.OPTIONS)] == [5, 4, 3]

    def test_equal_frames_are_one(self):
        for count in (1, 2, 9):
            rows = np.stack([keyframes.descriptor(picture(GREY))] * count)
            for options in (self.OPTIONS, Options(median=True)):
                ((_, members),) = keyframes.cluster(rows, options)
                assert members.tolist() == list(range(count))

    def test_the_fallback_finds_the_best_set_of_three_shots(self):
        rows = self.rows([RED, RED, GREEN, GREEN, GREEN, BLUE, BLUE])
        similarities, prices = keyframes._similarities(rows, self.OPTIONS)

        def net(chosen):
            return similarities[:, list(chosen)].max(axis=1).sum() - prices[list(chosen)].sum()

        sets = itertools.chain.from_iterable(itertools.combinations(range(7), k) for k in range(1, 8))
        assert net(keyframes.settled(similarities, prices)) == max(map(net, sets))

    def test_pieces_end_where_the_picture_changes_most(self):
        rows = self.rows([RED] * 9 + [GREEN] * 8 + [BLUE] * 8)
        assert list(keyframes._pieces(rows, 10)) == [(0, 9), (9, 17), (17, 25)]
        for n, most in ((1, 2), (2, 2), (7, 2), (25, 10), (21, 5)):
            cuts = list(keyframes._pieces(rows[:n], most))
            assert [row for start, end in cuts for row in range(start, end)] == list(range(n))
            assert max(end - start for start, end in cuts) <= most
        found = keyframes.cluster(rows, Options(piece=10))
        assert [len(members) for _, members in found] == [9, 8, 8]

    @pytest.mark.parametrize("wrong", [{"coefficients": 60}, {"distance": 0}, {"piece": 1}, {"piece": 2001}])
    def test_options_that_cannot_be_are_refused(self, wrong):
        with pytest.raises(UserError, match=r"expected\.$"):
            Options(**wrong)


class TestComments:
    def test_they_follow_their_second_to_its_key_frame(self, make_corpus, filmed):
        corpus = make_corpus(
            [
                {
                    "id": "film",
                    "duration": 6,
                    "split": "train",
                    "comments": [(0.5, "一"), (1.9, "二"), (4, "三"), (5.5, "四")],
                }
            ]
        )
        frames = filmed([RED, RED, RED, BLUE, BLUE])
        video = corpus.videos[0].__class__(**{**vars(corpus.videos[0]), "frames": frames})
        corpus = corpus.__class__(**{**vars(corpus), "videos": (video,)})
        chosen = {"film": [KeyFrame(1, (0, 1, 2)), KeyFrame(3, (3, 4))]}
        gathered = keyframes.gathered(corpus, chosen)
        assert keyframes.comments_by_key(gathered) == {"film": {1: ["一", "二"], 3: ["三", "四"]}}  # 5.5 has no frame
        assert list(gathered.videos[0].frames) == [1, 3]

    def test_nothing_crosses_from_train_to_test(self, make_corpus, tmp_path, filmed, capsys):
        segments = [{"start": 0, "end": 4, "split": "train"}, {"start": 4, "end": 9, "split": "test"}]
        said = [(s + 0.5, f"第{s}秒") for s in range(9)]
        corpus = make_corpus([{"id": "film", "duration": 9, "segments": segments, "comments": said}])
        filmed([RED] * 6 + [BLUE] * 2)  # second 8 has no frame
        (tmp_path / "frames").rename(corpus.root / "frames")
        out = tmp_path / "out"
        assert main(["keyframes", str(corpus.root), "--out", str(out)]) == 0
        assert "3 key frames of 8 frames" in capsys.readouterr().err
        gathered = own.read(out / "corpus")
        by_split = {"train": set(), "test": set()}
        for second, texts in keyframes.comments_by_key(gathered)["film"].items():
            by_split["train" if second < 4 else "test"] |= set(texts)
        assert by_split == {"train": {f"第{s}秒" for s in range(4)}, "test": {f"第{s}秒" for s in range(4, 9)}}
        samples = [json.loads(line) for line in (out / "samples.jsonl").read_text().splitlines()]
        assert [len(sample["references"]) for sample in samples] == [2, 3]
        for sample in samples:
            assert not set(sample["references"]) & {comment["text"] for comment in sample["context"]}
            assert (out / "corpus" / "frames" / sample["frames"][len(sample["frames"]) // 2]).is_file()


class TestTheCommand:
    def test_a_film_gives_pictures_and_a_sheet(self, tmp_path, capsys):
        from tests.generation.corpus.test_film import make_film

        film = make_film(tmp_path / "film.mp4", 4)  # every second another grey: 0, 40, 80, 120
        assert main(["keyframes", str(film), "--out", str(tmp_path / "out"), "--distance", "80"]) == 0
        (keys,) = json.loads((tmp_path / "out" / "keyframes.json").read_text())["films"].values()
        assert sorted(s for key in keys for s in key["seconds"]) == [0, 1, 2, 3]
        assert len(keys) == 2  # of four values two pairs share a quarter: 0 and 40, 80 and 120
        kept = sorted(path.name for path in (tmp_path / "out" / "frames" / "film").iterdir())
        assert kept == [f"{key['second']:06d}.jpg" for key in keys]
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["frames", "keyframes.json", "sheet.html"]

    def test_the_sheet_is_one_file_and_says_what_people_said(self, make_corpus, filmed, tmp_path):
        nasty = "<script>alert(1)</script>&"
        corpus = make_corpus([{"id": "film", "duration": 3, "split": "test", "comments": [(0, nasty), (1, "好")]}])
        filmed([RED, RED, RED])
        (tmp_path / "frames").rename(corpus.root / "frames")
        assert main(["keyframes", str(corpus.root), "--out", str(tmp_path / "out")]) == 0
        sheet = (tmp_path / "out" / "sheet.html").read_text(encoding="utf-8")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp; / 好" in sheet
        assert "2 条弹幕 comments" in sheet
        assert "0:00–0:02" in sheet
        assert "<script" not in sheet
        assert sheet.count("<figure>") == 1
        assert re.findall(r'(?:src|href)="(.{10})', sheet) == ["data:image"]

    def test_folders_of_frames_are_films(self, filmed, tmp_path):
        filmed([RED, BLUE], "a")
        filmed([GREEN], "b")
        assert main(["keyframes", str(tmp_path / "frames"), "--out", str(tmp_path / "out")]) == 0
        films = json.loads((tmp_path / "out" / "keyframes.json").read_text())["films"]
        assert {name: len(keys) for name, keys in films.items()} == {"a": 2, "b": 1}
        assert (tmp_path / "frames" / "a" / "000001.png").is_file()

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (["nowhere"], "nowhere does not exist"),
            (["empty"], "empty holds no corpus.json, no video files"),
            (["text.mp4"], "text.mp4 cannot be read as a video"),
            (["broken"], "000000.jpg cannot be read as a picture"),
            (["corpus"], "no frames to choose key frames from"),
            (["empty", "--distance", "-1"], "The distance is -1.0"),
            (["empty", "--piece", "9999"], "Pieces of 9999 frames"),
            (["text.mp4", "--height", "0"], "--height 0"),
        ],
    )
    def test_mistakes_are_one_sentence_and_leave_nothing(
        self, make_corpus, tmp_path, monkeypatch, capsys, words, sentence
    ):
        monkeypatch.chdir(tmp_path)
        make_corpus([{"id": "film", "duration": 3, "split": "test", "comments": [(0, "好")]}])
        (tmp_path / "empty").mkdir()
        (tmp_path / "text.mp4").write_text("no film")
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken" / "000000.jpg").write_text("no picture")
        before = sorted(tmp_path.iterdir())
        assert main(["keyframes", *words, "--out", "out"]) == 1
        said = capsys.readouterr().err
        assert sentence in said
        assert said.count("\n") == 1
        assert sorted(tmp_path.iterdir()) == before

    def test_a_folder_with_something_in_it_is_left_alone(self, tmp_path, capsys):
        (tmp_path / "mine.txt").write_text("mine")
        assert main(["keyframes", str(tmp_path), "--out", str(tmp_path)]) == 1
        assert "is not empty; name a new folder" in capsys.readouterr().err
        assert (tmp_path / "mine.txt").read_text() == "mine"


def test_real_films_have_one_key_frame_a_shot(real_data):
    found = {}
    for folder in sorted((real_data / "video" / "frames").iterdir()):
        keys = keyframes.of_frames(own.find_frames(folder), Options())
        found[folder.name] = {second: key.second for key in keys for second in key.seconds}
    counts = {name: len(set(keys.values())) for name, keys in found.items()}
    one_shot = (
        "mdn_flower_5s_cc0",
        "mdn_rabbit_8s_cc0",
        "his_girl_friday_6s",
        "bbb_burrow_5s_720p",
        "bbb_butterfly_4s",
    )
    assert {name: counts[name] for name in one_shot} == dict.fromkeys(one_shot, 1)
    # Looked at: these seconds show one shot each, those in brackets the same one.
    trailer = found["bbb_trailer_33s_360p"]
    assert len({trailer[s] for s in (5, 9, 13, 16, 19, 20, 21, 25, 30)}) == 9
    assert len({trailer[s] for s in (1, 2, 3, 7, 8, 11, 12, 17, 18)}) == 1  # white cards
    assert trailer[13] == trailer[15] != trailer[14] == trailer[10]  # there, back, there again
    assert len({found["bbb_first30s_480p"][s] for s in (0, 3, 13, 18, 27)}) == 5
    sintel = found["sintel_trailer_52s_204p"]
    assert len({sintel[s] for s in (2, 5, 7, 10, 13, 19, 24, 27, 30, 38, 41)}) == 11
    looked_at = {
        "bbb_trailer_33s_360p": 13,
        "bbb_first30s_480p": 7,
        "sintel_trailer_52s_204p": 19,
        "sintel_rooftop_26s_480p": 8,
    }
    for name, shots in looked_at.items():
        assert abs(counts[name] - shots) <= 2, name
