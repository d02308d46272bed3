"""The one error that is a user's to mend."""


class UserError(Exception):
    """A mistake in a recipe, a path or a file; printed without a traceback, exit code 2.

    The message names the file or field, the rule that was broken, the value found and what to do.
    """
