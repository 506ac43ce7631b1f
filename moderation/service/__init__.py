"""The door for CMSes: verdicts over HTTP, in our own words and in those that existing plug-ins speak.

``config`` says which sites there are and by which keys they are known; ``judges`` holds a moderator for each of their
policies and changes it when its files change; ``records`` keeps what was decided and what people said of it; ``api``,
``akismet`` and ``openai`` are the protocols; ``guard`` stands in front of all of them; ``app`` puts them together.
"""
