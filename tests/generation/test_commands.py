"""The command line: what it prints, what it refuses, and its exit status."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from generation import commands
from generation.__main__ import main
from generation.corpus import testset, windows


def run(*words, status=0, capsys=None):
    assert main([str(word) for word in words]) == status
    return capsys.readouterr() if capsys else None


def test_every_command_says_what_it_does(capsys):
    assert {"prepare", "features", "samples", "train", "evaluate", "generate", "params"} <= set(commands.names())
    for name in commands.names():
        with pytest.raises(SystemExit) as stop:
            main([name, "--help"])
        assert stop.value.code == 0
        assert len(commands.summary(commands.load(name))) > 20


@pytest.mark.parametrize(("name", "millions"), [("ut", "106.43 M"), ("ut82", "82.26 M")])
def test_params_prints_the_size_by_part(capsys, name, millions):
    out = run("params", name, capsys=capsys).out
    assert f"ut: {millions} (V = 30,005)" in out
    assert "decoder" in out


def test_params_takes_fields(capsys):
    found = json.loads(run("params", "ut", "--blocks=1", "--vocabulary", "95", "--json", capsys=capsys).out)
    assert found["vocabulary"] == 100
    assert found["total"] == 12_612_096 + 3_072 + 512 * 100 + 513 * 100


def test_from_raw_files_to_outputs_and_figures(tmp_path, capsys):
    source = tmp_path / "raw"
    source.mkdir()
    for film in range(6):
        rows = [{"t": t / 2, "text": f"第{t % 7}个好看{'啊' * (film % 3)}"} for t in range(80)]
        rows += [{"t": t / 2, "text": f"只有{film}部{t}秒有"} for t in range(40)]  # else they would count as one video
        rows += [{"t": 3 * t / 4, "text": f"{film}号独家{t}"} for t in range(50)]
        (source / f"film{film}.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    corpus, model = tmp_path / "corpus", tmp_path / "model"
    run("prepare", "jsonl", source, corpus, "--seed", 3)
    assert "6 videos (1 dev, 1 test, 4 train)" in capsys.readouterr().err
    run("samples", corpus, "--min-references", 2, "--limit", 9, "--out", tmp_path / "samples.jsonl")
    samples = [json.loads(line) for line in (tmp_path / "samples.jsonl").read_text().splitlines()]
    assert len(samples) == 9
    assert set(samples[0]) >= {"id", "video", "title", "time", "duration", "frames", "context", "references", "split"}
    small = ["--blocks=1", "--width=16", "--heads=2", "--inner=16", "--steps=6", "--backbone=none", "--batch=4"]
    run("train", "ut", "--corpus", corpus, "--out", model, "--device", "cpu", *small)
    assert "The checkpoint is in" in capsys.readouterr().err
    run("generate", model, "--samples", tmp_path / "samples.jsonl", "--out", tmp_path / "out.jsonl", "--per-sample", 2)
    outputs = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert {output["sample"] for output in outputs} == {sample["id"] for sample in samples}
    assert set(outputs[0]) == {"sample", "rank", "text", "score"}
    capsys.readouterr()
    run("evaluate", model, "--corpus", corpus, "--limit", 5, "--generate", 2)
    found = capsys.readouterr()
    assert re.search(r"^UT +- +0\.\d{4} ", found.err, re.MULTILINE)  # Table 1 for whoever looks on
    assert re.search(r"^E-GA \(published\) +0\.6274 ", found.err, re.MULTILINE)
    result = json.loads(found.out)
    assert result["items"] == 5
    assert set(result["ranking"]["metrics"]) == set(result["ranking"]["random"]) == {"R@1", "R@5", "R@10", "MR", "MRR"}
    assert Path(result["candidates"]).is_file()
    run("evaluate", model, "--corpus", corpus, "--limit", 5, "--generate", 0, "--density", 0.5)
    thin = json.loads(capsys.readouterr().out)
    assert thin["candidates"] == result["candidates"]
    assert thin["ranking"]["random"] == result["ranking"]["random"]
    assert "automatic" not in thin


def test_frames_become_features_once(make_corpus, capsys):
    from PIL import Image

    corpus = make_corpus([{"id": "film", "duration": 3, "split": "train", "comments": [(1, "红")]}])
    (corpus.root / "frames" / "film").mkdir(parents=True)
    Image.new("RGB", (80, 60), "red").save(corpus.root / "frames" / "film" / "000001.jpg")
    run("features", corpus.root, "--backbone", "pixels64")
    assert (corpus.root / "features" / "pixels64.safetensors").is_file()
    capsys.readouterr()
    run("features", corpus.root, "--backbone", "pixels64")
    assert "features already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["params", "gpt"], "no system 'gpt'"),
        (["params", "ut", "--depth=3"], "no field 'depth'"),
        (["params", "ut", "--blocks"], "--blocks has no value"),
        (["params", "ut", "blocks=3"], "'blocks=3' is not understood"),
        (["train", "ut", "--corpus", "nowhere", "--out", "x"], "nowhere is no corpus"),
        (["train", "ut", "--corpus", "nowhere", "--out", "x", "--preset", "huge"], "no preset 'huge'"),
        (["evaluate", "nowhere", "--corpus", "nowhere"], "no corpus|no checkpoint in nowhere"),
        (["generate", "nowhere", "--samples", "no.jsonl", "--out", "o"], "no.jsonl cannot be read"),
        (["prepare", "jsonl", "nowhere", "out"], "nowhere does not exist"),
        (["samples", "nowhere", "--out", "o"], "nowhere is no corpus"),
        (["features", "nowhere", "--backbone", "pixels64"], "nowhere is no corpus"),
    ],
)
def test_mistakes_end_in_one_sentence_and_status_one(tmp_path, monkeypatch, capsys, words, sentence):
    monkeypatch.chdir(tmp_path)
    found = run(*words, status=1, capsys=capsys)
    assert re.search(sentence, found.err)
    assert found.err.count("\n") == 1
    assert found.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "cannot be read"),
        ('{"video": "a", "time": 1}', 'line 2: "id" is None'),
        ('{"id": "a@1", "video": "a", "time": 1}', "line 2: the id 'a@1' was used before"),
        ('{"id": "b", "video": "a", "time": "1"}', "line 2: \"time\" is '1'"),
        ('{"id": "b", "video": "a", "time": 1, "context": [{"text": "x"}]}', 'line 2: "context 1 time" is None'),
        ('{"id": "b", "video": "a", "time": 1, "frames": "a.jpg"}', 'line 2: "frames" is not a list'),
    ],
)
def test_a_wrong_sample_is_refused_by_its_line(tmp_path, capsys, line, sentence):
    path = tmp_path / "samples.jsonl"
    path.write_text('{"id": "a@1", "video": "a", "time": 1}\n' + line + "\n")
    found = run("generate", "model", "--samples", path, "--out", tmp_path / "o.jsonl", status=1, capsys=capsys)
    assert sentence in found.err
    assert not (tmp_path / "o.jsonl").exists()


def test_samples_are_written_into_a_pipe_and_not_in_its_place(small_corpus, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found = windows.samples(small_corpus, "test")
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_text)
        testset.write(found, pipe)
        lines = read.result(timeout=30).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [sample.id for sample in found]
    assert list(tmp_path.glob("pipe*")) == [pipe]
    assert pipe.is_fifo()


def test_no_traceback_and_status_one_in_a_fresh_process():
    command = [sys.executable, "-m", "generation", "params"]
    done = subprocess.run([*command, "gpt"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "no system 'gpt'" in done.stderr
    done = subprocess.run(
        [sys.executable, "-m", "generation", "params", "ut", "--width=7"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
