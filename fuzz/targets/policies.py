"""A policy file: either it is refused as a policy, or every page has a verdict under it."""

from __future__ import annotations

import random
from dataclasses import fields
from pathlib import Path

from fuzz.targets import Broken, Run, Target, words
from fuzz.targets._judging import judge
from fuzz.targets._seeds import SPAM
from moderation import Moderator, Page, Policy

__all__ = ["TARGET"]


def prepare(folder: Path) -> Run:
    moderator = Moderator.load()
    page = Page(f"<title>{SPAM}</title><p>本公司生产阀门。{SPAM}</p>", url="http://www.shop.example/a")

    def run(data: bytes) -> str:
        path = folder / "policy.toml"
        path.write_bytes(data)
        policy = Policy.load(path)
        if Policy.load(path) != policy:
            raise Broken("the same file gives two policies")
        policy.require(moderator.model.labels, str(path))
        own = Moderator(moderator.model, policy.with_thresholds(moderator.model.thresholds))
        # What reads the blocks is the model's alone.
        own.__dict__["reader"] = moderator.reader
        return judge(own, page).action.value

    return run


_VALUES = (
    *"0 1 0.5 2 -1 nan inf 1e999 1e9 1e10 true 0x7f 1979-05-27 07:32:00 [] [[]] [1] [{}] {}".split(),
    *'"" "allow" "clean" "review" "reject" "open" "closed" "title" "威尼斯人" "\\u0000" "·"'.split(),
    *('["title", "body"]', '["script"]', '["威尼斯人", "百家乐"]', '["a", 1]', "9" * 400),
    *("{gambling = 0}", "{seo = 2, adult = 0.3}", '{"" = 1}', '{"shop.example" = "allow"}', '{"a..b" = "allow"}'),
    *('{clean = "allow"}', '{allow = "clean"}', '{reject = "review"}'),
)
_SCORE = ("0", "0.25", "0.5", "0.99", "1", "1e9", "5e-324")
_ACTION = ('"allow"', '"clean"', '"review"', '"reject"')
_FITTING = {
    **dict.fromkeys(("review", "clean", "reject_share"), _SCORE),
    "labels": ("{gambling = 0}", "{seo = 2, adult = 0.3}", "{gambling = 1e9}"),
    "places": ("[]", '["title", "body"]', '["script"]'),
    "phrases": ('["威尼斯人", "百家乐"]', '["a"]', '["　ｶﾞ", "İ", "ﷺ"]'),
    "hosts": ('{"shop.example" = "allow"}', '{"EXAMPLE." = "clean"}', '{"例子.example" = "reject"}'),
    "actions": ('{clean = "allow"}', '{reject = "review", review = "clean"}'),
    "comments": _ACTION,
    "fail": ('"open"', '"closed"'),
}


def change(data: bytes, draw: random.Random) -> bytes:
    """A file of a few keys, each with some value; now and then one of these stands in many brackets."""
    rows = []
    for each in draw.sample(fields(Policy), draw.randint(1, 5)):
        fitting = draw.choice(_FITTING.get(each.name, _VALUES)) if draw.randrange(3) else draw.choice(_VALUES)
        deep = int(2 ** draw.uniform(0, 12)) if draw.randrange(16) == 0 else 0
        rows.append(f"{each.name} = {'[' * deep}{fitting}{']' * deep}\n")
    return "".join(rows).encode()


TARGET = Target(
    tuple(
        text.encode()
        for text in (
            'name = "shop"\nreview = 0.5\nclean = 0.9\nreject_share = 0.5\nfail = "open"\ncomments = "reject"\n',
            'places = ["title", "meta"]\nphrases = ["威尼斯人", "官网 开户"]\n[labels]\ngambling = 0.7\nadult = 2\n',
            '[hosts]\n"shop.example" = "allow"\n"例子.example" = "review"\n[actions]\nclean = "review"\n',
            'name = """a\nb"""\nreview = 1e-3\nlabels = {gambling = 0.1, "seo" = 1_000}\nactions.reject = "clean"\n',
        )
    ),
    (
        *(f"{each.name} = ".encode() for each in fields(Policy)),
        *(f"[{each.name}]\n".encode() for each in fields(Policy)),
        b"9" * 5000,
        *words(
            r"""
            nan inf -inf 1e999 -0.0 0x7f 0o17 1979-05-27 07:32:00 true false [] {} [[ ]] [ ] { } " ' ""\x22 ''' # = . ,
            "allow" "clean" "review" "reject" "title" "body" "open" gambling\s=\s \n \r \xff \xef\xbb\xbf "\xe3\x80\x80"
            \\u0000 \\ud800 \\U00110000 "a.example"\s=\s "*.example"\s=\s a.b.c\s=\s
            """
        ),
    ),
    prepare,
    change,
)
