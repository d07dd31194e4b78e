"""`fmt`: every verb over every kind of value, formats gone wrong, and what it may cost.

The expected texts are those of Go 1.26.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import printf, runs, times
from notifier.languages.golang.durations import Duration
from notifier.languages.golang.values import (
    MISSING,
    Func,
    GoError,
    Int64,
    Ints,
    Sealed,
    StringMap,
    Strings,
    Uint8,
)

MIXED = [1.0, "two", True, None, [3.0], {"four": 4.0}]


@pytest.mark.parametrize(
    ("format_text", "args", "text"),
    [
        ("%d", [42], "42"),
        ("%5d|%-5d|%05d", [42, 42, 42], "   42|42   |00042"),
        ("%+d|% d", [42, 42], "+42| 42"),
        ("%x|%X|%#x|%#X", [65, 65, 65, 65], "41|41|0x41|0X41"),
        ("%o|%O|%#o|%#o", [65, 65, 65, 0], "101|0o101|0101|0"),
        ("%b|%#b", [42, 42], "101010|0b101010"),
        (
            "%c|%q|%U|%#U|%+q",
            [128640, 128640, 128640, 128640, 128640],
            "🚀|'🚀'|U+1F680|U+1F680 '🚀'|'\\U0001f680'",
        ),
        ("%c|%U", [-7, -7], "�|U+FFFFFFFFFFFFFFF9"),
        ("%.5d|%8.5d|%.0d|%3.0d|%08.3d", [42, 42, 0, 0, 42], "00042|   00042||   |     042"),
        ("%d", [7.0], "%!d(float64=7)"),
        ("%d", ["abc"], "%!d(string=abc)"),
        ("%d", [None], "%!d(<nil>)"),
        ("%d", [MISSING], "%!d(<nil>)"),
        ("%d", [[1.0, 2.0, 3.0]], "[%!d(float64=1) %!d(float64=2) %!d(float64=3)]"),
        (
            "%d",
            [{"b": 2.0, "a": 1.0}],
            "map[%!d(string=a):%!d(float64=1) %!d(string=b):%!d(float64=2)]",
        ),
        (
            "%v|%+v|%s",
            [{"b": 2.0, "a": 1.0}, {"b": 2.0, "a": 1.0}, {"b": 2.0, "a": 1.0}],
            "map[a:1 b:2]|map[a:1 b:2]|map[a:%!s(float64=1) b:%!s(float64=2)]",
        ),
        (
            "%s|%10s|%-10s|%.2s|%q|%x|% x|%#x|%# X",
            ["abc", "abc", "abc", "abc", "abc", "abc", "abc", "abc", "abc"],
            'abc|       abc|abc       |ab|"abc"|616263|61 62 63|0x616263|0X61 0X62 0X63',
        ),
        (
            "%10s|%-10q|%.3s|%+q",
            ["héllo 日本 🚀", "héllo 日本 🚀", "héllo 日本 🚀", "héllo 日本 🚀"],
            'héllo 日本 🚀|"héllo 日本 🚀"|hél|"h\\u00e9llo \\u65e5\\u672c \\U0001f680"',
        ),
        ("%q|%#q", ['a"b\n\t\\`', 'a"b\n\t\\`'], '"a\\"b\\n\\t\\\\`"|"a\\"b\\n\\t\\\\`"'),
        ("%#q|%#q", ["abc", "héllo 日本 🚀"], "`abc`|`héllo 日本 🚀`"),
        ("%x|%X|%08x|%5x", ["", "", "", "abc"], "||00000000|616263"),
        (
            "%s|%v|%q|%x|%d|%.1s",
            [b"p\xc3\xa4ss", b"p\xc3\xa4ss", b"p\xc3\xa4ss", b"v", b"v", b"p\xc3\xa4ss"],
            'päss|[112 195 164 115 115]|"päss"|76|[118]|p',
        ),
        ("%#v", [b"v"], "[]byte{0x76}"),
        ("%t|%v|%5t|%d", [True, False, True, True], "true|false| true|%!d(bool=true)"),
        (
            "%f|%.2f|%8.3f|%-8.1f|%08.2f|%+.1f|% .1f",
            [1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5],
            "1.500000|1.50|   1.500|1.5     |00001.50|+1.5| 1.5",
        ),
        (
            "%e|%E|%.3e|%g|%G|%.2g",
            [1000000.0, 1000000.0, 1000000.0, 1000000.0, 1000000.0, 1000000.0],
            "1.000000e+06|1.000000E+06|1.000e+06|1e+06|1E+06|1e+06",
        ),
        (
            "%x|%X|%.3x|%b",
            [1.5, 1.5, 1.5, 1.5],
            "0x1.8p+00|0X1.8P+00|0x1.800p+00|6755399441055744p-52",
        ),
        (
            "%#g|%#.3g|%#f|%#.0f|%#e|%#x|%#v",
            [1.5, 0.0, 1.5, 7.0, 7.0, 1.5, 7.0],
            "1.50000|0.00|1.500000|7.|7.000000e+00|0x1.8000p+00|7",
        ),
        ("%#.3x|%#g|%#v", [7.0, 1000000.0, 1000000.0], "0x1.c00p+02|1.00000e+06|1e+06"),
        (
            "%v|%6v|%-6v|%+v|%#v|%s",
            [7.0, 7.0, 7.0, 7.0, 7.0, 7.0],
            "7|     7|7     |7|7|%!s(float64=7)",
        ),
        (
            "%v|%.1f|%+v|%d|%#v",
            [1j, 1.5j, 1j, 1j, 1j],
            "(0+1i)|(0.0+1.5i)|(0+1i)|%!d(complex128=(0+1i))|(0+1i)",
        ),
        (
            "%v|%T|%d|%s",
            [
                [b"v", None, Int64(2)],
                [b"v", None, Int64(2)],
                [b"v", None, Int64(2)],
                [b"v", None, Int64(2)],
            ],
            "[[118] <nil> 2]|[]interface {}|[[118] <nil> 2]|[v <nil> %!s(int64=2)]",
        ),
        (
            "%#v",
            [MIXED],
            (
                '[]interface {}{1, "two", true, interface {}(nil), []interface {}{3}, '
                'map[string]interface {}{"four":4}}'
            ),
        ),
        ("%#v", [{"b": 2.0, "a": 1.0}], 'map[string]interface {}{"a":1, "b":2}'),
        (
            "%#v|%#v|%#v",
            [Ints([0, 1, 2]), Strings(["a", "b"]), StringMap({"_0": "a", "_1": "b"})],
            '[]int{0, 1, 2}|[]string{"a", "b"}|map[string]string{"_0":"a", "_1":"b"}',
        ),
        (
            "%q",
            [["two", True, None, [3.0], {"four": 4.0}]],
            '["two" %!q(bool=true) <nil> [%!q(float64=3)] map["four":%!q(float64=4)]]',
        ),
        (
            "%x",
            [MIXED],
            "[0x1p+00 74776f %!x(bool=true) <nil> [0x1.8p+01] map[666f7572:0x1p+02]]",
        ),
        ("%t", [[1.0, True, [3.0]]], "[%!t(float64=1) true [%!t(float64=3)]]"),
        (
            "%5.1f|%05d",
            [[1.0, 2.0, 3.0], Ints([0, 1, 2])],
            "[  1.0   2.0   3.0]|[00000 00001 00002]",
        ),
        (
            "%T|%T|%T|%T|%T|%T|%T",
            [
                7.0,
                "abc",
                None,
                Int64(-9223372036854775807),
                [1.0, 2.0, 3.0],
                {"b": 2.0, "a": 1.0},
                Uint8(97),
            ],
            "float64|string|<nil>|int64|[]interface {}|map[string]interface {}|uint8",
        ),
        ("%10T|%.3T", [7.0, 7.0], "   float64|flo"),
        ("%v|%s|%5v", [None, None, None], "<nil>|%!s(<nil>)|<nil>"),
        ("%#v|%#v", [Int64(-1), Uint8(97)], "-1|0x61"),
        (
            "%w|%w|%w",
            [7.0, [1.0, 2.0, 3.0], b"v"],
            "%!w(float64=7)|%!w([]interface {}=[1 2 3])|[%!w(uint8=118)]",
        ),
        ("%p", [7.0], "%!p(float64=7)"),
        ("%z|%!|%é", [42, 42, 42], "%!z(int=42)|%!!(int=42)|%!é(int=42)"),
        ("%!", [42], "%!!(int=42)"),
        ("%", [], "%!(NOVERB)"),
        ("%5", [], "%!(NOVERB)"),
        ("%.", [], "%!.(MISSING)"),
        ("%%|%5%|%-05%", [], "%|%|%"),
        ("%d %d", [42], "42 %!d(MISSING)"),
        ("x", [42, 7.0, None, "abc"], "x%!(EXTRA int=42, float64=7, <nil>, string=abc)"),
        ("%d", [42, [1.0, 2.0, 3.0]], "42%!(EXTRA []interface {}=[1 2 3])"),
        ("%[2]d %[1]d", [42, -7], "-7 42"),
        ("%[1]d %d", [42, -7], "42 -7"),
        ("%[3]d", [42], "%!d(BADINDEX)"),
        ("%[x]d", [42], "%!d(BADINDEX)"),
        ("%[]d", [42], "%!d(BADINDEX)"),
        ("%[1", [42], "%!(NOVERB)"),
        (
            "%[2]*[1]d",
            [42, 65],
            "                                                               42",
        ),
        ("%[1]2d", [42], "%!d(BADINDEX)"),
        ("%[1].2d", [42], "%!d(BADINDEX)"),
        ("%.[2]*[1]f", [1.5, 42], "1.500000000000000000000000000000000000000000"),
        ("%*d|%-*d|%*d", [5, 42, 4, 65, -7, 42], "   42|65  |42     "),
        ("%*d", [Duration(4), 42], "  42"),
        ("%*d", [], "%!(BADWIDTH)%!d(MISSING)"),
        ("%.1x|%.0x", ["abc", "abc"], "61|"),
        ("%*d", [7.0, 42], "%!(BADWIDTH)42"),
        ("%*d", [1114112, 42], "%!(BADWIDTH)42"),
        (
            "%.*f|%.*f|%.*f",
            [0, 1.5, -7, 1.5, "abc", 1.5],
            "2|%!(BADPREC)1.500000|%!(BADPREC)1.500000",
        ),
        ("%200000000d", [42], "%!(NOVERB)%!(EXTRA int=42)"),
        ("%.200000000d", [42], "%!(NOVERB)%!(EXTRA int=42)"),
        ("%[9999999]d", [42], "%!d(BADINDEX)"),
        ("%.*d", [1114112, 42], "%!(BADPREC)42"),
        ("%+.3d|%+08.2f|% 08d|%-08d", [42, 1.5, 42, 42], "+042|+0001.50| 0000042|42      "),
        ("%08s|%-08s|%08q", ["abc", "abc", "abc"], '00000abc|abc     |000"abc"'),
        ("%08v|%+08v|%-8v", [-3.0, 7.0, -3.0], "-0000003|00000007|-3      "),
        (
            "%x|%#x|% X",
            [[1, 2.5, "x"], {"b": 2.0, "a": 1.0}, "abc"],
            "[1 0x1.4p+01 78]|map[0x61:0x1.0000p+00 0x62:0x1.0000p+01]|61 62 63",
        ),
    ],
)
def test_sprintf(format_text: str, args: list[Any], text: str) -> None:
    """Verbs, flags, widths, precisions and argument numbers do what they do in Go."""
    assert printf.sprintf(runs.Run(), format_text, args) == text


MOMENT = times.from_unix(1795170704)
UTC_TEXT = "2026-11-20 10:31:44 +0000 UTC"


@pytest.mark.parametrize(
    ("format_text", "value", "text"),
    [
        ("%v", MOMENT, UTC_TEXT),
        ("%q", MOMENT, f'"{UTC_TEXT}"'),
        ("%.4s", MOMENT, "2026"),
        ("%#v", MOMENT, "time.Date(2026, time.November, 20, 10, 31, 44, 0, time.UTC)"),
        ("%5d", MOMENT, "{    0 63930767504     0}"),
        (
            "%z",
            MOMENT,
            "{%!z(uint64=0) %!z(int64=63930767504) %!z(*time.Location=<nil>)}",
        ),
        ("%w", MOMENT, "%!w(time.Time={0 63930767504 <nil>})"),
        ("%p", MOMENT, "%!p(time.Time={0 63930767504 <nil>})"),
        ("%d", [MOMENT], "[{0 63930767504 0}]"),
        ("%d", times.Month(11), "11"),
        ("%s", times.Month(11), "November"),
        ("%#v", times.Month(11), "11"),
        ("%z", times.Month(11), "%!z(time.Month=11)"),
        ("%x", Duration(90_000_000_000), "316d333073"),
        ("%t", Duration(-1), "%!t(time.Duration=-1)"),
        ("%v", MOMENT.location, "UTC"),
        ("%d", MOMENT.location, "&{%!d(string=UTC) [] [] %!d(string=) 0 0 0}"),
        ("%z", [MOMENT.location], "[%!z(*time.Location=&{UTC [] []  0 0 <nil>})]"),
        (
            "%#v",
            MOMENT.location,
            (
                '&time.Location{name:"UTC", zone:[]interface {}{}, tx:[]interface {}{}, '
                'extend:"", cacheStart:0, cacheEnd:0, cacheZone:(*time.zone)(nil)}'
            ),
        ),
        ("%p", MOMENT.location, "0x1"),
    ],
)
def test_objects(format_text: str, value: Any, text: str) -> None:
    """Texts of objects are their own; other verbs look into structs and see named integers."""
    assert printf.sprintf(runs.Run(), format_text, [value]) == text


NOW = Func(len, (), "func() time.Time")


@pytest.mark.parametrize(
    ("format_text", "value", "text"),
    [
        ("%v", NOW, "0x1"),
        ("%d", NOW, "1"),
        ("%T", NOW, "func() time.Time"),
        ("%#v", NOW, "(func() time.Time)(0x1)"),
        ("%s", NOW, "%!s(func() time.Time=0x1)"),
        ("%p", {}, "0x1"),
        ("%#p", [], "1"),
        ("%p", b"", "0x1"),
    ],
)
def test_addresses_tell_nothing(format_text: str, value: Any, text: str) -> None:
    """Functions and containers are at one made-up address."""
    assert printf.sprintf(runs.Run(), format_text, [value]) == text


@pytest.mark.parametrize(
    ("number", "format_text", "text"),
    [
        (math.inf, "%v|%5.1f|%+f|% f|%05f", "+Inf| +Inf|+Inf| Inf| +Inf"),
        (-math.inf, "%v|%5.1f|%+f|% f|%05f", "-Inf| -Inf|-Inf|-Inf| -Inf"),
        (math.nan, "%v|%5.1f|%+f|% f|%05f", "NaN|  NaN|+NaN| NaN|  NaN"),
    ],
)
def test_infinities(number: float, format_text: str, text: str) -> None:
    """What is no number is never filled with zeros."""
    assert printf.sprintf(runs.Run(), format_text, [number] * 5) == text


@pytest.mark.parametrize(
    ("format_text", "text"),
    [("%s", "TEXT"), ("%v", "NUMBERS"), ("%d", "NUMBERS")],
)
def test_secrets_print_as_what_stands_for_them(format_text: str, text: str) -> None:
    """As text or as bytes; nothing else is known of them."""
    assert printf.sprintf(runs.Run(), format_text, [Sealed("TEXT", "NUMBERS")]) == text


@pytest.mark.parametrize("format_text", ["%x", "%q", "%.1s", "%#v", "%w"])
def test_secrets_are_not_looked_into(format_text: str) -> None:
    """A verb that would change or cut a secret fails."""
    with pytest.raises(GoError, match="can be printed"):
        printf.sprintf(runs.Run(), format_text, [Sealed("TEXT", "NUMBERS")])


@pytest.mark.parametrize(
    ("args", "printed", "line"),
    [
        ([], "", "\n"),
        (["a", 1, 2, "b"], "a1 2b", "a 1 2 b\n"),
        ([1, None, True], "1 <nil> true", "1 <nil> true\n"),
        (["a", "b"], "ab", "a b\n"),
        ([[1.0], {"a": 1.0}], "[1] map[a:1]", "[1] map[a:1]\n"),
        ([1.5], "1.5", "1.5\n"),
    ],
)
def test_sprint_and_sprintln(args: list[Any], printed: str, line: str) -> None:
    """`print` puts a space between two operands that are no strings, `println` between all."""
    assert printf.sprint(args) == printed
    assert printf.sprintln(args) == line


@pytest.mark.parametrize(
    ("format_text", "args"),
    [
        pytest.param("%2000000d", [1], id="width"),
        pytest.param("%.2000000d", [1], id="precision of an integer"),
        pytest.param("%.2000000f", [1.0], id="precision of a float"),
        pytest.param("%.2000000U", [1], id="precision of a code point"),
        pytest.param("%1000000s" * 5, list("abcde"), id="widths together"),
        pytest.param("%1000000d", [list(range(100))], id="width of each item"),
        pytest.param("%q", [["x" * 1000] * 5000], id="long items"),
        pytest.param("%d" * 200_000, [], id="many verbs"),
    ],
)
def test_sizes_are_charged_before_anything_is_built(format_text: str, args: list[Any]) -> None:
    """A format cannot ask for more than the run may build."""
    with pytest.raises(runs.Exceeded):
        printf.sprintf(runs.Run(), format_text, args)


@given(
    st.text(alphabet="%#0+- 123.*[]vTtbcdoOqxXUeEfFgGspwé!", max_size=12),
    st.lists(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63 - 1)
        | st.floats()
        | st.text(max_size=3)
        | st.binary(max_size=3)
        | st.lists(st.floats() | st.none(), max_size=2)
        | st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
        max_size=3,
    ),
)
def test_no_format_fails(format_text: str, args: list[Any]) -> None:
    """A wrong format says so in the text; without a percent sign it comes first as it is."""
    text = printf.sprintf(runs.Run(), format_text, args)
    assert text.startswith(format_text.partition("%")[0])
