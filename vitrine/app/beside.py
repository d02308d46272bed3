"""A second model, asked about the same pictures, so that two can be compared by eye."""

from pathlib import Path

from vitrine.app.wording import name_with_network
from vitrine.predict.batcher import Batcher
from vitrine.predict.predictions import Prediction
from vitrine.predict.predictor import Predictor


class Beside:
    """A model beside that of the page.

    Args:
        predictor: the second model.
    """

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor
        self.name = name_with_network(predictor.model_id, predictor.metadata)
        self.trust = predictor.trust
        self.batcher = Batcher(predictor)

    def predict(self, path: Path) -> Prediction:
        """What it says of a picture, which it opens itself: its training may have shown colours in another way.

        Args:
            path: of the picture.

        Raises:
            UserError: the reason in words.
        """
        return self.batcher.predict(self.predictor.open_image(path))

    def known_label(self, label_name: str | None) -> str | None:
        """A true class, where it is one of its own."""
        return label_name if label_name in self.predictor.label_names else None
