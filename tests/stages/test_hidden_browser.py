"""What a page hides, trick by trick: the engine's word for it, and Chromium's own view of the same page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path

import pytest

from moderation.data import Page
from moderation.stages.blocks import outline

SPAM = "澳门威尼斯人"
REST = "<p>本公司主要生产各种阀门和管道配件，欢迎新老客户来电咨询。</p>"


def sheet(rules: str, opening: str) -> str:
    return f"<style>{rules}</style>{opening}{{}}"


# The page, and how the text in it is hidden; an empty word: it is shown.
TRICKS = {
    # selectors
    "class": (sheet(".x{display:none}", "<p class='a x'>"), "sheet-display-none"),
    "id": (sheet("#x{display:none}", "<p id=x>"), "sheet-display-none"),
    "tag": (sheet("p{display:none}", "<div><p>"), "sheet-display-none"),
    "tag and class": (sheet("p.x{display:none}", "<p class=x>"), "sheet-display-none"),
    "tag and another class": (sheet("div.x{display:none}", "<p class=x>"), ""),
    "two classes": (sheet(".x.y{display:none}", "<p class='y x'>"), "sheet-display-none"),
    "one of two classes": (sheet(".x.y{display:none}", "<p class=x>"), ""),
    "descendant": (sheet(".a .x{display:none}", "<div class=a><div><p class=x>"), "sheet-display-none"),
    "no descendant": (sheet(".a .x{display:none}", "<div class=b><p class=x>"), ""),
    "child": (sheet(".a > .x{display:none}", "<div class=a><p class=x>"), "sheet-display-none"),
    "grandchild": (sheet(".a > .x{display:none}", "<div class=a><div><p class=x>"), ""),
    "child of a descendant": (sheet(".a .b>p{display:none}", "<div class=a><i><div class=b><p>"), "sheet-display-none"),
    "next sibling": (sheet("h2 + p{display:none}", "<h2>公司</h2><p>"), "sheet-display-none"),
    "later sibling": (sheet("h2 ~ p{display:none}", "<h2>公司</h2><div></div><p>"), "sheet-display-none"),
    "not the next sibling": (sheet("h2 + p{display:none}", "<h2>公司</h2><div></div><p>"), ""),
    "attribute": (sheet("[data-x]{display:none}", "<p data-x>"), "sheet-display-none"),
    "attribute's value": (sheet("p[data-x='a b']{display:none}", "<p data-x='a b'>"), "sheet-display-none"),
    "attribute's other value": (sheet("p[data-x=a]{display:none}", "<p data-x=b>"), ""),
    "attribute's beginning": (sheet("[class^=x]{display:none}", "<p class=xyz>"), "sheet-display-none"),
    "attribute's end": (sheet("[class$=z]{display:none}", "<p class=xyz>"), "sheet-display-none"),
    "attribute's middle": (sheet("[class*=y]{display:none}", "<p class=xyz>"), "sheet-display-none"),
    "attribute's word": (sheet("[rel~=y]{display:none}", "<p rel='x y z'>"), "sheet-display-none"),
    "attribute without case": (sheet("[rel=Y i]{display:none}", "<p rel=y>"), "sheet-display-none"),
    "not": (sheet("p:not(.y){display:none}", "<p class=x>"), "sheet-display-none"),
    "not that": (sheet("p:not(.x){display:none}", "<p class=x>"), ""),
    "not hovered": (sheet(".x:not(:hover){display:none}", "<p class=x>"), "sheet-display-none"),
    "is": (sheet(":is(.x, .y){display:none}", "<p class=x>"), "sheet-display-none"),
    "first child": (sheet("div > p:first-child{display:none}", "<div><p>"), "sheet-display-none"),
    "second child": (sheet("p:nth-child(2n){display:none}", "<div><b></b><p>"), "sheet-display-none"),
    "root": (sheet(":root .x{display:none}", "<p class=x>"), "sheet-display-none"),
    "hovered": (sheet(".x:hover{display:none}", "<p class=x>"), ""),
    "behind an element": (sheet(".x::after{display:none}", "<p class=x>"), ""),
    "broken selector": (sheet(".y, p:nonsense{display:none}", "<p>"), ""),
    "escaped selector": (sheet(r".\78 y{display:none}", "<p class=xy>"), "sheet-display-none"),
    "case of a class": (sheet(".X{display:none}", "<p class=x>"), ""),
    # what stands in an element or behind it
    "has what hides": (sheet(".x:has(b){display:none}", "<p class=x><b>一</b>"), "sheet-display-none"),
    "has nothing": (sheet(".x:has(b){display:none}", "<p class=x>"), ""),
    "has, beside another": (sheet(".y:has(b), .x{display:none}", "<p class=x>"), "sheet-display-none"),
    "has not": (sheet(".x:not(:has(b)){display:none}", "<p class=x>"), "sheet-display-none"),
    "has not, in what has": (sheet(".x:not(:has(b)){display:none}", "<p class=x><b>一</b>"), ""),
    "has deep inside": (
        sheet(".x:has(.y.z){display:none}", "<div class=x><div><i class='z y'></i></div><p>"),
        "sheet-display-none",
    ),
    "has one of two": (sheet(".x:has(u, .y){display:none}", "<p class=x><i class=y>一</i>"), "sheet-display-none"),
    "has none of two": (sheet(".x:has(u, .z){display:none}", "<p class=x><i class=y>一</i>"), ""),
    "has one of two that is broken": (sheet(".x:has(b, :nonsense){display:none}", "<p class=x><b>一</b>"), ""),
    "has a child": (sheet(".x:has(> b){display:none}", "<p class=x><b>一</b>"), "sheet-display-none"),
    "has a grandchild for a child": (sheet(".x:has(> b){display:none}", "<p class=x><i><b>一</b></i>"), ""),
    "has a next sibling": (
        "<style>.x:has(+ .y){display:none}</style><p class=x>{}</p><p class=y>一",
        "sheet-display-none",
    ),
    "has a later sibling for the next": (
        "<style>.x:has(+ .y){display:none}</style><p class=x>{}</p><p>二</p><p class=y>一",
        "",
    ),
    "has a later sibling": (
        "<style>.x:has(~ .y){display:none}</style><p class=x>{}</p><p>二</p><p class=y>一",
        "sheet-display-none",
    ),
    "has an earlier sibling for a later": (
        "<style>.x:has(~ .y){display:none}</style><p class=y>一</p><p class=x>{}</p><p>二",
        "",
    ),
    "has a sibling of an element around": (
        "<style>.x:has(~ .y){display:none}</style><div><p class=x>{}</p></div><p class=y>一",
        "",
    ),
    "has in one around": (
        "<style>div:has(.y) .x{display:none}</style><div><p class=x>{}</p><i class=y></i></div>",
        "sheet-display-none",
    ),
    "has in the parent": (
        "<style>div:has(> .y) > .x{display:none}</style><div><p class=x>{}</p><i class=y></i></div>",
        "sheet-display-none",
    ),
    "has in one that is not around": (
        "<style>div:has(.y) .x{display:none}</style><div><i class=y></i></div><p class=x>{}",
        "",
    ),
    "has in one in front": (sheet("h2:has(b) + p{display:none}", "<h2><b>公司</b></h2><p>"), "sheet-display-none"),
    "has in a page without its tags": (
        "<style>body:has(.y) .x{display:none}</style><p class=x>{}</p><i class=y></i>",
        "sheet-display-none",
    ),
    "has in the root": (
        "<style>:root:has(.y) .x{display:none}</style><p class=x>{}</p><i class=y></i>",
        "sheet-display-none",
    ),
    "has not in a page without its tags": (
        "<style>body:not(:has(.y)) .x{display:none}</style><p class=x>{}</p><i class=z></i>",
        "sheet-display-none",
    ),
    "has not in a page that has": (
        "<style>body:not(:has(.y)) .x{display:none}</style><p class=x>{}</p><i class=y></i>",
        "",
    ),
    "has not in a page with its tags": (
        "<style>body:not(:has(.y)) .x{display:none}</style><html><body><p class=x>{}</p><i class=y></i>",
        "",
    ),
    "has a child in a page with its tags": (
        "<style>body:not(:has(> .y)) .x{display:none}</style><html><body><p class=x>{}</p><i class=y></i>",
        "",
    ),
    "has a child in a page with one of its tags": (
        "<style>body:has(> .y) .x{display:none}</style><html><p class=x>{}</p><i class=y></i>",
        "sheet-display-none",
    ),
    "has among others": (sheet(":is(.y, .x:has(b)){display:none}", "<p class=x><b>一</b>"), "sheet-display-none"),
    "has with what is ruled out": (sheet(".x:has(b:not(.y)){display:none}", "<p class=x><b class=y>一</b>"), ""),
    "has an attribute": (
        sheet(".x:has([data-y='1']){display:none}", "<p class=x><b data-y=1>一</b>"),
        "sheet-display-none",
    ),
    "has a first child": (sheet(".x:has(b:first-child){display:none}", "<p class=x><i></i><b>一</b>"), ""),
    "has two steps": (
        sheet(".x:has(> .y > b){display:none}", "<p class=x><i class=y><b>一</b></i>"),
        "sheet-display-none",
    ),
    "has two steps elsewhere": (
        sheet(".x:has(> .y > b){display:none}", "<p class=x><i class=y></i><i><b>一</b></i>"),
        "",
    ),
    "has two steps of any depth": (
        sheet(".x:has(.y b){display:none}", "<p class=x><i class=y><u><b>一</b></u></i>"),
        "sheet-display-none",
    ),
    "has the first step around": (sheet(".x:has(.y b){display:none}", "<div class=y><p class=x><b>一</b>"), ""),
    "has a sibling inside of it": (
        sheet(".x:has(i + b){display:none}", "<p class=x><i>一</i><b>二</b>"),
        "sheet-display-none",
    ),
    "has something in the next sibling": (
        "<style>.x:has(+ div b){display:none}</style><p class=x>{}</p><div><i><b>一</b></i></div>",
        "sheet-display-none",
    ),
    "has in has": (sheet(".x:has(:has(b)){display:none}", "<p class=x><i><b>一</b></i>"), ""),
    "has the pointer over it": (sheet(".x:has(b:hover){display:none}", "<p class=x><b>一</b>"), ""),
    "has no argument": (sheet(".x:has(){display:none}", "<p class=x><b>一</b>"), ""),
    "has, undone by what is weaker": (
        sheet("p{display:block}.x:has(b){display:none}", "<p class=x><b>一</b>"),
        "sheet-display-none",
    ),
    "has, undone by what is stronger": (
        sheet(".x:has(b){display:none}p.x.y{display:block}", "<p class='x y'><b>一</b>"),
        "",
    ),
    "has an id, which is strong": (
        sheet(".x:has(#y){display:none}.x.x.x{display:block}", "<p class=x><b id=y>一</b>"),
        "sheet-display-none",
    ),
    "has what shows": (sheet(".x{display:none}.x:has(b){display:block}", "<p class=x><b>一</b>"), ""),
    "has in a nested rule": (sheet(".x{&:has(b){display:none}}", "<p class=x><b>一</b>"), "sheet-display-none"),
    "has an element in a template": (sheet(".x:has(b){display:none}", "<p class=x><template><b>一</b></template>"), ""),
    "has by another spelling": (sheet(".x:HAS( >b ){display:none}", "<p class=x><b>一</b>"), "sheet-display-none"),
    "has by escapes": (sheet(r".x:h\61s(b){display:none}", "<p class=x><b>一</b>"), "sheet-display-none"),
    "has, a sheet behind": ("<p class=x>{}<b>一</b></p><style>.x:has(b){display:none}</style>", "sheet-display-none"),
    # scopes and containers
    "scope": (sheet("@scope (.a){.x{display:none}}", "<div class=a><p class=x>"), "sheet-display-none"),
    "scope of another": (sheet("@scope (.a){.x{display:none}}", "<div class=b><p class=x>"), ""),
    "container that is none": (sheet("@container (min-width:1px){.x{display:none}}", "<p class=x>"), ""),
    "scope with a limit": (
        sheet("@scope (.a) to (.b){.x{display:none}}", "<div class=a><p class=x>"),
        "sheet-display-none",
    ),
    "beyond the limit of a scope": (
        sheet("@scope (.a) to (.b, .c){.x{display:none}}", "<div class=a><div class=b><p class=x>"),
        "",
    ),
    "the limit of a scope": (sheet("@scope (.a) to (.x){.x{display:none}}", "<div class=a><p class=x>"), ""),
    "scope with what is no limit": (sheet("@scope (.a) up (.b){.x{display:none}}", "<div class=a><p class=x>"), ""),
    "container": (
        sheet(".a{container-type:inline-size}@container (width>600px){.x{display:none}}", "<div class=a><p class=x>"),
        "sheet-display-none",
    ),
    "container by name": (
        sheet(
            ".a{container:b/inline-size}@container b (inline-size>1px){.x{display:none}}", "<div class=a><p class=x>"
        ),
        "sheet-display-none",
    ),
    "narrow container": (
        sheet(".a{container-type:inline-size}@container (width<300px){.x{display:none}}", "<div class=a><p class=x>"),
        "",
    ),
    "container without a height": (
        sheet(".a{container-type:inline-size}@container (height>1px){.x{display:none}}", "<div class=a><p class=x>"),
        "",
    ),
    "style of a container": (
        sheet(".a{container-type:inline-size}@container style(--a:1){.x{display:none}}", "<div class=a><p class=x>"),
        "",
    ),
    "nested rule": (sheet(".a{.x{display:none}}", "<div class=a><p class=x>"), "sheet-display-none"),
    "nested rule with a sign": (sheet(".x{&.y{display:none}}", "<p class='x y'>"), "sheet-display-none"),
    # masks and zoom
    "mask": ("<p style='mask-image:linear-gradient(transparent,transparent)'>{}", "clipped"),
    "mask with a direction": ("<p style='mask:linear-gradient(to right,rgba(0,0,0,0),#0000 80%)'>{}", "clipped"),
    "mask of another spelling": (
        sheet(".x{-webkit-mask-image:radial-gradient(circle,transparent,hsla(0,0%,0%,0))}", "<p class=x>"),
        "sheet-clipped",
    ),
    "mask of an element around": (
        "<div style='mask:linear-gradient(transparent,transparent)'><p style='mask:none'>{}",
        "clipped",
    ),
    "two masks": (
        "<p style='mask-image:linear-gradient(transparent,transparent),linear-gradient(#000,#000)'>{}",
        "",
    ),
    "mask that fades": ("<p style='mask-image:linear-gradient(#000,transparent)'>{}", ""),
    "no mask": ("<p style='mask:none'>{}", ""),
    "mask undone": (
        sheet(".x{mask:linear-gradient(transparent,transparent)}", "<p class=x style=mask-image:none>"),
        "",
    ),
    "zoom": ("<p style=zoom:.01>{}", "zero-size"),
    "zoom in percent": (sheet(".x{zoom:2%}", "<p class=x>"), "sheet-zero-size"),
    "zoom in zoom": ("<div style=zoom:.2><div style=zoom:.2><p>{}", "zero-size"),
    "zoom that is undone": ("<div style=zoom:.01><p style=zoom:100>{}", ""),
    "zoom of nothing": ("<p style=zoom:0>{}", ""),
    "zoom of one": ("<p style=zoom:1>{}", ""),
    "zoom of a large font": ("<p style='zoom:.05;font-size:400px'>{}", ""),
    "zoom below nothing": ("<p style=zoom:-1>{}", ""),
    # the cascade
    "later rule": (sheet(".x{display:none}.x{display:block}", "<p class=x>"), ""),
    "earlier rule": (sheet(".x{display:block}.x{display:none}", "<p class=x>"), "sheet-display-none"),
    "stronger selector": (sheet("#y.x{display:block}.x{display:none}", "<p class=x id=y>"), ""),
    "stronger selector hides": (
        sheet("div p.x{display:none}.x{display:block}", "<div><p class=x>"),
        "sheet-display-none",
    ),
    "important": (sheet(".x{display:none!important}#y{display:block}", "<p class=x id=y>"), "sheet-display-none"),
    "style over rule": (sheet(".x{display:none}", "<p class=x style=display:block>"), ""),
    "important over style": (
        sheet(".x{display:none ! important}", "<p class=x style=display:block>"),
        "sheet-display-none",
    ),
    "later sheet": ("<style>.x{display:none}</style><style>.x{display:block}</style><p class=x>{}", ""),
    "sheet behind the text": ("<p class=x>{}</p><style>.x{display:none}</style>", "sheet-display-none"),
    "sheet behind the text shows": (
        "<style>.x{display:none}</style><p class=x>{}</p><style>.x{display:block}</style>",
        "",
    ),
    "layers": (sheet("@layer a{.x{display:none}}.x{display:block}", "<p class=x>"), ""),
    "order of layers": (
        sheet("@layer a,b;@layer b{.x{display:none}}@layer a{.x{display:block}}", "<p class=x>"),
        "sheet-display-none",
    ),
    "invalid value": (sheet(".x{display:none;display:nonsense}", "<p class=x>"), "sheet-display-none"),
    "invalid value alone": ('<p style="display:nonex">{}', ""),
    "several values": ('<p style="display:none;display:block">{}', ""),
    "broken declaration": ('<p style="x y display:none">{}', ""),
    "hack of old browsers": ('<p style="*display:none">{}', ""),
    "comment in a declaration": ('<p style="display/**/:/**/none">{}', "display-none"),
    "escaped property": (r'<p style="d\69splay:no\6e e">{}', "display-none"),
    "string with a brace": (sheet(".y::after{content:'}'}.x{display:none}", "<p class=x>"), "sheet-display-none"),
    "variable": (sheet(":root{--a:none}.x{display:var(--a)}", "<p class=x>"), "sheet-display-none"),
    "variable that is not set": (sheet(".x{display:var(--b, none)}", "<p class=x>"), "sheet-display-none"),
    "variable of a style": ('<p style="--c:none;display:var(--c)">{}', "display-none"),
    # conditions
    "screen": (sheet("@media screen{.x{display:none}}", "<p class=x>"), "sheet-display-none"),
    "print": (sheet("@media print{.x{display:none}}", "<p class=x>"), ""),
    "sheet of print": ("<style media=print>.x{display:none}</style><p class=x>{}", ""),
    "sheet of screens": ("<style media='screen, print'>.x{display:none}</style><p class=x>{}", "sheet-display-none"),
    "wide": (sheet("@media (min-width:600px){.x{display:none}}", "<p class=x>"), "sheet-display-none"),
    "narrow": (sheet("@media screen and (max-width:600px){.x{display:none}}", "<p class=x>"), ""),
    "range": (sheet("@media (400px <= width){.x{display:none}}", "<p class=x>"), "sheet-display-none"),
    "not print": (sheet("@media not print{.x{display:none}}", "<p class=x>"), "sheet-display-none"),
    "supports": (sheet("@supports (display:grid){.x{display:none}}", "<p class=x>"), "sheet-display-none"),
    "supports not": (sheet("@supports not (display:grid){.x{display:none}}", "<p class=x>"), ""),
    "key frames": (sheet("@keyframes a{from{display:none}}.y{color:red}", "<p class=x>"), ""),
    # ways to hide
    "display": ("<p style=display:none>{}", "display-none"),
    "display of a table": ("<table style=display:none><tr><td>{}", "display-none"),
    "shown in what is not displayed": ("<div style=display:none><p style=display:block>{}", "display-none"),
    "visibility": ("<p style=visibility:hidden>{}", "visibility"),
    "visibility, collapse": ("<p style=visibility:collapse>{}", "visibility"),
    "visible in the invisible": ("<div style=visibility:hidden><p style=visibility:visible>{}", ""),
    "opacity": ("<p style=opacity:0>{}", "opacity"),
    "opacity in per cent": ("<p style=opacity:0%>{}", "opacity"),
    "opacity of a filter": ("<p style='filter:opacity(0)'>{}", "opacity"),
    "half opaque": ("<p style=opacity:.5>{}", ""),
    "left": ("<p style=position:absolute;left:-9999px>{}", "off-screen"),
    "left without a position": ("<p style=left:-9999px>{}", ""),
    "top": ("<p style=position:absolute;top:-999px>{}", "off-screen"),
    "far to the right": ("<p style=position:absolute;left:9999px>{}", "off-screen"),
    "relative": ("<p style=position:relative;left:-9999px>{}", "off-screen"),
    "inset": ("<p style='position:fixed;inset:0 auto auto -9999px'>{}", "off-screen"),
    "calculated": ("<p style='position:fixed;left:calc(1px - 9999px)'>{}", "off-screen"),
    "indent": ("<p style=text-indent:-9999px>{}", "off-screen"),
    "indent of its width": ("<p style='text-indent:100%;white-space:nowrap;overflow:hidden'>{}", "off-screen"),
    "margin": ("<p style=margin-left:-9999px>{}", "off-screen"),
    "moved": ("<p style='transform:translate(-9999px)'>{}", "off-screen"),
    "moved by a property": ("<p style='translate:-9999px'>{}", "off-screen"),
    "scaled": ("<p style='transform:scale(0)'>{}", "zero-size"),
    "scaled upwards": ("<p style='transform:scaleY(0)'>{}", "zero-size"),
    "scaled by a property": ("<p style='scale:0'>{}", "zero-size"),
    "turned away": ("<p style='transform:rotateX(90deg)'>{}", "zero-size"),
    "back turned to the reader": (
        "<p style='backface-visibility:hidden;transform:rotateY(180deg)'>{}",
        "zero-size",
    ),
    "back not turned": ("<p style='backface-visibility:hidden'>{}", ""),
    "back turned and shown": ("<p style='transform:rotateY(180deg)'>{}", ""),
    "transform of a word in a line": ("<p><span style='transform:scale(0)'>{}</span>", ""),
    "transform of a little": ("<p style='transform:scale(.9) translate(-10px)'>{}", ""),
    "font size": ("<p style=font-size:0>{}", "zero-size"),
    "font size of one": ("<p style=font-size:1px>{}", "zero-size"),
    "font": ("<p style='font: 0/0 a'>{}", "zero-size"),
    "font with a weight": ("<p style='font:bold 0 serif'>{}", "zero-size"),
    "large font in a small one": ("<div style=font-size:0><p style=font-size:16px>{}", ""),
    "relative font in a small one": ("<div style=font-size:0><p style=font-size:2em>{}", "zero-size"),
    "fallen font": ("<div style=font-size:1px><p>{}", "zero-size"),
    "transparent": ("<p style=color:transparent>{}", "transparent"),
    "no alpha": ("<p style='color:rgba(0,0,0,0)'>{}", "transparent"),
    "no alpha, written anew": ("<p style='color:rgb(0 0 0 / 0%)'>{}", "transparent"),
    "no alpha in digits": ("<p style='color:#0000'>{}", "transparent"),
    "filled with nothing": ("<p style='-webkit-text-fill-color:transparent'>{}", "transparent"),
    "colour in the transparent": ("<div style=color:transparent><p style=color:red>{}", ""),
    "letters filled by a picture": (
        "<p style='color:transparent;background:linear-gradient(red,blue);-webkit-background-clip:text'>{}",
        "",
    ),
    "same colour": ("<p style=color:#fff;background:#fff>{}", "same-colour"),
    "nearly the same colour": ("<p style=color:#fefefe;background:#fff>{}", "same-colour"),
    "white by hue": ("<p style='color:hsl(0, 0%, 100%)'>{}", "same-colour"),
    "red by hue": ("<p style='color:hsl(0, 100%, 50%)'>{}", ""),
    "a brace too many": (sheet("}p{display:none}", "<p>"), ""),
    "a rule behind a brace too many": (sheet("}a{color:red}p{display:none}", "<p>"), "sheet-display-none"),
    "white on the page": ("<p style=color:white>{}", "same-colour"),
    "white by font": ("<font color=white>{}</font>", "same-colour"),
    "white on the body": ("<body bgcolor=#ffffff><p><font color='#FFFFFF'>{}</font>", "same-colour"),
    "white on black": ("<div style=background:#000><p style=color:#fff>{}", ""),
    "white on a black body": ("<body bgcolor=black><p style=color:#fff>{}", ""),
    "white on black by rules": (sheet(".a{background:#000}.a p{color:#fff}", "<div class=a><p>"), ""),
    "white on white by rules": (sheet(".a{background:#fff}.a p{color:#fff}", "<div class=a><p>"), "same-colour"),
    "link in white text": ("<div style=color:#fff><a href=/>{}</a>", ""),
    "clip": ("<p style='position:absolute;clip:rect(0,0,0,0)'>{}", "clipped"),
    "clip of one pixel": ("<p style='position:absolute;clip:rect(1px 1px 1px 1px)'>{}", "clipped"),
    "clip without a position": ("<p style='clip:rect(0,0,0,0)'>{}", ""),
    "clip of much": ("<p style='position:absolute;clip:rect(0px,400px,90px,0px)'>{}", ""),
    "path": ("<p style='clip-path:inset(50%)'>{}", "clipped"),
    "path of a circle": ("<p style='clip-path:circle(0)'>{}", "clipped"),
    "path of a line": ("<p style='clip-path:polygon(0 0, 0 0, 0 0)'>{}", "clipped"),
    "path of much": ("<p style='clip-path:inset(1%)'>{}", ""),
    "no height": ("<p style=height:0;overflow:hidden>{}", "zero-size"),
    "no height, not cut": ("<p style=height:0>{}", ""),
    "no height, cut by a rule": (sheet(".x{height:0}", "<p class=x style=overflow:hidden>"), "sheet-zero-size"),
    "largest height": ("<p style=max-height:0;overflow:hidden>{}", "zero-size"),
    "no width": ("<p style=width:0;overflow:hidden>{}", "zero-size"),
    "one pixel": ("<p style='position:absolute;width:1px;height:1px;overflow:hidden'>{}", "zero-size"),
    "no height of a word in a line": ("<p><span style=height:0;width:0;overflow:hidden>{}</span>", ""),
    "content visibility": ("<p style=content-visibility:hidden>{}", "content-visibility"),
    "behind": ("<div style=background:#eee;height:99px><p style=position:relative;z-index:-1>{}", "behind"),
    "behind nothing": ("<p style=position:relative;z-index:-1>{}", ""),
    # attributes and elements
    "hidden": ("<p hidden>{}", "attribute"),
    "hidden and displayed": ("<p hidden style=display:block>{}", ""),
    "hidden from helpers only": ("<p aria-hidden=true>{}", ""),
    "closed dialog": ("<dialog>{}", "dialog"),
    "popover": ("<div popover>{}", "popover"),
    "popover of a kind": ("<div popover=manual>{}", "popover"),
    "popover displayed": ("<div popover style=display:block>{}", ""),
    "hidden by a script": (
        "<p id=z>{}</p><script>document.getElementById('z').style.display='none'</script>",
        "script",
    ),
    "hidden by a script's selector": (
        "<p id=z>{}</p><script>document.querySelector('#z').style.display = \"none\"</script>",
        "script",
    ),
    "shadow root": ("<div><template shadowrootmode=open><p>{}</p></template></div>", ""),
    "closed shadow root": ("<div><template shadowrootmode=none><p>{}</p></template></div>", "template"),
    "open dialog": ("<dialog open>{}", ""),
    "open details": ("<details open><summary>一</summary><p>{}", ""),
    "low marquee": ("<marquee height=3 scrollamount=9999>{}", "zero-size"),
    "noscript": ("<noscript><p>{}", "noscript"),
    "template": ("<template><p>{}", "template"),
    "canvas": ("<canvas><p>{}", "canvas"),
    "video": ("<video><p>{}", "video"),
    "object": ("<object><p>{}", ""),
    "size of a table": ("<table width=0 height=0><tr><td>{}", ""),
    "drawn": ("<svg><text y=20>{}</text></svg>", ""),
    "in a drawing": ("<svg><g>{}</g></svg>", "svg"),
    "defined in a drawing": ("<svg><defs><text y=20>{}</text></defs></svg>", "svg"),
    "formula": ("<math><mtext>{}</mtext></math>", ""),
    # honest
    "centred": ("<div style='position:absolute;left:50%;margin-left:-490px;width:980px'>{}", ""),
    "centred by transform": ("<div style='position:absolute;left:50%;top:50%;transform:translate(-50%,-50%)'>{}", ""),
    "picture of a fixed ratio": ("<div style=height:0;padding-bottom:56%;overflow:hidden><p>{}", ""),
    "clear fix": (
        sheet(".x::after{content:'';display:block;height:0;visibility:hidden;overflow:hidden}", "<p class=x>"),
        "",
    ),
    "menu in a line": (sheet("li{display:inline;float:left}", "<ul><li>"), ""),
}  # fmt: skip
# Elements of MathML and SVG, left open and closed by themselves too.
FOREIGN = {
    "math text": ("<math>{}</math>", "math"),
    "mrow text": ("<math><mrow>{}</mrow></math>", "math"),
    "mi": ("<math><mi>{}</mi></math>", ""),
    "mo": ("<math><mo>{}</mo></math>", ""),
    "mn": ("<math><mn>{}</mn></math>", ""),
    "ms": ("<math><ms>{}</ms></math>", ""),
    "mtext left open": ("<math><mtext>{}", ""),
    "math left open text": ("<math>{}", "math"),
    "math closed by itself": ("<math/>{}", ""),
    "mrow closed by itself": ("<math><mrow/>{}</math>", "math"),
    "mspace": ("<math><mspace>{}</mspace></math>", "math"),
    "unknown": ("<math><foo>{}</foo></math>", "math"),
    "unknown in mrow": ("<math><mrow><foo>{}</foo></mrow></math>", "math"),
    "math style": ("<math><style>{}</style></math>", "math"),
    "math script": ("<math><script>{}</script></math>", "math"),
    "math title": ("<math><title>{}</title></math>", "math"),
    "math desc": ("<math><desc>{}</desc></math>", "math"),
    "math defs": ("<math><defs>{}</defs></math>", "math"),
    "math title mtext": ("<math><title><mtext>{}</mtext></title></math>", ""),
    "math symbol mtext": ("<math><symbol><mtext>{}</mtext></symbol></math>", ""),
    "math filter mtext": ("<math><filter><mtext>{}</mtext></filter></math>", ""),
    "mphantom": ("<math><mphantom><mtext>{}</mtext></mphantom></math>", "math"),
    "mphantom left open": ("<math><mphantom><mtext>{}", "math"),
    "mphantom closed by itself": ("<math><mphantom/><mtext>{}</mtext></math>", ""),
    "mphantom visible": ("<math><mphantom><mtext style=visibility:visible>{}</mtext></mphantom></math>", ""),
    "mphantom html": ("<math><mphantom><mtext><b>{}</b></mtext></mphantom></math>", "math"),
    "mphantom closed": ("<math><mphantom><mi>x</mi></mphantom><mtext>{}</mtext></math>", ""),
    "annotation": ("<math><annotation>{}</annotation></math>", "math"),
    "annotation first": ("<math><semantics><annotation>{}</annotation></semantics></math>", "math"),
    "annotation second": ("<math><semantics><mi>x</mi><annotation>{}</annotation></semantics></math>", "math"),
    "annotation second left open": ("<math><semantics><mi>x</mi><annotation>{}", "math"),
    "annotation in mrow": ("<math><mrow><annotation>{}</annotation></mrow></math>", "math"),
    "annotation closed by itself": ("<math><semantics><mi>x</mi><annotation/></semantics><mtext>{}</mtext></math>", ""),
    "semantics second mtext": ("<math><semantics><mi>x</mi><mtext>{}</mtext></semantics></math>", "math"),
    "semantics first mtext": ("<math><semantics><mtext>{}</mtext><mi>x</mi></semantics></math>", ""),
    "semantics second mrow": (
        "<math><semantics><mrow><mi>x</mi></mrow><mrow><mtext>{}</mtext></mrow></semantics></math>",
        "math",
    ),
    "semantics second behind closed by itself": (
        "<math><semantics><mrow/><mtext>{}</mtext></semantics></math>",
        "math",
    ),
    "semantics first behind comment": ("<math><semantics><!-- x --> x <mtext>{}</mtext></semantics></math>", ""),
    "semantics text": ("<math><semantics>{}</semantics></math>", "math"),
    "semantics third": ("<math><semantics><mi>x</mi><mi>y</mi><mtext>{}</mtext></semantics></math>", "math"),
    "semantics second displayed": (
        "<math><semantics><mi>x</mi><mtext style=display:block>{}</mtext></semantics></math>",
        "",
    ),
    "annotation-xml html": ("<math><annotation-xml encoding=text/html><p>{}</p></annotation-xml></math>", "math"),
    "annotation-xml html second": (
        "<math><semantics><mi>x</mi><annotation-xml encoding=text/html><p>{}</p></annotation-xml></semantics></math>",
        "math",
    ),
    "annotation-xml html first": (
        "<math><semantics><annotation-xml encoding=text/html><p>{}</p></annotation-xml></semantics></math>",
        "math",
    ),
    "annotation-xml xhtml second": (
        "<math><semantics><mi>x</mi><annotation-xml encoding=application/xhtml+xml><p>{}",
        "math",
    ),
    "annotation-xml p breaks": ("<math><annotation-xml><p>{}</p></math>", ""),
    "annotation-xml bare": ("<math><annotation-xml>{}</annotation-xml></math>", "math"),
    "annotation-xml mtext": ("<math><annotation-xml><mtext>{}</mtext></annotation-xml></math>", ""),
    "annotation-xml html text": ("<math><annotation-xml encoding=text/html>{}</annotation-xml></math>", "math"),
    "annotation-xml svg": ("<math><annotation-xml><svg><text y=20>{}</text></svg></annotation-xml></math>", "math"),
    "annotation-xml svg foreignObject": (
        "<math><annotation-xml><svg><foreignObject width=300 height=99><p>{}",
        "math",
    ),
    "annotation-xml html left open": ("<math><semantics><mi>x</mi><annotation-xml encoding=text/html><p>{}", "math"),
    "annotation-xml html closed by itself": (
        "<math><semantics><mi>x</mi><annotation-xml encoding=text/html /></semantics><mtext>{}</mtext></math>",
        "",
    ),
    "annotation-xml html entity": ("<math><semantics><mi>x</mi><annotation-xml encoding=text&sol;html><p>{}", "math"),
    "maction first": ("<math><maction actiontype=toggle><mtext>{}</mtext><mi>x</mi></maction></math>", ""),
    "maction second": ("<math><maction actiontype=toggle><mi>x</mi><mtext>{}</mtext></maction></math>", "math"),
    "maction sel": (
        "<math><maction actiontype=toggle selection=2><mi>x</mi><mtext>{}</mtext></maction></math>",
        "math",
    ),
    "maction tooltip": ("<math><maction actiontype=tooltip><mi>x</mi><mtext>{}</mtext></maction></math>", "math"),
    "mprescripts": ("<math><mmultiscripts><mi>x</mi><mprescripts>{}</mprescripts></mmultiscripts></math>", "math"),
    "mprescripts mtext": (
        "<math><mmultiscripts><mi>x</mi><mprescripts><mtext>{}</mtext></mprescripts></mmultiscripts></math>",
        "",
    ),
    "none of a script": (
        "<math><mmultiscripts><mi>x</mi><none><mtext>{}</mtext></none><none/></mmultiscripts></math>",
        "",
    ),
    "mmultiscripts": ("<math><mmultiscripts><mi>x</mi><mtext>{}</mtext><mi>y</mi></mmultiscripts></math>", ""),
    "mfrac": ("<math><mfrac><mtext>{}</mtext><mi>x</mi></mfrac></math>", ""),
    "mfrac text": ("<math><mfrac>{}</mfrac></math>", "math"),
    "msqrt": ("<math><msqrt><mtext>{}</mtext></msqrt></math>", ""),
    "msqrt text": ("<math><msqrt>{}</msqrt></math>", "math"),
    "mtd": ("<math><mtable><mtr><mtd><mtext>{}</mtext></mtd></mtr></mtable></math>", ""),
    "mtd text": ("<math><mtable><mtr><mtd>{}</mtd></mtr></mtable></math>", ""),
    "mtr text": ("<math><mtable><mtr>{}</mtr></mtable></math>", ""),
    "mtable text": ("<math><mtable>{}</mtable></math>", ""),
    "merror": ("<math><merror><mtext>{}</mtext></merror></math>", ""),
    "merror text": ("<math><merror>{}</merror></math>", "math"),
    "mstyle text": ("<math><mstyle>{}</mstyle></math>", "math"),
    "menclose text": ("<math><menclose>{}</menclose></math>", "math"),
    "mpadded 0": ("<math><mpadded width=0 height=0><mtext>{}</mtext></mpadded></math>", ""),
    "mpadded text": ("<math><mpadded>{}</mpadded></math>", "math"),
    "mglyph in mi": ("<math><mi><mglyph>{}</mglyph></mi></math>", "math"),
    "mglyph": ("<math><mglyph>{}</mglyph></math>", "math"),
    "malignmark in mi": ("<math><mi><malignmark>{}</malignmark></mi></math>", "math"),
    "mathsize 0": ("<math><mtext mathsize=0>{}</mtext></math>", "zero-size"),
    "mathcolor white": ("<math><mtext mathcolor=white>{}</mtext></math>", "same-colour"),
    "mathcolor white on black": ("<math><mtext mathcolor=white mathbackground=black>{}</mtext></math>", ""),
    "mathcolor transparent": ("<math><mtext mathcolor=transparent>{}</mtext></math>", "transparent"),
    "math mathcolor white": ("<math mathcolor=white><mtext>{}</mtext></math>", "same-colour"),
    "math hidden": ("<math hidden><mtext>{}</mtext></math>", ""),
    "math display none": ("<math style=display:none><mtext>{}</mtext></math>", "display-none"),
    "mtext hidden": ("<math><mtext hidden>{}</mtext></math>", ""),
    "math svg": ("<math><svg><text y=20>{}</text></svg></math>", "math"),
    "mi svg": ("<math><mi><svg><text y=20>{}</text></svg></mi></math>", ""),
    "mtext svg": ("<math><mtext><svg><text y=20>{}</text></svg></mtext></math>", ""),
    "mtext math text": ("<math><mtext><math>{}</math></mtext></math>", "math"),
    "mtext math mtext": ("<math><mtext><math><mtext>{}</mtext></math></mtext></math>", ""),
    "mtext p": ("<math><mtext><p>{}</p></mtext></math>", ""),
    "mrow a": ("<math><mrow><a href=/>{}</a></mrow></math>", "math"),
    "mtext a": ("<math><mtext><a href=/>{}</a></mtext></math>", ""),
    "math a mtext": ("<math><a href=/><mtext>{}</mtext></a></math>", ""),
    "math display block": ("<math display=block><mtext>{}</mtext></math>", ""),
    "math displayed block text": ("<math style=display:block>{}</math>", ""),
    "mrow displayed block text": ("<math><mrow style=display:block>{}</mrow></math>", ""),
    "math mtext in html end": ("<p><math><mi>x</mi></p>{}", ""),
    "svg text left open": ("<svg><text y=20>{}", ""),
    "svg closed by itself": ("<svg/>{}", ""),
    "svg title": ("<svg><title>{}</title></svg>", "svg"),
    "svg desc": ("<svg><desc>{}</desc></svg>", "svg"),
    "svg metadata": ("<svg><metadata>{}</metadata></svg>", "svg"),
    "svg defs": ("<svg><defs><text y=20>{}</text></defs></svg>", "svg"),
    "svg symbol": ("<svg><symbol><text y=20>{}</text></symbol></svg>", "svg"),
    "svg title closed by itself": ("<svg><title/><text y=20>{}</text></svg>", ""),
    "svg desc closed by itself": ("<svg><desc/><text y=20>{}</text></svg>", ""),
    "svg metadata closed by itself": ("<svg><metadata/><text y=20>{}</text></svg>", ""),
    "svg defs closed by itself": ("<svg><defs/><text y=20>{}</text></svg>", ""),
    "svg symbol closed by itself": ("<svg><symbol/><text y=20>{}</text></svg>", ""),
    "svg defs left open": ("<svg><defs><text y=20>{}", "svg"),
    "svg symbol left open": ("<svg><symbol><text y=20>{}", "svg"),
    "svg desc left open": ("<svg><desc>{}", "svg"),
    "svg desc p left open": ("<svg><desc><p>{}", "svg"),
    "svg metadata p": ("<svg><metadata><p>{}", ""),
    "svg metadata text": ("<svg><metadata><text y=20>{}</text></metadata></svg>", "svg"),
    "svg metadata foreignObject": (
        "<svg><metadata><foreignObject width=300 height=90><p>{}</p></foreignObject></metadata></svg>",
        "svg",
    ),
    "svg title text": ("<svg><title><text y=20>{}</text></title></svg>", "svg"),
    "svg desc p": ("<svg><desc><p>{}</p></desc></svg>", "svg"),
    "foreignObject": ("<svg><foreignObject width=300 height=90><p>{}</p></foreignObject></svg>", ""),
    "foreignObject text": ("<svg><foreignObject width=300 height=90>{}</foreignObject></svg>", ""),
    "foreignObject nosize": ("<svg><foreignObject><p>{}</p></foreignObject></svg>", "zero-size"),
    "foreignObject left open": ("<svg><foreignObject width=300 height=90><p>{}", ""),
    "foreignObject closed by itself": ("<svg><foreignObject width=300 height=90 /><p>{}", ""),
    "foreignObject closed by itself text": ("<svg><foreignObject /><text y=20>{}", ""),
    "foreignObject 0": ("<svg><foreignObject width=0 height=0><p>{}</p></foreignObject></svg>", "zero-size"),
    "foreignObject in defs": (
        "<svg><defs><foreignObject width=300 height=90><p>{}</p></foreignObject></defs></svg>",
        "svg",
    ),
    "foreignObject in symbol": (
        "<svg><symbol><foreignObject width=300 height=90><p>{}</p></foreignObject></symbol></svg>",
        "svg",
    ),
    "foreignObject in text": (
        "<svg><text y=20><foreignObject width=300 height=90><p>{}</p></foreignObject></text></svg>",
        "svg",
    ),
    "svg text in text": ("<svg><text y=20><text y=20>{}</text></text></svg>", "svg"),
    "svg tspan alone": ("<svg><tspan y=20>{}</tspan></svg>", "svg"),
    "svg textPath ref": ("<svg><path id=p d='M0 20H300'/><text><textPath href=#p>{}</textPath></text></svg>", ""),
    "svg a in text": ("<svg><text y=20><a href=/>{}</a></text></svg>", ""),
    "svg a text": ("<svg><a href=/><text y=20>{}</text></a></svg>", ""),
    "svg a bare": ("<svg><a href=/>{}</a></svg>", "svg"),
    "svg g text": ("<svg><g><text y=20>{}</text></g></svg>", ""),
    "svg unknown text": ("<svg><foo><text y=20>{}</text></foo></svg>", "svg"),
    "svg unknown in text": ("<svg><text y=20><foo>{}</foo></text></svg>", "svg"),
    "svg title in text": ("<svg><text y=20><title>{}</title></text></svg>", "svg"),
    "svg desc in text": ("<svg><text y=20><desc>{}</desc></text></svg>", "svg"),
    "svg g in text": ("<svg><text y=20><g>{}</g></text></svg>", "svg"),
    "svg metadata in text": ("<svg><text y=20><metadata>{}</metadata></text></svg>", "svg"),
    "svg defs in text": ("<svg><text y=20><defs>{}</defs></text></svg>", "svg"),
    "svg clipPath": ("<svg><clipPath><text y=20>{}</text></clipPath></svg>", "svg"),
    "svg mask": ("<svg><mask><text y=20>{}</text></mask></svg>", "svg"),
    "svg pattern": ("<svg><pattern><text y=20>{}</text></pattern></svg>", "svg"),
    "svg marker": ("<svg><marker><text y=20>{}</text></marker></svg>", "svg"),
    "svg linearGradient": ("<svg><linearGradient><text y=20>{}</text></linearGradient></svg>", "svg"),
    "svg filter": ("<svg><filter><text y=20>{}</text></filter></svg>", "svg"),
    "svg rect text": ("<svg><rect><text y=20>{}</text></rect></svg>", "svg"),
    "svg path text": ("<svg><path><text y=20>{}</text></path></svg>", "svg"),
    "svg image text": ("<svg><image><text y=20>{}</text></image></svg>", "svg"),
    "svg use text": ("<svg><use><text y=20>{}</text></use></svg>", "svg"),
    "svg stop text": ("<svg><stop><text y=20>{}</text></stop></svg>", "svg"),
    "svg view text": ("<svg><view><text y=20>{}</text></view></svg>", "svg"),
    "svg animate text": ("<svg><animate><text y=20>{}</text></animate></svg>", "svg"),
    "svg set in text": ("<svg><text y=20><set>{}</set></text></svg>", "svg"),
    "svg radial": ("<svg><radialGradient><text y=20>{}</text></radialGradient></svg>", "svg"),
    "svg nested svg": ("<svg><svg><text y=20>{}</text></svg></svg>", ""),
    "svg font-size 0": ("<svg><text y=20 font-size=0>{}</text></svg>", "zero-size"),
    "svg display none": ("<svg><text y=20 display=none>{}</text></svg>", "display-none"),
    "svg visibility hidden": ("<svg><text y=20 visibility=hidden>{}</text></svg>", "visibility"),
    "svg opacity 0": ("<svg><text y=20 opacity=0>{}</text></svg>", "opacity"),
    "svg width 0": ("<svg width=0 height=0><text y=20>{}</text></svg>", "zero-size"),
    "svg math": ("<svg><math><mtext>{}</mtext></math></svg>", "svg"),
    "svg foreignObject math": (
        "<svg><foreignObject width=300 height=90><math><mtext>{}</mtext></math></foreignObject></svg>",
        "",
    ),
    "annotation-xml html math": ("<math><annotation-xml encoding=text/html><math><mtext>{}</mtext></math>", ""),
    "svg fill none": ("<svg><text y=20 fill=none>{}</text></svg>", "transparent"),
    "svg fill none by style": ("<svg><text y=20 style=fill:none>{}</text></svg>", "transparent"),
    "svg fill none by a rule": (sheet("text{fill:none}", "<svg><text y=20>"), "transparent"),
    "svg fill none under a rule": (sheet("text{fill:red}", "<svg><text y=20 fill=none>"), ""),
    "svg fill none around": ("<svg fill=none><g><text y=20>{}</text></g></svg>", "transparent"),
    "svg fill none around red": ("<svg fill=none><text y=20 fill=red>{}</text></svg>", ""),
    "svg fill none outlined": ("<svg><text y=20 fill=none stroke=black>{}</text></svg>", ""),
    "svg fill transparent": ("<svg><text y=20 fill=transparent>{}</text></svg>", "transparent"),
    "svg fill white": ("<svg><text y=20 fill=white>{}</text></svg>", "same-colour"),
    "svg fill white in a span": ("<svg><text y=20><tspan fill=#fff>{}</tspan></text></svg>", "same-colour"),
    "svg fill white on black": ("<div style=background:#000><svg><text y=20 fill=white>{}", ""),
    "svg black on black": ("<div style=background:#000><svg><text y=20>{}", "same-colour"),
    "svg fill white on a shape": ("<svg><rect width=300 height=90 /><text y=20 fill=white>{}</text></svg>", ""),
    "svg color white": ("<svg><text y=20 style=color:white>{}</text></svg>", ""),
    "svg color transparent": ("<svg><text y=20 style=color:transparent>{}</text></svg>", ""),
    "svg fill of a white color": (
        "<svg><text y=20 style=color:white;fill:currentcolor>{}</text></svg>",
        "same-colour",
    ),
    "svg fill none in HTML": (
        "<svg fill=none><foreignObject width=300 height=90><p>{}</p></foreignObject></svg>",
        "",
    ),
    "svg switch first": ("<svg><switch><text y=20>{}</text><text y=20>x</text></switch></svg>", ""),
    "svg switch second": ("<svg><switch><text y=20>x</text><text y=20>{}</text></switch></svg>", "svg"),
    "svg switch second fits": (
        "<svg><switch><text y=20 systemLanguage=xx>x</text><text y=20>{}</text></switch></svg>",
        "",
    ),
    "svg switch first does not fit": (
        "<svg><switch><text y=20 systemLanguage=xx>{}</text><text y=20>x</text></switch></svg>",
        "svg",
    ),
    "svg textPath ref of none": ("<svg><text y=20><textPath href=#p>{}</textPath></text></svg>", "svg"),
    "svg textPath ref of another": (
        "<svg><path id=q d='M0 20H300'/><text y=20><textPath href=#p>{}</textPath></text></svg>",
        "svg",
    ),
    "svg textPath ref of no path": (
        "<svg><g id=p></g><text y=20><textPath href=#p>{}</textPath></text></svg>",
        "svg",
    ),
    "svg textPath ref of a path behind": (
        "<svg><text><textPath href=#p>{}</textPath></text><path id=p d='M0 20H300'/></svg>",
        "",
    ),
    "svg textPath ref of a path that is defined": (
        "<svg><defs><path id=p d='M0 20H300'/></defs><text><textPath xlink:href=#p>{}</textPath></text></svg>",
        "",
    ),
    "svg text beside a textPath ref of none": (
        "<svg><text y=20>{}<textPath href=#p>一</textPath></text></svg>",
        "",
    ),
    "svg textPath without a path": ("<svg><text y=20><textPath>{}</textPath></text></svg>", "svg"),
    "svg use of defs": ("<svg><defs><text id=t y=20>{}</text></defs><use href=#t></use></svg>", ""),
    "svg use of symbol": ("<svg><use xlink:href=#s /><symbol id=s><text y=20>{}</text></symbol></svg>", ""),
    "svg use of a group": (
        "<svg><defs><g id=t><text y=20>{}</text></g></defs></svg><svg><use href=#t></use></svg>",
        "",
    ),
    "svg use of another": ("<svg><defs><text id=t y=20>{}</text></defs><use href=#u></use></svg>", "svg"),
    "svg use of a title": ("<svg><defs><title id=t>{}</title></defs><use href=#t></use></svg>", "svg"),
    "svg use of bare text": ("<svg><defs><g id=t>{}</g></defs><use href=#t></use></svg>", "svg"),
    "svg hidden": ("<svg hidden><text y=20>{}</text></svg>", ""),
    "svg font-size 0 under a rule": (sheet("text{font-size:20px}", "<svg><text y=20 font-size=0>"), ""),
}
SHOWN = TRICKS | FOREIGN
# Where the engine means something else than what is on the screen at first.
CHOSEN = {
    # A reader opens, searches or scrolls.
    "closed details": ("<details><summary>一</summary><p>{}", ""),
    "hidden until found": ("<p hidden=until-found>{}", ""),
    # Which elements are containers is not known.
    "container": (
        sheet("@container (min-width:1px){.x{display:none}}", "<div style=container-type:inline-size><p class=x>"),
        "",
    ),
    "container of another name": (
        sheet(".a{container-type:inline-size}@container b (width>1px){.x{display:none}}", "<div class=a><p class=x>"),
        "sheet-display-none",
    ),
}


def page_of(content: str) -> str:
    return f"<!DOCTYPE html><title>阀门</title>{content.replace('{}', SPAM)}"


def hidden(content: str) -> str:
    (block,) = [block for block in outline(Page(page_of(content))).blocks if SPAM in block.text]
    return block.hidden


ALL = SHOWN | CHOSEN


@pytest.mark.parametrize(("content", "how"), ALL.values(), ids=ALL)
def test_trick(content: str, how: str) -> None:
    assert hidden(content) == how


def test_the_rest_of_the_page_is_shown() -> None:
    for name, (content, _) in SHOWN.items():
        if content.endswith("{}") and "<style" not in content:
            tags = re.findall(r"<([a-z-]+)", content)
            closing = "".join(f"</{tag}>" for tag in reversed(tags) if tag not in ("style", "body"))
            blocks = outline(Page(page_of(content + closing + REST))).blocks
            assert [block.hidden for block in blocks if "欢迎" in block.text] == [""], name


# Whether the text of a frame can be read: its characters have a place on the screen, are what is met there, and are
# neither too small nor of the colour of what lies behind.
LOOK = """
const spam = "%s";
function find(root, page) {
  const walker = page.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node; (node = walker.nextNode()); ) {
    if (node.nodeType === 3 && node.data.includes(spam)) return node;
    const inner = node.shadowRoot && find(node.shadowRoot, page);
    if (inner) return inner;
  }
  return null;
}
function seen(page) {
  const node = find(page, page);
  if (!node) return false;
  // What a drawing uses has its box where it is used.
  for (const use of page.querySelectorAll("use")) {
    const id = (use.getAttribute("href") || use.getAttribute("xlink:href") || "").slice(1);
    const used = page.getElementById(id), box = use.getBoundingClientRect();
    if (used && used.contains(node) && box.width >= 2 && box.height >= 4) return true;
  }
  const view = page.defaultView, parent = node.parentElement, style = view.getComputedStyle(parent);
  const asked = {opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true};
  if (!parent.checkVisibility(asked)) return false;
  if (parseFloat(style.fontSize) * (parent.currentCSSZoom || 1) <= 1) return false;
  for (let each = parent; each; each = each.parentElement) {
    const own = view.getComputedStyle(each);
    if (/opacity\\(0\\)/.test(own.filter)) return false;
    // A mask of gradients in which no colour is anything but transparent.
    const colours = own.maskImage.match(/rgba?\\([^)]*\\)/g) || [];
    if (colours.length && colours.every(each => /^rgba.*, 0\\)$/.test(each))) return false;
  }
  const parts = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const isDrawn = parent.namespaceURI.endsWith("svg");
  const fill = style.fill === "none" ? "rgba(0, 0, 0, 0)" : style.fill;
  const colour = parts(!isDrawn ? style.webkitTextFillColor : style.stroke !== "none" ? style.stroke : fill);
  let ground = [255, 255, 255], each = parent;
  let picture = isDrawn && parent.ownerSVGElement.querySelector("rect") !== null;
  for (; each; each = each.parentElement) {
    const own = view.getComputedStyle(each), back = parts(own.backgroundColor);
    if (own.backgroundImage !== "none") { picture = true; break; }
    if (back.length < 4 || back[3] > 0) { ground = back; break; }
  }
  if (!picture && colour.length === 4 && colour[3] < .02) return false;
  if (!picture && colour.slice(0, 3).every((level, i) => Math.abs(level - ground[i]) <= 8)) return false;
  const range = page.createRange(), start = node.data.indexOf(spam);
  for (let i = 0; i < spam.length; i++) {
    range.setStart(node, start + i);
    range.setEnd(node, start + i + 1);
    for (const box of range.getClientRects()) {
      if (box.width < 2 || box.height < 4) continue;
      const x = box.left + box.width / 2, y = box.top + box.height / 2;
      const met = parent.getRootNode().elementFromPoint(x, y);
      if (met === parent || parent.contains(met)) return true;
      // The page's own ground lies behind everything.
      if (style.zIndex === "-1" && (met === page.body || met === page.documentElement)) return true;
    }
  }
  return false;
}
const found = {};
for (const frame of document.querySelectorAll("iframe")) found[frame.id] = seen(frame.contentDocument);
document.title = "done";
document.getElementById("found").textContent = JSON.stringify(found);
"""


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
def test_chromium_shows_and_hides_the_same(tmp_path: Path) -> None:
    frames = "".join(
        f'<iframe id="{escape(name)}" width=1280 height=800 srcdoc="{escape(page_of(content))}"></iframe>'
        for name, (content, _) in SHOWN.items()
    )
    harness = tmp_path / "tricks.html"
    script = f"addEventListener('load', () => {{{LOOK % SPAM}}})"
    harness.write_text(
        f"<!DOCTYPE html><meta charset=utf-8><pre id=found></pre>{frames}<script>{script}</script>", encoding="utf-8"
    )
    done = subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1300,900", "--virtual-time-budget=5000",
            "--dump-dom", harness.as_uri(),
        ],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found is not None, done.stderr[-2000:]
    seen = json.loads(unescape(found[1]))
    assert {name: not how for name, (_, how) in SHOWN.items()} == seen
