"""What one page may be and take: every limit in Python, in one place.

Those of the engine stand in ``native/limits.hpp``. What happens beyond each is told in docs/security.md, and a test
holds the table there to these numbers.
"""

from __future__ import annotations

__all__ = ["CANDIDATES", "FINDINGS", "LARGE", "MAX_SIZE"]

# Bytes or code points of one page; more is an archive, not a page. Crawlers cut pages at 1 to 5 MiB, and a line of this
# length already takes the memory of two million words.
MAX_SIZE = 8 * 1024 * 1024
# Candidates of one page that the judge lets pass and that are scored: of 6,181 real pages the one with most has 641.
CANDIDATES = 5_000
# Findings of one page that are told with all their reasons; the others are told in short.
FINDINGS = 1_000
# Code points of a page from which what was read of a block is made again where it is needed, and not kept.
LARGE = 256 * 1024
