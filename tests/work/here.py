"""An engine without processes."""


class Here:
    """Does all in this process."""

    def share(self, works):
        return works

    def run(self, works):
        for work in works:
            work.do()
            yield work
