"""The page that is attacked is that of the app's tests."""

from tests.app.conftest import address, folder, model_folder, picture, predictor

__all__ = ["address", "folder", "model_folder", "picture", "predictor"]
