"""python3 -m honk run FILE [CLASS]: run the agent in a file, as Honk starts it."""
import sys

from .agent import EXIT_USAGE, fail, main as run_agent


def main() -> None:
    words = sys.argv[1:]
    if not words or words[0] != "run":
        fail(__doc__ or "", EXIT_USAGE)
    run_agent(words[1:])


if __name__ == "__main__":
    main()
