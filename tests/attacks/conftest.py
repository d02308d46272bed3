"""The page that is attacked is that of the app's tests."""

from tests.app.conftest import address, model_folder, picture

__all__ = ["address", "model_folder", "picture"]
