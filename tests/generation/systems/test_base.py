"""What holds for every system in the folder, and for the checkpoints they leave."""

import json
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest
import torch

from generation.corpus import windows
from generation.decoding import Options
from generation.errors import UserError
from generation.systems import base
from generation.systems.base import Neural
from generation.systems.ut import UT, UTConfig

SMALL = UTConfig(blocks=1, width=16, heads=2, inner=16, comment_length=6, backbone="none", vocabulary=60)


@pytest.fixture
def checkpoint(small_corpus, tmp_path) -> Path:
    system = base.seeded(SMALL, UT, windows.samples(small_corpus, "train"), None)
    system.save(tmp_path / "checkpoint")
    return tmp_path / "checkpoint"


def test_the_folder_is_the_registry():
    assert {"ut", "tfidf"} <= set(base.names())
    assert "base" not in base.names()
    with pytest.raises(UserError, match=r"no system 'gpt'; there are .*ut"):
        base.load("gpt")


@pytest.mark.parametrize("name", base.names())
def test_every_system_has_a_frozen_config_presets_and_a_paper(name):
    cls = base.load(name)
    assert cls.slug() == name
    assert {"default", "demo"} <= set(cls.PRESETS)
    assert all(type(preset) is cls.Config for preset in cls.PRESETS.values())
    assert cls.PRESETS["default"] == cls.Config()
    with pytest.raises(FrozenInstanceError):
        cls.PRESETS["default"].seed = 1
    assert len(base.load(name).__doc__) > 40


@pytest.mark.parametrize("name", base.names())
def test_parts_add_up_to_the_whole(name):
    cls = base.load(name)
    config = cls.PRESETS["demo"]
    vocabulary = base.Vocabulary.placeholder(50, cls.SPECIALS, config.tokenizer)
    system = cls(config, vocabulary)
    if isinstance(system, Neural):
        assert sum(system.parts().values()) == sum(p.numel() for p in system.parameters())


def test_a_checkpoint_gives_the_same_system_back(small_corpus, checkpoint):
    first = base.seeded(SMALL, UT, windows.samples(small_corpus, "train"), None).eval()
    again = base.load_checkpoint(checkpoint)
    assert again.config == SMALL
    assert again.vocabulary.tokens == first.vocabulary.tokens
    test = windows.samples(small_corpus, "test")[:3]
    options = Options(per_sample=2, decoding="sample", seed=1)
    assert again.generate(test, options) == first.generate(test, options)
    assert {p.name for p in checkpoint.iterdir()} == {"model.safetensors", "config.json", "vocabulary.json"}


def test_the_first_weights_depend_on_the_seed_alone(small_corpus):
    train = windows.samples(small_corpus, "train")
    torch.manual_seed(1)
    first = base.seeded(SMALL, UT, train, None).state_dict()
    torch.manual_seed(2)
    drawn = torch.rand(1)
    torch.manual_seed(2)
    second = base.seeded(SMALL, UT, train, None).state_dict()
    assert torch.equal(torch.rand(1), drawn)  # and the caller's own draws go on undisturbed
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_digest_names_the_files_and_every_byte_of_them(checkpoint):
    before = base.digest(checkpoint)
    (checkpoint / "training").mkdir()
    (checkpoint / "training" / "log.jsonl").write_text("{}")
    assert base.digest(checkpoint) == before
    data = bytearray((checkpoint / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (checkpoint / "model.safetensors").write_bytes(data)
    assert base.digest(checkpoint) != before


def test_faults_of_a_checkpoint_are_named(checkpoint, tmp_path):
    with pytest.raises(UserError, match=r"no checkpoint in .*nowhere"):
        base.load_checkpoint(tmp_path / "nowhere")
    config = json.loads((checkpoint / "config.json").read_text())
    for change, sentence in (
        ({"width": 32}, "model.safetensors does not fit its config"),
        ({"depth": 3}, r"config\.json cannot be used: .*depth"),
    ):
        changed = {**config, "config": {**config["config"], **change}}
        (checkpoint / "config.json").write_text(json.dumps(changed))
        with pytest.raises(UserError, match=sentence):
            base.load_checkpoint(checkpoint)
    (checkpoint / "config.json").write_text(json.dumps({**config, "system": "gpt"}))
    with pytest.raises(UserError, match="no system 'gpt'"):
        base.load_checkpoint(checkpoint)
    (checkpoint / "config.json").write_text(json.dumps(config))
    (checkpoint / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(UserError, match="does not fit its config"):
        base.load_checkpoint(checkpoint)


def test_fields_are_read_by_their_types():
    changed = base.override(SMALL, {"lr": "1e-2", "steps": "7", "official_compat": "true", "tokenizer": "spaces"})
    assert (changed.lr, changed.steps, changed.official_compat, changed.tokenizer) == (0.01, 7, True, "spaces")
    assert base.override(changed, {"steps": "none"}).steps is None


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"depth": "3"}, "no field 'depth'; it has .*blocks"),
        ({"blocks": "three"}, "--blocks=three: a value of type int"),
        ({"official_compat": "perhaps"}, "a value of type bool"),
    ],
)
def test_wrong_fields_are_refused(values, sentence):
    with pytest.raises(UserError, match=sentence):
        base.override(SMALL, values)


def test_a_preset_can_be_asked_for_by_its_own_name():
    assert base.resolve("ut82") == ("ut", "ut82")
    assert base.configure("ut82").blocks == 4
    assert base.configure("ut", "demo") == UT.PRESETS["demo"]
    assert base.configure("ut", overrides={"blocks": "2"}).blocks == 2
    with pytest.raises(UserError, match="ut has no preset 'huge'; it has default, ut82, demo, small"):
        base.configure("ut", "huge")


def test_config_fields_have_no_names_that_options_of_the_command_take():
    taken = {"corpus", "out", "preset", "stage", "device", "precision", "dev_share", "save_every", "workers", "restart"}
    for name in base.names():
        assert not taken & {field.name for field in fields(base.load(name).Config)}
