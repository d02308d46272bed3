"""Which events of each visitor wait."""

from vitrine.app.waiting_events import FEWEST, WaitingEvents


def test_visitors_of_whom_nothing_waits_are_forgotten_and_no_other():
    table = WaitingEvents()
    table["in a long batch"] = {"event"}
    for number in range(3 * FEWEST):
        table[f"visitor {number}"] = {"event"}
        table[f"visitor {number}"].remove("event")
    assert len(table) <= FEWEST
    assert table["in a long batch"] == {"event"}
    assert table["visitor 0"] == set()
    assert "visitor 0" not in table


def test_it_is_not_looked_over_at_each_visitor_where_all_of_them_wait():
    table = WaitingEvents()
    for number in range(2 * FEWEST):
        table[str(number)] = {"event"}
    assert len(table) == 2 * FEWEST
    for number in range(2 * FEWEST):
        table[str(number)].clear()
    for number in range(FEWEST):
        table[f"later {number}"] = {"event"}
    assert len(table) <= FEWEST
