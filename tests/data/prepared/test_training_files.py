from vitrine.data.prepared import training_files
from vitrine.data.prepared.training_files import TrainingFiles, list_kept_files, list_training_files
from vitrine.records.prepared import PICTURES


def test_the_first_files_are_kept_up_to_a_size_and_one_at_least(in_many_files, monkeypatch):
    facts = in_many_files.facts
    names = list_training_files(facts)
    assert names[0] == f"{PICTURES}/train-00000.arrow"
    kept = list_kept_files(facts)
    assert names[: len(kept)] == kept
    sizes = [facts.files[name].size_bytes for name in names]
    assert sum(sizes[: len(kept)]) <= training_files.KEPT_BYTES < sum(sizes[: len(kept) + 1])
    monkeypatch.setattr(training_files, "KEPT_BYTES", 0)
    assert list_kept_files(facts) == names[:1]


def test_facts_without_checksums_name_no_files(in_many_files):
    facts = in_many_files.facts.model_copy(update={"files": {}})
    assert list_training_files(facts) == list_kept_files(facts) == []


def test_what_is_fetched_is_told(in_many_files, tmp_path):
    sums = {name: in_many_files.facts.files[name] for name in list_training_files(in_many_files.facts)}
    files = TrainingFiles("memory://bucket", tmp_path, sums)
    assert files.describe().startswith(f"streamed: {len(sums)} of {len(sums)} files of training pictures (0.0 GB in")
