"""Vectors of frames: stored and live ones agree, and every fault has its sentence."""

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from PIL import Image

from generation.corpus import backbones, features
from generation.corpus.backbones import Backbone, Unreachable, picture
from generation.corpus.readers import own
from generation.errors import UserError


@pytest.fixture
def filmed(make_corpus):
    """One film of four one-coloured frames, the last a wide picture."""
    corpus = make_corpus([{"id": "film", "duration": 4, "split": "train", "comments": [(1, "红"), (3, "绿")]}])
    folder = corpus.root / "frames" / "film"
    folder.mkdir(parents=True)
    for second, colour in enumerate(["red", "green", "blue", "white"]):
        Image.new("RGB", (90 + 90 * (second == 3), 90), colour).save(folder / f"{second:06d}.png")
    return own.read(corpus.root)


def test_stored_and_live_vectors_agree(filmed):
    features.extract(filmed, Backbone("pixels64"))
    stored = features.StoredFeatures([filmed], "pixels64")
    frames = [filmed.videos[0].frames[s] for s in (2, 0, 3)]
    got = stored.lookup([*frames, None])
    live = features.LiveFeatures("pixels64", expected=stored.digest)
    assert torch.equal(got, live.lookup([*frames, None]))
    assert torch.equal(got[3], torch.zeros(12288))
    blue = got[0].view(3, 64, 64)
    assert blue[2].min() == 1
    assert blue[:2].max() == -1


def test_efficientnet_sees_what_is_in_a_real_picture(filmed):
    network = Backbone("efficientnet_lite0")
    vectors = network([filmed.videos[0].frames[s] for s in (0, 1, 2)]).float()
    assert vectors.shape == (3, 1280)
    near = torch.nn.functional.cosine_similarity(vectors[0], vectors[1], dim=0)
    assert near < 0.99
    assert len(network.digest) == 64


def test_frames_may_be_paths_file_or_http_addresses(filmed):
    path = filmed.videos[0].frames[0]
    folder = filmed.root / "frames"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/film/000000.png"
    pictures = [picture(source, 64) for source in (path, f"file://{path}", address)]
    server.shutdown()
    assert torch.equal(pictures[0], pictures[1])
    assert torch.equal(pictures[0], pictures[2])


def test_a_missing_or_broken_frame_is_named(filmed, tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.jpg cannot be read"):
        picture(str(tmp_path / "nowhere.jpg"), 64)
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(UserError, match=r"text\.jpg cannot be read as a picture"):
        picture(str(tmp_path / "text.jpg"), 64)


def test_a_server_that_does_not_answer_may_answer_later_and_a_missing_page_will_not(tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/frame.png"
    with pytest.raises(UserError, match="404") as refused:
        picture(address, 64)
    assert not isinstance(refused.value, Unreachable)
    server.shutdown()
    server.server_close()
    with pytest.raises(Unreachable, match=r"frame\.png cannot be fetched"):
        picture(address, 64)


def test_a_frame_that_would_unfold_hugely_is_refused_before_it_is_decoded(tmp_path):
    Image.new("1", (20000, 10000)).save(tmp_path / "bomb.png")
    with pytest.raises(UserError, match="more than 40 megapixels"):
        picture(str(tmp_path / "bomb.png"), 64)


def test_absent_features_are_asked_for_by_command(filmed):
    with pytest.raises(UserError, match=r"python -m generation features .* --backbone resnet18"):
        features.for_corpora([filmed], "resnet18")


def test_new_frames_are_noticed(filmed):
    features.extract(filmed, Backbone("pixels64"))
    Image.new("RGB", (64, 64)).save(filmed.root / "frames" / "film" / "000004.png")
    with pytest.raises(UserError, match="lacks second 4 of video film"):
        features.StoredFeatures([own.read(filmed.root)], "pixels64")


def test_features_of_other_weights_are_noticed(filmed):
    with pytest.raises(UserError, match="trained on features of other efficientnet_lite0 weights"):
        features.LiveFeatures("efficientnet_lite0", expected="0" * 64).lookup([filmed.videos[0].frames[0]])


def test_a_corpus_without_frames_gives_zeros_of_the_right_length(make_corpus):
    corpus = make_corpus([{"id": "a", "duration": 4, "split": "train", "comments": [(1, "x")]}])
    assert features.for_corpora([corpus], "resnet101").lookup([None]).shape == (1, 2048)
    assert features.for_corpora([corpus], "none").dim == 1
    with pytest.raises(UserError, match="no backbone 'vgg'"):
        features.for_corpora([corpus], "vgg")


def test_resnet_weights_come_from_a_file_or_a_folder(tmp_path, monkeypatch, filmed):
    import torchvision

    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("GENERATION_WEIGHTS", raising=False)
    with pytest.raises(UserError, match=r"No weights of resnet18 .*--backbone efficientnet_lite0"):
        Backbone("resnet18")
    torch.manual_seed(0)
    network = torchvision.models.resnet18()
    torch.save(network.state_dict(), tmp_path / "resnet18-random.pth")
    monkeypatch.setenv("GENERATION_WEIGHTS", str(tmp_path))
    found, given = Backbone("resnet18"), Backbone("resnet18", weights=tmp_path / "resnet18-random.pth")
    frames = [filmed.videos[0].frames[0]]
    assert torch.equal(found(frames), given(frames))
    network.fc = torch.nn.Identity()
    scaled = (picture(frames[0], 224) / 255 - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor(
        [0.229, 0.224, 0.225]
    ).view(3, 1, 1)
    with torch.no_grad():
        torch.testing.assert_close(network.eval()(scaled[None]).half(), found(frames), atol=2e-3, rtol=1e-2)
    with pytest.raises(UserError, match="does not hold the weights of resnet101"):
        Backbone("resnet101", weights=tmp_path / "resnet18-random.pth")


def test_the_index_tells_which_weights_made_the_file(filmed):
    path = features.extract(filmed, Backbone("pixels64"))
    about = json.loads(path.with_suffix(".json").read_text())
    assert about == {
        "format": 1,
        "backbone": "pixels64",
        "dim": 12288,
        "weights": "none",
        "videos": {"film": [0, 1, 2, 3]},
    }
    assert backbones.dimension("pixels64") == 12288
