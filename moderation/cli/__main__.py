"""``python -m moderation.cli``."""

from moderation.cli import entry

if __name__ == "__main__":
    entry()
