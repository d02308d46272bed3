"""The one error that is a user's to mend."""

from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """A mistake in a recipe, a path or a file; printed without a traceback, exit code 2.

    The message names the file or field, the rule that was broken, the value found and what to do.
    """

    def reword(self, old: str, new: str) -> None:
        """Puts other words into the message, such as a name that the user knows."""
        self.args = (str(self).replace(old, new),)


class ParameterError(UserError):
    """A mistake that a parameter of a recipe mends, and something else where there is no recipe.

    Attributes:
        without_parameter: the message for who has no recipe.
    """

    def __init__(self, parameter: str, what: str, remedy: str, otherwise: str) -> None:
        """Of a parameter such as `data.columns.image`, what is wrong, and what to do with it and without it."""
        super().__init__(f"{parameter}: {what}; {remedy}")
        self.without_parameter = f"{what}; {otherwise}"

    def reword(self, old: str, new: str) -> None:
        """Puts other words into both messages."""
        super().reword(old, new)
        self.without_parameter = self.without_parameter.replace(old, new)


class NotMeasurableError(UserError):
    """There is nothing to be measured with what is at hand: a study says so, and what only looks on passes over it."""


@contextmanager
def needing_packages(purpose: str) -> Iterator[None]:
    """Has a package that an import does not find told in words; some machines do without the large ones.

    Args:
        purpose: what cannot be done without it, as the first words of a sentence.

    Raises:
        UserError: a package is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == __package__:
            raise
        raise UserError(f"{purpose} needs {package}, which is not installed; `pip install {package}`") from error


def first_line(error: BaseException) -> str:
    """What an error of another library says in its first line; its kind where it says nothing.

    Args:
        error: of any kind.
    """
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
