"""What can be known to be missing before anything heavy is imported; it ends a command in its first second."""

from vitrine.config.recipe import Recipe
from vitrine.data.prepared.local_copy import make_local
from vitrine.models.backbones.presence import check_backbone, check_is_pretrained
from vitrine.records.prepared import read_facts


def check_inputs(recipe: Recipe, backbone: str | None = None, ways_out: str = "") -> None:
    """Makes sure that the data set and the backbone of a recipe are there.

    Args:
        recipe: of the work to come.
        backbone: takes the place of the recipe's.
        ways_out: where the network must have learned something already, what to say if it has not.

    Raises:
        UserError: one of them is not there, or has learned nothing.
    """
    read_facts(make_local(recipe.prepared_folder, streamed=recipe.engine.reading == "streamed"))
    pretrained = backbone is not None or recipe.model.pretrained
    if ways_out:
        check_is_pretrained(backbone or recipe.model.backbone, pretrained, ways_out)
    check_backbone(backbone or recipe.model.backbone, pretrained)
