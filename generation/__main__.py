"""``python -m generation COMMAND``: prepare, features, samples, train, evaluate, generate, params, ..."""

import sys
from collections.abc import Sequence

from generation import commands
from generation.errors import UserError


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; 0 on success, 1 with one sentence on a user's mistake, 2 on a wrong command line."""
    given = list(sys.argv[1:] if words is None else words)
    parser = commands.parser(given[0] if given else None)
    args, rest = parser.parse_known_args(given)
    if rest and not args.takes_fields:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    args.rest = rest
    try:
        status: int | None = args.run(args)
    except UserError as error:
        print(f"{parser.prog} {args.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status or 0


if __name__ == "__main__":
    sys.exit(main())
