"""Decoding: the right encoding whatever was declared, what is refused, and what is counted as lost."""

from __future__ import annotations

import gzip
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.errors import BinaryPage, EmptyPage
from moderation.stages.decode import charset_of, decode

SIMPLE = "本公司专业生产各种阀门和管道配件，产品远销海外，欢迎新老客户来电咨询。公司成立以来一直坚持质量第一的原则。"
TRADITIONAL = (
    "本公司專業生產各種閥門和管道配件，產品遠銷海外，歡迎新舊客戶來電諮詢。公司成立以來一直堅持品質第一的原則。"
)
JAPANESE = "当社は各種バルブと配管部品を製造しています。お客様のご要望に合わせて、品質の高い製品をお届けします。"
KOREAN = "저희 회사는 각종 밸브와 배관 부품을 생산하고 있습니다. 고객 여러분의 많은 관심과 문의를 부탁드립니다."
RUSSIAN = "Наша компания производит клапаны и детали трубопроводов. Мы ждём ваших вопросов и заказов."


def page(text: str, charset: str = "") -> str:
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">' if charset else ""
    return f"<html><head>{meta}<title>{text[:12]}</title></head>\r\n<body><p>{text}</p></body></html>"


ENCODINGS = {
    "utf-8": ("utf-8", SIMPLE),
    "gb2312": ("gb18030", SIMPLE),
    "gbk": ("gb18030", SIMPLE + TRADITIONAL),
    "gb18030": ("gb18030", SIMPLE + "𠀀😀"),
    "big5": ("big5hkscs", TRADITIONAL),
    "big5-hkscs": ("big5hkscs", TRADITIONAL + "嘅咗"),
    "shift_jis": ("cp932", JAPANESE),
    "euc-jp": ("euc_jp", JAPANESE),
    "iso-2022-jp": ("iso2022_jp", JAPANESE),
    "euc-kr": ("cp949", KOREAN),
    "windows-1251": ("cp1251", RUSSIAN),
}


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("how", ["header", "meta"])
def test_declared(name: str, how: str) -> None:
    codec, text = ENCODINGS[name]
    content = page(text, name if how == "meta" else "")
    assert decode(content.encode(codec), name if how == "header" else None) == (content, codec, 0)


@pytest.mark.parametrize("name", [name for name in ENCODINGS if name != "iso-2022-jp"])
def test_undeclared(name: str) -> None:
    codec, text = ENCODINGS[name]
    assert decode(page(text).encode(codec)) == (page(text), codec, 0)


@pytest.mark.parametrize(
    ("codec", "text", "header", "meta"),
    [
        ("utf-8", SIMPLE, "gbk", ""),
        ("utf-8", SIMPLE, None, "gb2312"),
        ("utf-8", "© 2024", "gb2312", "gb2312"),
        ("utf-8", SIMPLE, "iso-8859-1", "big5"),
        ("utf-8", SIMPLE, "no-such-charset", ""),
        ("gb18030", SIMPLE, "utf-8", ""),
        ("gb18030", SIMPLE, None, "utf-8"),
        ("gb18030", SIMPLE, "utf-8", "gb2312"),
        ("gb18030", SIMPLE, "iso-8859-1", ""),
        ("gb18030", SIMPLE, "utf-16", ""),
        ("gb18030", SIMPLE, "big5", "gbk"),
        ("big5hkscs", TRADITIONAL, "gbk", "big5"),
        ("gb18030", "一", "gbk", ""),
    ],
)
def test_declared_wrongly(codec: str, text: str, header: str | None, meta: str) -> None:
    content = page(text, meta)
    assert decode(content.encode(codec), header) == (content, codec, 0)


def test_header_wins_where_bytes_do_not_tell() -> None:
    assert decode(page("caf\xe9", "iso-8859-2").encode("latin-1"), "windows-1252").encoding == "cp1252"


def test_meta_within_the_first_4_kb() -> None:
    for padding, expected in ((3000, "cp1251"), (5000, "cp1252")):
        content = "<!--" + " " * padding + '--><meta charset="windows-1251"><p>\xe9'
        assert decode(content.encode("latin-1"), None if padding == 3000 else "latin1").encoding == expected


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"\xff\xfe\x00\x00", "utf-32-le"),
        (b"\x84\x31\x95\x33", "gb18030"),
    ],
)
def test_mark_decides_and_is_dropped(mark: bytes, codec: str) -> None:
    content = page(SIMPLE)
    assert decode(mark + content.encode(codec), "big5") == (content, codec, 0)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_mark(codec: str) -> None:
    assert decode(page(SIMPLE).encode(codec)) == (page(SIMPLE), codec, 0)


def test_utf_8_mark_before_a_gbk_page() -> None:
    assert decode(b"\xef\xbb\xbf" + page(SIMPLE).encode("gbk")) == (page(SIMPLE), "gb18030", 0)


@pytest.mark.parametrize(("codec", "text"), [("utf-8", SIMPLE), ("gb18030", SIMPLE), ("big5hkscs", TRADITIONAL)])
@pytest.mark.parametrize("declared", [None, "utf-8", "gbk", "iso-8859-1"])
def test_cut_in_the_last_character(codec: str, text: str, declared: str | None) -> None:
    if codec == "big5hkscs" and declared == "gbk":
        pytest.skip("GB 18030 reads all of Big5: nothing speaks against the declaration")
    for content in (text, page(text) + text):
        data = content.encode(codec).removesuffix("。".encode(codec)) + "国國"[codec == "big5hkscs"].encode(codec)[:-1]
        found = decode(data, declared)
        assert (found.encoding, found.replaced) == (codec, 1)


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
@pytest.mark.parametrize("declared", [None, "utf-8", "gbk"])
def test_broken_characters_do_not_flip_the_choice(codec: str, declared: str | None) -> None:
    parts = [f"<p>{SIMPLE}</p>".encode(codec)] * 5
    data = b"<b>\xff</b>".join(parts)
    found = decode(data, declared)
    assert (found.encoding, found.replaced) == (codec, 4)
    assert found.text.replace("<b>\ufffd</b>", "") == f"<p>{SIMPLE}</p>" * 5


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-16"])
def test_replacement_characters_of_the_source_are_not_counted(codec: str) -> None:
    found = decode(f"{SIMPLE}\ufffd{SIMPLE}".encode(codec) + (b"\xff" if codec == "utf-8" else b""))
    assert found.replaced == (1 if codec == "utf-8" else 0)
    assert "\ufffd" in found.text


def test_full_width_blank_of_old_editors() -> None:
    assert decode("公司".encode("gbk") + b"\xa3\xa0" + "简介".encode("gbk"), "gbk").text == "公司\u3000简介"


def test_line_ends_stay() -> None:
    assert decode(b"a\r\nb\rc\n").text == "a\r\nb\rc\n"


@pytest.mark.parametrize(
    "data", [b"", b" \r\n\t ", b"\xef\xbb\xbf", b"\xff\xfe", "\u3000\n".encode(), b"\xff\xfe \x00"]
)
def test_empty(data: bytes) -> None:
    with pytest.raises(EmptyPage, match="skip it"):
        decode(data)


BINARY = {
    "a PNG image": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "a JPEG image": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "a GIF image": b"GIF89a\x01\x00\x01\x00",
    "a ZIP archive": b"PK\x03\x04\x14\x00",
    "GZIP data": gzip.compress(SIMPLE.encode()),
    "a PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "an MP4 film": b"\x00\x00\x00\x18ftypmp42",
    "binary data": random.Random(7).randbytes(4000),
    "binary data of NULs": bytes(400),
    "binary data of small numbers": b"".join(number.to_bytes(4, "little") for number in range(300)),
}


@pytest.mark.parametrize("name", BINARY)
def test_binary(name: str) -> None:
    with pytest.raises(BinaryPage, match=name.split(" of ")[0]):
        decode(BINARY[name])


# What stuffs a page without being seen, in front of its text.
STUFFED = {
    "comment": (b"<!--", b"-->"),
    "script": (b"<script>var x = '", b"'</script>"),
    "attribute": (b'<p data-x="', b'">'),
    "raw text": (b"<style>", b"</style>"),
}
STUFFING = {
    "marks of UTF-16": b"\xff\xfe " * 1000,
    "Latin letters": b"\xc3 " * 1000,
    "no encoding": b"\xff\x80" * 1000,
    "GB 18030": (SIMPLE * 20).encode("gbk"),
    "Big5": (TRADITIONAL * 20).encode("big5"),
    "UTF-8": (SIMPLE * 20).encode(),
    "UTF-16": (SIMPLE * 20 + "<a>" * 900).encode("utf-16-le"),
    "magic and controls": b"\x89PNG\r\n" + b"\x01\x00" * 1000,
}


@pytest.mark.parametrize("place", STUFFED)
@pytest.mark.parametrize("stuffing", STUFFING)
@pytest.mark.parametrize(("codec", "text"), [("utf-8", SIMPLE), ("gb18030", SIMPLE), ("big5hkscs", TRADITIONAL)])
@pytest.mark.parametrize("how", ["header", "meta"])
def test_stuffing_does_not_change_what_is_declared(place: str, stuffing: str, codec: str, text: str, how: str) -> None:
    name = {"utf-8": "utf-8", "gb18030": "gbk", "big5hkscs": "big5"}[codec]
    before, after = STUFFED[place]
    # Hidden text is seen as far as the bytes go: as much of it as there is of the text, and more.
    data = page(text, name if how == "meta" else "").encode(codec)
    data = data.replace(b"<body>", b"<body>" + before + STUFFING[stuffing] + after)
    found = decode(data, name if how == "header" else None)
    assert found.encoding == codec
    assert text in found.text


@pytest.mark.parametrize("stuffing", ["marks of UTF-16", "Latin letters", "no encoding"])
@pytest.mark.parametrize(("codec", "text"), [("utf-8", SIMPLE), ("gb18030", SIMPLE), ("big5hkscs", TRADITIONAL)])
def test_hidden_text_is_no_declaration(stuffing: str, codec: str, text: str) -> None:
    name = {"utf-8": "utf-8", "gb18030": "gbk", "big5hkscs": "big5"}[codec]
    hidden = b"<div hidden>" + STUFFING[stuffing] + b"</div>"
    found = decode(page(text, name).encode(codec).replace(b"<body>", b"<body>" + hidden))
    assert found.encoding == codec
    assert text in found.text


def test_comments_declare_nothing() -> None:
    for name in ("gbk", "utf-16", "windows-1250"):
        comment = f'<!-- <meta charset="{name}"> -->'
        content = comment + page("caf\xe9 " * 20, "iso-8859-15")
        assert decode(content.encode("iso8859_15")).encoding == "iso8859_15"


def test_utf_16_in_meta_is_utf_8() -> None:
    content = page(SIMPLE, "utf-16")
    found = decode(content.encode() + b"<!--\xff\xfe\xff-->" * 200)
    assert found.encoding == "utf-8"
    assert found.text.startswith(content)


MAGIC = [
    b"<!--ftyp-->",
    b"\x00\x00\x00\x18ftypmp42",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff\xe0",
    b"GIF89a\x01\x00",
    b"PK\x03\x04\x14\x00",
    b"%PDF-1.7\n",
    b"\x1f\x8b\x08",
    b"<!--" + b"\x01" * 2000 + b"-->",
    b"\x00" * 70_000,
    b"\x84\x31\x95\x33",
    "".join(["<!--", "ab " * 700, "-->"]).encode("utf-16-le"),
    "".join(["<!--", "ab " * 700, "-->"]).encode("utf-16-be"),
]


@pytest.mark.parametrize("magic", MAGIC)
@pytest.mark.parametrize("markup", ["page", "<p>{}</p>" * 40])
def test_what_holds_markup_is_read(magic: bytes, markup: str) -> None:
    content = page(SIMPLE, "utf-8") if markup == "page" else markup.replace("{}", SIMPLE)
    found = decode(magic + content.encode(), "utf-8")
    assert found.encoding == "utf-8"
    assert found.text.endswith(content)


def test_mark_of_utf_32_before_utf_16() -> None:
    content = page(SIMPLE)
    found = decode(b"\xff\xfe\x00\x00" + content.encode("utf-16-le"))
    assert found == ("\x00" + content, "utf-16-le", 0)


def test_pdf_names_are_no_elements() -> None:
    content = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj <</Title (x) /P 5 0 R>> endobj <</Div <</A 1>>>> <</Span 1>>" * 50
    with pytest.raises(BinaryPage, match="PDF"):
        decode(content)


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes_hold_no_markup(seed: int) -> None:
    with pytest.raises(BinaryPage):
        decode(b"PK\x03\x04" + random.Random(seed).randbytes(1_000_000))


@pytest.mark.parametrize(
    "data",
    [
        b"<p>a\x00b\x00c</p>",
        b"\x00<html>",
        b"GIF89a is the name of a format",
        b"PKU is a university",
        b"RIFF raff",
        b"\x1b[0mcoloured",
        b"%P",
        "短".encode(),
        "短".encode("gbk"),
    ],
)
def test_text_that_looks_like_binary(data: bytes) -> None:
    assert decode(data).text


@given(st.binary(), st.none() | st.sampled_from(["gbk", "utf-8", "big5", "utf-16", "iso-8859-1", "", "hex", "\ud800"]))
def test_never_raises_but_the_two(data: bytes, declared: str | None) -> None:
    try:
        found = decode(data, declared)
    except (EmptyPage, BinaryPage):
        return
    assert found.text
    assert 0 <= found.replaced <= len(found.text)


@given(st.text(min_size=4))
def test_utf_8_is_read_back(text: str) -> None:
    data = text.encode("utf-8", "ignore")
    try:
        found = decode(data)
    except (EmptyPage, BinaryPage):
        return
    if found.encoding == "utf-8":
        assert found.text == data.decode("utf-8").removeprefix("\ufeff")
        assert found.replaced == 0


@pytest.mark.parametrize(
    ("header", "charset"),
    [
        ("text/html; charset=GB2312", "gb2312"),
        ('text/html;Charset="utf-8"', "utf-8"),
        ("text/html; boundary=x; charset = 'big5' ", "big5"),
        ("text/html", None),
        ("", None),
        ("text/html; charset=", None),
        ("text/html; nocharset=gbk", None),
        ("charset", None),
    ],
)
def test_charset_of(header: str, charset: str | None) -> None:
    assert charset_of(header) == charset


@pytest.mark.parametrize(
    "unit", [SIMPLE.encode(), SIMPLE.encode("gbk"), b"<meta ", b"\xff", b"<meta charset=", b"a", b"\xe4"]
)
def test_time_is_linear(unit: bytes) -> None:
    data = unit * (4_000_000 // len(unit))
    begin = time.perf_counter()
    decode(data)
    # 2 MB/s, a thirtieth of the slowest rate measured.
    assert time.perf_counter() - begin < 2
