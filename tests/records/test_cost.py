"""What a run of a comparison cost."""

from tests.records.examples import faults_of
from vitrine.records.cost import Cost

RUN = {"identity": "a" * 64, "variant": "plain", "seed": 1, "fold": None}


def test_a_run_has_cost_nothing_before_it_began():
    cost = Cost.model_validate(RUN)
    assert (cost.seconds, cost.cpu_seconds, cost.reused_seconds, cost.reused_cpu_seconds) == (0, 0, 0, 0)
    assert cost.silent_starts == 0


def test_seconds_that_another_run_spent_are_read_under_their_first_names(tmp_path):
    (tmp_path / "cost.json").write_text(
        '{"identity": "b", "variant": "plain", "seed": 1, "fold": 2, "lent_seconds": 3.5, "lent_cpu_seconds": 7}'
    )
    cost = Cost.read(tmp_path / "cost.json")
    assert (cost.reused_seconds, cost.reused_cpu_seconds, cost.fold) == (3.5, 7, 2)
    cost.write(tmp_path / "cost.json")
    assert '"lent_' not in (tmp_path / "cost.json").read_text()


def test_a_seed_and_a_time_that_are_no_numbers_are_refused():
    faults = faults_of(Cost.model_validate(RUN), seed=None, seconds="long")
    assert faults == {"seed": "int_type", "seconds": "float_parsing"}
