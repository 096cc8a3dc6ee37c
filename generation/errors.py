"""The one error a user is meant to read: a sentence that says what is wrong, where, and what to do."""


class UserError(ValueError):
    """A mistake in input, settings or set-up. Its text is shown as it is, without a traceback."""
