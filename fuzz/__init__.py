"""What attackers write, at random: pages, bytes, archives, policies and model folders that nobody thought of.

``python -m fuzz`` runs every target in a process of its own. A target takes bytes and gives a word (what came of them)
or an error of :mod:`moderation.errors`. Anything else is a finding: another exception, a promise that does not hold, a
process that ends, an input without an end, too much memory.
"""
