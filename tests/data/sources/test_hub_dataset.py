"""Data sets of the Hub and local copies of them as a source."""

import io
import json
import os
import re
import shutil
import socket
from pathlib import Path

import datasets
import pytest

from tests.data.sources.hub_sets import encode, find, make_dataset, save_parquet
from tests.hub_client import HubClient
from tests.hub_double import HubDouble, hub_environment
from vitrine.config.data import ColumnsSection, HubSection
from vitrine.data.sources.hub_access import ANSWER_SECONDS
from vitrine.data.sources.source import find_kind
from vitrine.errors import UserError


@pytest.mark.parametrize("form", ["parquet", "parquet_shards", "arrow", "dataset_dict"])
def test_every_form_of_a_local_copy_gives_the_same_files(tmp_path, form):
    folder, dataset = tmp_path / "copy", make_dataset()
    folder.mkdir()
    if form == "parquet":
        save_parquet(folder, "train.parquet")
        save_parquet(folder, "test.parquet")
    elif form == "parquet_shards":
        for split in ("train", "test"):
            for shard, rows in enumerate(((0, 1), (2,))):
                save_parquet(folder, f"data/{split}-0000{shard}-of-00002.parquet", dataset.select(rows))
    elif form == "arrow":
        for split in ("train", "test"):
            with datasets.arrow_writer.ArrowWriter(
                path=str(folder / f"birds-{split}.arrow"), features=dataset.features
            ) as writer:
                for row in dataset.cast_column("image", datasets.Image(decode=False)):
                    writer.write(row)
                writer.finalize()
    else:
        datasets.DatasetDict(train=dataset, test=dataset).save_to_disk(folder)
    assert find_kind(str(folder)) == "data set"
    found = find(folder, tmp_path)
    assert sorted((re.split(r"[-.]", file.file)[0], file.label_name, file.split) for file in found) == [
        (f"{split}/{number:08d}", label, split)
        for split in ("test", "train") for number, label in enumerate(("cat", "dog", "cat"))
    ]  # fmt: skip
    assert {Path(file.path).read_bytes() for file in found} == {encode(0), encode(1, "jpg"), encode(2, "webp")}


def test_only_a_folder_without_pictures_of_its_own_is_taken_for_a_data_set(tmp_path, make_class_folders):
    pictures = make_class_folders({"cat": 1})
    assert find_kind(str(pictures)) == "folder"
    save_parquet(pictures, "labels.parquet")
    assert find_kind(str(pictures)) == "folder"
    assert find_kind(str(save_parquet(tmp_path / "copy"))) == "data set"


def test_split_names_are_translated_and_one_split_alone_is_not_fixed(tmp_path):
    datasets.DatasetDict(train=make_dataset(), valid=make_dataset(), test=make_dataset()).save_to_disk(tmp_path / "set")
    assert [file.split for file in find(tmp_path / "set", tmp_path)][::3] == ["train", "validation", "test"]
    alone = find(tmp_path / "set", tmp_path, hub=HubSection(split="valid"))
    assert {(file.file.split("/")[0], file.split) for file in alone} == {("valid", "")}
    two = find(tmp_path / "set", tmp_path, hub=HubSection(split="train+test"))
    assert {file.split for file in two} == {"train", "test"}


def test_splits_that_stand_for_nothing_known_are_asked_about(tmp_path):
    datasets.DatasetDict(train=make_dataset(), test=make_dataset(), holdout=make_dataset()).save_to_disk(tmp_path / "s")
    with pytest.raises(UserError, match=r"'holdout' stands for none of .* data\.hub\.split=train\+test"):
        find(tmp_path / "s", tmp_path)
    with pytest.raises(UserError, match="has no split 'tets'; did you mean 'test'"):
        find(tmp_path / "s", tmp_path, hub=HubSection(split="tets"))


def test_columns_of_split_and_group_are_read(tmp_path):
    rows = make_dataset(split=["val", "", "test"], group=["ann", None, "bob"])
    rows.save_to_disk(tmp_path / "s")
    found = find(tmp_path / "s", tmp_path)
    assert [(file.split, file.group) for file in found] == [("validation", "ann"), ("", ""), ("test", "bob")]
    make_dataset(part=["a", "b", "c"]).save_to_disk(tmp_path / "odd")
    with pytest.raises(UserError, match=r"data\.columns\.split: the column 'part' .* holds 'a', which is not a split"):
        find(tmp_path / "odd", tmp_path, columns=ColumnsSection(split="part"))


def test_times_of_change_are_those_of_the_content(tmp_path):
    save_parquet(tmp_path / "s")
    first = {file.file: file.path.stat().st_mtime_ns for file in find(tmp_path / "s", tmp_path)}
    again = {file.file: file.path.stat().st_mtime_ns for file in find(tmp_path / "s", tmp_path)}
    assert first == again
    assert len(set(first.values())) == 1
    os.utime(tmp_path / "s" / "data" / "train-00000-of-00001.parquet", (1, 1))
    assert {file.path.stat().st_mtime_ns for file in find(tmp_path / "s", tmp_path)}.isdisjoint(first.values())


PARTS = ("data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet", "data/test-00000-of-00001.parquet")


@pytest.mark.parametrize("cut", PARTS)
def test_of_several_parquet_files_that_which_is_cut_short_is_named(tmp_path, cut):
    for part in PARTS:
        save_parquet(tmp_path / "s", part)
    (tmp_path / "s" / cut).write_bytes(b"PAR1 no more")
    with pytest.raises(UserError, match=rf"\); '{cut}': damaged or not whole; fetch it again"):
        find(tmp_path / "s", tmp_path)


def test_a_split_that_nobody_asked_for_may_be_cut_short(tmp_path):
    for part in PARTS:
        save_parquet(tmp_path / "s", part)
    (tmp_path / "s" / PARTS[2]).write_bytes(b"a pointer to it, as Git leaves them")
    assert len(find(tmp_path / "s", tmp_path, hub={"split": "train"})) == 6


def test_damaged_and_empty_data_sets_are_one_message(tmp_path):
    save_parquet(tmp_path / "s")
    (tmp_path / "s" / "data" / "train-00000-of-00001.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(UserError, match="missing or damaged"):
        find(tmp_path / "s", tmp_path)
    make_dataset().select([]).save_to_disk(tmp_path / "none")
    save_parquet(tmp_path / "empty", dataset=make_dataset().select([]))
    for folder in ("none", "empty"):
        with pytest.raises(UserError, match=r"has no rows|missing or damaged"):
            find(tmp_path / folder, tmp_path)


def test_a_data_set_that_does_not_fit_on_the_disk_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    save_parquet(tmp_path / "s")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(UserError, match=r"data\.source: .*s takes 0\.0 GB, .* has 0\.0 GB free; make.*HF_HOME"):
        find(tmp_path / "s", tmp_path)
    assert not (tmp_path / "workspace").exists()


# With a Hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with HubDouble(tmp_path_factory.mktemp("hub")) as double:
        stream = io.BytesIO()
        make_dataset().to_parquet(stream)
        rows = stream.getvalue()
        double.put("datasets", "bob/plain", {"data/train-00000-of-00001.parquet": rows})
        configs = [{"config_name": name, "data_files": f"{name}/*"} for name in ("small", "large")]
        card = f"---\nconfigs: {json.dumps(configs)}\n---\n".encode()
        double.put("datasets", "bob/two", {"README.md": card, "small/a.parquet": rows, "large/a.parquet": rows})
        double.put("datasets", "bob/script", {"script.py": b"import os"})
        double.put("datasets", "bob/gated", {"train.parquet": rows}, gated=True)
        double.put("datasets", "bob/private", {"train.parquet": rows}, private=True)
        double.put("datasets", "bob/empty", {"README.md": b"---\nlicense: mit\n---\n"})
        double.put("datasets", "bob/damaged", {"train.parquet": b"PAR1 no more"})
        yield double


@pytest.fixture(scope="module")
def client(hub, tmp_path_factory):
    with HubClient(hub.environment(tmp_path_factory.mktemp("home"))) as process:
        yield process


def test_a_data_set_of_the_hub_is_written_out_and_needs_no_second_download(hub, client, tmp_path):
    first = client.call("find", "hub:bob/plain", tmp_path / "workspace")["value"]
    assert [file["label_name"] for file in first] == ["cat", "dog", "cat"]
    assert Path(first[1]["path"]).read_bytes() == encode(1, "jpg")
    before = len(hub.requests)
    second = client.call("find", "hub:bob/plain", tmp_path / "again")["value"]
    assert not [line for line in hub.requests[before:] if line.startswith("GET") and line.endswith(".parquet")]
    assert [file["file"] for file in second] == [file["file"] for file in first]
    times = {Path(file["path"]).stat().st_mtime_ns for file in first + second}
    assert len(times) == 1


def test_one_configuration_of_several_is_read(client, tmp_path):
    answer = client.call("find", "hub:bob/two", tmp_path, hub={"config": "large"})
    assert len(answer["value"]) == 3


@pytest.mark.parametrize(
    ("repo_id", "hub_section", "message"),
    [
        ("bob/nothing", {}, "hub:bob/nothing: there is no such data set on the Hugging Face Hub"),
        ("bob/private", {}, "If it is private, run `hf auth login` first"),
        ("bob//x", {}, "hub:bob//x: this cannot be an id on the Hub, which reads owner/name"),
        ("bob/plain", {"revision": "v9"}, "hub:bob/plain has no branch, tag or commit 'v9'"),
        ("bob/plain", {"split": "test"}, "hub:bob/plain has no split 'test'; there are 'train'"),
        ("bob/two", {}, "data.hub.config: hub:bob/two has several configurations; name one of small, large"),
        ("bob/two", {"config": "big"}, "hub:bob/two has no configuration 'big'; it has small, large"),
        ("bob/script", {}, "set data.hub.revision=refs/convert/parquet"),
        ("bob/gated", {}, "hub:bob/gated: its owner grants access on request"),
        ("bob/empty", {}, "hub:bob/empty holds no data that can be read"),
        ("bob/damaged", {}, "hub:bob/damaged holds no data that can be read"),
    ],
)
def test_what_the_hub_cannot_give_is_one_message(client, tmp_path, repo_id, hub_section, message):
    answer = client.call("find", f"hub:{repo_id}", tmp_path, hub=hub_section)
    assert message in answer["error"]
    assert "\n" not in answer["error"]
    assert answer["errors"] == ""


def test_a_wrong_token_is_one_message(client, hub, tmp_path):
    client.call("set_variable", "HF_TOKEN", "wrong")
    try:
        error = client.call("find", "hub:bob/plain", tmp_path)["error"]
    finally:
        client.call("set_variable", "HF_TOKEN", next(iter(hub.tokens)))
    assert "the Hub does not accept your token; run `hf auth login`" in error


@pytest.mark.parametrize("kind", [pytest.param("closed", marks=pytest.mark.slow), "silent"])
def test_a_network_that_is_down_takes_seconds_and_one_message(tmp_path, kind):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if kind == "closed":
            server.close()
        with HubClient(hub_environment(f"http://127.0.0.1:{port}", tmp_path / "home", None)) as client:
            client.call("hurry", 1)
            answer = client.call("find", "hub:bob/plain", tmp_path / "workspace")
    assert "hub:bob/plain: the Hugging Face Hub cannot be reached (" in answer["error"]
    assert "Try again with a network" in answer["error"]
    assert answer["seconds"] < 10 - ANSWER_SECONDS + 1  # with the real wait: below ten seconds
