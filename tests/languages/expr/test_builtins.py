"""Every builtin does what its example says, and fails as the original does."""

from __future__ import annotations

import pytest

from notifier.languages import expr
from notifier.languages.expr import builtins
from tests.languages.expr import evaluating

NAMES = (
    "all",
    "none",
    "any",
    "one",
    "filter",
    "map",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "count",
    "sum",
    "groupBy",
    "sortBy",
    "reduce",
    "len",
    "type",
    "abs",
    "ceil",
    "floor",
    "round",
    "int",
    "float",
    "string",
    "trim",
    "trimPrefix",
    "trimSuffix",
    "upper",
    "lower",
    "split",
    "splitAfter",
    "replace",
    "repeat",
    "join",
    "indexOf",
    "lastIndexOf",
    "hasPrefix",
    "hasSuffix",
    "max",
    "min",
    "mean",
    "median",
    "toJSON",
    "fromJSON",
    "toBase64",
    "fromBase64",
    "now",
    "duration",
    "date",
    "timezone",
    "first",
    "last",
    "get",
    "take",
    "keys",
    "values",
    "toPairs",
    "fromPairs",
    "reverse",
    "uniq",
    "concat",
    "flatten",
    "sort",
    "bitand",
    "bitor",
    "bitxor",
    "bitnand",
    "bitshl",
    "bitshr",
    "bitushr",
    "bitnot",
)


def test_all_are_there() -> None:
    """The registry has the original's builtins, no more and no less."""
    assert sorted(builtins.FUNCTIONS) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_example(name: str) -> None:
    """The example in the registry uses the builtin and gives the result beside it."""
    function = builtins.FUNCTIONS[name]
    assert function.doc.endswith(".")
    assert f"{name}(" in function.example
    assert evaluating.shown(function.example) == function.result


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("len(u) + len(l) + len(m) + len(b'ab')", "12"),
        ("type(nil) + type(t) + type(1) + type(1.5) + type(s)", "nilboolintfloatstring"),
        ("type(l) + type(m) + type(b'a') + type(time.Now)", "arraymaparrayfunc"),
        (
            "type(groupBy(l, 1)) + type(duration('1s')) + type(timezone('UTC'))",
            "maptime.Durationtime.Location",
        ),
        ("abs(-1.5) + abs(1) + abs(2.5) + abs(-2)", "7"),
        ("ceil(1.2) + floor(-1.2) + ceil(3) + floor(n)", "10"),
        ("round(-2.5) + round(0.4) + round(2)", "-1"),
        ("ceil(1 / 0)", "+Inf"),
        ("round(-0.4)", "-0"),
        ("int('-5') + int(n) + int(2.9)", "4"),
        ("int(date('2024-03-01').Month())", "3"),
        ("float('1e3') + float(1) + float(0.5)", "1001.5"),
        (
            "string(nil) + string(t) + string(n) + string(1234567.0) + string(l)",
            "<nil>true71.234567e+06[1 2 3]",
        ),
        (
            "string({b: 1, a: [nil, 'x']}) + string(b'a') + string({})",
            "map[a:[<nil> x] b:1][97]map[]",
        ),
        ("string(groupBy([2, 1, 10], #)) + string(duration('1s'))", "map[1:[1] 2:[2] 10:[10]]1s"),
        ("trim('\\t a\\u00a0') + trim('xxaxx', 'x') + trim(' a', '')", "aa a"),
        ("trimPrefix(' a') + trimSuffix('a ') + trimPrefix('ab', 'b')", "aaab"),
        ("upper('stra\u00dfe \u01c6') + lower('\u0130\u00c9')", "STRA\u00dfE \u01c4i\u00e9"),
        ("split('a,b', ',')[1] + split('ab', '')[0]", "ba"),
        ("split('h\u00e9llo', '', 2)", '["h","\u00e9llo"]'),
        ("split('', ',')", '[""]'),
        ("split('', '')", "[]"),
        ("split('a,b', ',', 0) == nil", "true"),
        ("split('a,b', ',', 1)", '["a,b"]'),
        ("splitAfter('ab', '')", '["a","b"]'),
        ("splitAfter('a,b,c', ',', 2)", '["a,","b,c"]'),
        (
            "replace('aaa', 'a', 'b', 1) + replace('ab', '', '-') + replace('aa', 'a', 'b', -1)",
            "baa-a-b-bb",
        ),
        ("repeat('ab', 0) + repeat('a', 2)", "aa"),
        ("join(ls) + join(split('a b', ' '), '-') + join(el, ',')", "baca-b"),
        ("indexOf(u, 'l') + lastIndexOf(u, 'l') + indexOf(s, 'x')", "6"),
        ("max(1, 2.5, [3, [4]]) + min([5], 2) + max(b'ab')", "104"),
        ("max([]) ?? 'none'", "none"),
        ("max(nul)", "<nil>"),
        ("max(t)", "true"),
        ("max(duration('1s'), duration('1m'))", "1m0s"),
        ("mean(1, [2, [3]], []) + median(3, 1, 2) + median([]) + mean([])", "4"),
        ("median([4, 1, 3, 2]) + median(0 / 0, 1, 2)", "3.5"),
        ("toJSON([1.5, {a: '<'}, nil])", '[\n  1.5,\n  {\n    "a": "\\u003c"\n  },\n  null\n]'),
        (
            "toJSON(secrets.token) + toJSON(date('2024-01-01')) + toJSON(duration('1s'))",
            '"cHc=""2024-01-01T00:00:00Z"1000000000',
        ),
        ("fromJSON('{\"a\": [1, 2]}').a[1]", "2"),
        ("fromBase64(toBase64(u)) == u", "true"),
        ("fromBase64('SGV\\r\\nsbG8=')", "Hello"),
        ("now().Unix()", "1700000000"),
        ("now(timezone('Asia/Tokyo')).Hour()", "7"),
        ("date('15:04:05').Hour() + date('2024-01-02 03:04:05').Second()", "20"),
        ("date('02/01/2024', '02/01/2006').Day()", "2"),
        ("date('2024-07-01', '2006-01-02', 'Europe/Berlin')", "2024-07-01 00:00:00 +0200 CEST"),
        ("date(timezone('Asia/Tokyo'), '2024-07-01')", "2024-07-01 00:00:00 +0900 JST"),
        ("date(timezone('Asia/Tokyo'), '01 2024', '02 2006').Location()", "Asia/Tokyo"),
        ("first(el) ?? last(s) ?? 1", "99"),
        ("first(n) ?? last(nul) ?? first('h')", None),
        ("first(m) == nil", "true"),
        ("get(l, 5) ?? get(l, -1)", "3"),
        ("get(m, 'x') ?? get(m, nul) ?? get(nul, 1) ?? get(n, 1) ?? get(s, 0)", "97"),
        ("get(groupBy(l, 1), 'x') ?? get(groupBy(l, 1), 1)[0]", "1"),
        ("get(secrets, 'none') ?? get(time.Now(), 'Foo') ?? 'no'", "no"),
        ("get(time.Now(), 'Year') == nil", "false"),
        ("take(l, 9) == l and take(split('a b', ' '), 1)[0] == 'a'", "true"),
        ("take(b'abc', 2)", "[97,98]"),
        ("keys({b: 1, a: 2})[0] + values({b: 'x', a: 'y'})[0]", "ay"),
        ("len(keys(groupBy([1, 2], #))) + len(values(fromPairs([[1, 2]])))", "3"),
        ("fromPairs(toPairs(m)).a", "1"),
        ("reverse(b'ab')", "[98,97]"),
        ("uniq([1, 1.0, '1', nil, nil])", '[1,"1",null]'),
        ("concat(l, b'a', el)", "[1,2,3,97]"),
        ("flatten([[1, [2]], b'a', toPairs({a: 1})])", '[1,2,97,"a",1]'),
        ("sort(ls)", '["a","b","c"]'),
        ("sort([2, 1.5, -1], 'desc')", "[2,1.5,-1]"),
        ("sort(1..3, 'asc')", "[1,2,3]"),
        ("sort([duration('1m'), duration('1s')])", '["1s","1m0s"]'),
        ("sort([duration('1s'), duration('1m'), duration('1s')], 'desc')[0]", "1m0s"),
        ("sort(nul) == nil", "true"),
        ("sort(concat([]))", "[]"),
        (
            "bitshl(1, 63) + bitshl(1, 64) + bitshr(-1, 100) + bitushr(-1, 63)",
            "-9223372036854775808",
        ),
        ("bitand(time.Now().Unix(), 255)", "0"),
        ("bitnot(b'a'[0])", "-98"),
    ],
)
def test_values(text: str, shown: str | None) -> None:
    """Less usual arguments give what the original gives; None marks a failure."""
    evaluating.expect(text, shown)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("len(n)", "invalid argument for len (type float64)"),
        ("abs(s)", "invalid argument for abs (type string)"),
        ("ceil(s)", "invalid argument for ceil (type string)"),
        ("int(s)", "invalid operation: int(abc)"),
        ("int(t)", "invalid operation: int(bool)"),
        ("int(nul)", "reflect: call of reflect.Value.Type on zero Value"),
        ("float(s)", "invalid operation: float(abc)"),
        ("float(nul)", "invalid operation: float(<nil>)"),
        ("trim(n)", "interface conversion: interface {} is float64, not string"),
        ("upper(nul)", "interface conversion: interface {} is nil, not string"),
        ("repeat(s, -n)", "invalid argument for repeat (expected positive integer, got -7)"),
        ("repeat(s, 2000000)", "memory budget exceeded"),
        ("join(n)", "invalid argument for join (type float64)"),
        ("join(l)", "interface conversion: interface {} is float64, not string"),
        ("max(n, s)", "invalid argument for max (type string)"),
        ("min([duration('1s')])", "invalid argument for min (type time.Duration)"),
        ("mean(n, s)", "invalid argument for mean (type string)"),
        ("median(n, s)", "invalid argument for median (type string)"),
        ("toJSON(time)", "json: unsupported type: func() time.Time"),
        ("toJSON(0 / 0)", "json: unsupported value: NaN"),
        ("fromBase64('@')", "illegal base64 data"),
        ("date(s)", "invalid date abc"),
        ("date(timezone('UTC'))", "runtime error: index out of range [0] with length 0"),
        ("date(s, '2006')", 'parsing time "abc" as "2006": cannot parse "abc" as "2006"'),
        ("timezone('Nowhere/Land')", "unknown time zone Nowhere/Land"),
        ("duration(s)", 'time: invalid duration "abc"'),
        ("get(l, s)", "invalid operation: int(string)"),
        ("take(n, 1)", "cannot take from float64"),
        ("take(l, n)", "cannot take float64 elements"),
        ("take(l, -1)", "reflect.Value.Slice: slice index out of bounds"),
        ("keys(n)", "cannot get keys from float64"),
        ("values(l)", "cannot get values from slice"),
        ("toPairs(n)", "cannot transform float64 to pairs"),
        ("fromPairs(n)", "cannot transform float64 from pairs"),
        ("fromPairs(l)", "invalid pair float64"),
        ("fromPairs([l])", "invalid pair length 3"),
        ("fromPairs([[l, 1]])", "hash of unhashable type: []interface {}"),
        ("reverse(toPairs({a: 1})[0]) ?? reverse(n)", None),
        ("reverse(nul)", "cannot reverse invalid"),
        ("reverse([groupBy(l, 1), 1][0])", "cannot reverse map"),
        ("keys([toPairs({a: 1}), 1][0])", "cannot get keys from slice"),
        ("keys([toPairs({a: 1})[0], 1][0])", "cannot get keys from array"),
        ("uniq(m)", "cannot uniq map"),
        ("uniq(groupBy(l, 1)[1] ?? l)", None),
        ("concat(l, groupBy(l, 1)[unknown] ?? n)", "cannot concat float64"),
        ("flatten(n)", "cannot flatten float64"),
        ("sort(ls, n)", "sort order argument must be a string (got float64)"),
        ("sort(ls, s)", "invalid order abc, expected asc or desc"),
        ("sort([1, 'a'])", "invalid operation: string < int"),
        ("bitand(n, 1)", "cannot use float64 as argument (type int) to call bitand"),
        ("bitshl(1, -1)", "invalid operation: negative shift count -1 (type int)"),
        ("bitnot(n)", "cannot use float64 as argument (type int) to call bitnot"),
        ("foo(len())", "invalid number of arguments for len"),
        ("foo(now(n))", "invalid number of arguments (expected 0, got 1)"),
    ],
)
def test_faults(text: str, message: str | None) -> None:
    """What fails, fails in the original's words; None marks what works."""
    if message is None:
        evaluating.run(text)
        return
    with pytest.raises(expr.EvalError) as caught:
        evaluating.run(text)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("time.Parse(string(n, ts)).Year()", "2026"),
        ("time.Parse(trimSuffix(ts + ' ', 'x', 'y')).Year()", "2026"),
        ("time.Parse(join(split(ts, 'x'), '-', 1)).Year()", "2026"),
    ],
)
def test_too_many_arguments(text: str, shown: str) -> None:
    """Calls that the check does not look at may have too many arguments, as upstream."""
    assert evaluating.shown(text) == shown
