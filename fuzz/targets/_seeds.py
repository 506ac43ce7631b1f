"""Pages to begin with, all our own: what the parts of the engine read, in a few hundred bytes each.

Only gambling is advertised in them: whatever is put together of them at random stays of that kind.
"""

from __future__ import annotations

from base64 import b64encode

from fuzz.targets import words

__all__ = ["PAGES", "SPAM", "WORDS"]

SPAM = "澳门威尼斯人官网_真人百家乐开户_澳门葡京赌场网址_时时彩投注平台_棋牌游戏娱乐城注册送彩金"
_OWN = "本公司位于工业园区，主要从事阀门的研发和销售。"
_CODED = "".join(f"&#{ord(letter)};" for letter in SPAM[:16])
_ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in SPAM[:16])
_PACKED = b64encode(SPAM.encode()).decode()
_FULL = "".join(chr(ord(letter) + 0xFEE0) for letter in "bet365vip8888")
_SHEET = f".a{{display:none}} #b:not(.c)>a::before{{content:'{SPAM[:9]}'}} @media print{{p{{color:red}}}}"
_JOINED = f"document.body.innerHTML=['{SPAM[:6]}','b'].reverse().join('')+String.fromCharCode(28595,0x95e8)"

PAGES = tuple(
    text.encode()
    for text in (
        f"<!doctype html><html><head><meta charset=utf-8><title>{SPAM}</title></head><body><h1>{_OWN}</h1></body>",
        f"<title>阀门厂_{SPAM[:8]}</title>\r\n<meta name=keywords content='阀门,{SPAM}'>\r\n<p>{_OWN}</p>\r\n",
        f"<div style='position:absolute;left:-9999px'><a href='http://a.example/'>{SPAM}</a></div><p>{_OWN}",
        f"<style>{_SHEET}</style><p class=a>{SPAM}</p><p id=b><a href=x>{_OWN}</a></p>",
        f"<script>document.title='{_ESCAPED}';document.write(\"<p>{SPAM}</p>\");</script><p>{_OWN}</p>",
        f"<script>var t=atob('{_PACKED}');document.title=decodeURIComponent(escape(t));{_JOINED}</script><p>{_OWN}</p>",
        f"<script>if(/baidu|sogou/.test(document.referrer)){{location.href='http://b.example/'}}</script><p>{_OWN}</p>",
        f'<iframe srcdoc="&lt;p&gt;{SPAM}&lt;/p&gt;"></iframe><noscript>{SPAM}</noscript><template>{SPAM}</template>',
        f"<svg><title>{SPAM}</title><foreignObject><p>{_OWN}</p></foreignObject></svg><math><mtext>{SPAM[:12]}</mtext>",
        f"<svg><![CDATA[{SPAM}]]></svg><p>{_OWN}</p><![CDATA[{SPAM}]]>",
        f"<p title='{_CODED}'>{_CODED}</p><img alt=\"{SPAM}\"><input type=button value='{SPAM[:9]}'>",
        f'<script type="application/ld+json">{{"@type":"Article","headline":"{SPAM}"}}</script><p>{_OWN}</p>',
        f"<table><tr><td>{_OWN}<td>{SPAM[:10]}<td>{SPAM[10:20]}</table><ul><li><a href=/>{SPAM}</a><li>{_OWN}</ul>",
        f"{SPAM}\n\n{_OWN}\n{SPAM[:12]}（{_OWN}）\r\n{_OWN}{SPAM}\n",
        "".join(f"<span>{letter}</span>" for letter in SPAM[:12]) + "".join(f"<p>{letter}" for letter in SPAM[:12]),
        f"{_FULL} {SPAM[:8]}" + "\u200b".join(SPAM[:10]) + "🎰".join(SPAM[:8]) + f"\u202e{SPAM[:10][::-1]}\u202c",
        SPAM[:16].encode().decode("gb18030", "replace") + f"弓虽 產品(chǎn pǐn) αvаbс 𝐛𝐞𝐭𝟑𝟔𝟓 {_OWN}",
        f"永利集团，新葡京(3522.vip)【皇冠】手机版-{_OWN}www.a1.example bocaiyule 3.14159",
    )
)

_TAGS = (
    "html head title meta base link style script noscript template body div p span a b i h1 ul li table tbody tr td th "
    "select option input button textarea pre xmp plaintext iframe noframes svg math mtext annotation-xml foreignObject "
    "desc image object video canvas details dialog frameset form br wbr hr marquee"
).split()
WORDS = (
    *(f"<{tag}>".encode() for tag in _TAGS),
    *(f"</{tag}>".encode() for tag in _TAGS),
    *words(
        r"""
        <!-- --> --!> <!---> <!doctype <![CDATA[ ]]> <? </ <! < > /> = ' " & ; \0 \r \n \r\n \t \s \\
        \sclass=a \sid=b \shidden \sstyle=' \sstyle=" \stitle=' \salt= \scontent=' \sname=keywords \ssrcdoc=' \shref=//
        \stype=application/ld+json \shttp-equiv=refresh \scharset=gbk \sxmlns= \sencoding=text/html
        &#x6fb3; &#28595; &#0; &#xD800; &#x110000; &#99999999999; &amp; &lt &lt; &notit; &nbsp; &CounterClockwise
        display:none; visibility:hidden; left:-999em; opacity:0; var(--a); calc(1px-9e9em); url( /* */ !important
        @media\s @layer @import @supports :not( :is( :nth-child(2n+1) ::before{content:' } { \\9 \\26 [a^=b\si] * ~ + ,
        document.title= document.write(' .innerHTML= eval( atob(' unescape(' decodeURIComponent(' String.fromCharCode(
        .split('') .reverse() .join('') .replace(/x/g,'') .map( => ? : `${ ` // \\x41 \\u{6fb3} \\uD83D \\346 function(
        return\s var\s if( location= document.referrer eval(function(p,a,c,k,e,d){ [ ] ( ) 0x
        \xe2\x80\x8b \xe2\x80\x8d \xef\xbb\xbf \xe2\x80\xae \xe2\x80\xac \xe2\x81\xa6 \xf3\xa0\x81\x81 \xef\xb8\x8f
        \xef\xbf\xbd \xed\xa0\x80 \xed\xbf\xbf \xcc\x81 \xe3\x80\x80 ﷺ ﬀ İ ẞ ㍿ ① 🎰 🇨🇳 𠀀 弓虽 澳 ａ
        澳门 开户 新葡京 百家乐 威尼斯人 娱乐城 官网 _ - | 【 】 （ ） ， 。 公司 阀门 手机版 365 .com www. http://
        """
    ),
)
