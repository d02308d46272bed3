"""Archives of a few files in memory, and what is listed of a source."""

import io
import tarfile
import zipfile


def used(found):
    """Class and split of what is not left out, by name."""
    return {file.file: (file.label_name, file.split) for file in found if not file.left_out}


def reasons(found):
    """Why files are left out, by name."""
    return {file.file: file.left_out for file in found if file.left_out}


def zip_bytes(*files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        for file in files:
            opened.writestr(file, "content")
    return stream.getvalue()


def tar_bytes(*files):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as opened:
        for file in files:
            opened.addfile(tarfile.TarInfo(file))
    return stream.getvalue()
