"""Which events of each visitor wait for an answer, as Gradio's queue asks, without those of everybody who ever came."""

FEWEST = 2_000  # visitors in the table before it is looked over; Gradio keeps messages of so many


class WaitingEvents(dict[str, set[str]]):
    """A table by session that forgets visitors of whom no event waits.

    Gradio's own table keeps an empty set of each for as long as the server runs (findings).
    """

    def __init__(self) -> None:
        super().__init__()
        self._next_look = FEWEST

    def __missing__(self, session: str) -> set[str]:
        """Of a visitor who was forgotten nothing waits."""
        return set()

    def __setitem__(self, session: str, events: set[str]) -> None:
        if len(self) >= self._next_look:
            for name in [name for name, waiting in self.items() if not waiting]:
                del self[name]
            self._next_look = max(FEWEST, 2 * len(self))
        super().__setitem__(session, events)
