"""Data sets whose squares an engine makes."""

import shutil

from tests.data.trees import settings_for
from tests.work.here import Here
from vitrine.data.prepare.pipeline import write_prepared
from vitrine.data.prepare.scanning import Spread
from vitrine.data.prepare.working_folder import working_folder
from vitrine.data.progress import no_progress


class Planned(Here):
    """Does all here, and keeps what there was to do."""

    def run(self, works):
        self.works = works
        yield from super().run(works)


def write(source, engine=None, progress=no_progress, name="final", **changes):
    """Prepares `source` beside it, as the command does; goes on with what a call before left."""
    final = source.with_name(name)
    with working_folder(final) as folder:
        spread = Spread(engine, source.with_name(f"{name}_parts")) if engine is not None else None
        earlier = final if final.exists() else None
        write_prepared(folder, "x", settings_for(source, **changes), progress, earlier, spread=spread)
    return final


def contents(final):
    return {path.name: path.read_bytes() for path in (final / "pictures").iterdir()}


def plan(source, **changes):
    """The shards of a preparation in which all is to be made."""
    engine = Planned()
    shutil.rmtree(write(source, engine, name="planned", **changes))
    return engine.works
