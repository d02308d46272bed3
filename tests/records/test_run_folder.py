"""Run folders: unfinished until they are complete, never shared, the last one found by a link."""

from vitrine.records.environment import describe_environment
from vitrine.records.run_folder import LATEST, UNFINISHED, finish_run, start_run


def test_a_run_bears_an_unfinished_name_until_it_is_complete(tmp_path):
    folder = start_run(tmp_path, "birds")
    assert folder.name.endswith(UNFINISHED)
    assert not (tmp_path / "birds" / LATEST).exists()
    final = finish_run(folder)
    assert not folder.exists()
    assert final.name == folder.name.removesuffix(UNFINISHED)


def test_runs_of_the_same_second_have_folders_of_their_own(tmp_path):
    folders = [start_run(tmp_path, "birds") for _ in range(5)]
    finished = [finish_run(folder) for folder in folders[:2]]
    folders += [start_run(tmp_path, "birds") for _ in range(2)]
    assert len({folder.name for folder in folders}) == 7
    assert all(folder.is_dir() for folder in finished)


def test_latest_is_the_run_that_finished_last(tmp_path):
    first, second = start_run(tmp_path, "birds"), start_run(tmp_path, "birds")
    for folder in (second, first):
        final = finish_run(folder)
        assert (tmp_path / "birds" / LATEST).resolve() == final


def test_environment_says_which_versions_made_a_run():
    environment = describe_environment("two cores")
    assert environment["device"] == "two cores"
    assert {"torch", "transformers", "pillow"} <= set(environment["versions"])
    assert environment["commit"] is None or len(environment["commit"].rstrip("+")) == 12
