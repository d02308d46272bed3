"""The one error that is a user's to mend."""


class UserError(Exception):
    """A mistake in a recipe, a path or a file; printed without a traceback, exit code 2.

    The message names the file or field, the rule that was broken, the value found and what to do.
    """


class NotMeasurableError(UserError):
    """There is nothing to be measured with what is at hand: a study says so, and what only looks on passes over it."""


def first_line(error: BaseException) -> str:
    """What an error of another library says in its first line; its kind where it says nothing.

    Args:
        error: of any kind.
    """
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
