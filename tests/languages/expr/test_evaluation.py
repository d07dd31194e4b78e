"""Values are the original's: types decide, nothing is coerced, nil is not an error everywhere."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import pytest

from notifier.languages import expr
from notifier.languages.golang import durations, runs, times
from notifier.languages.golang.values import Func, Int64, StringMap, Uint8, Uint64
from tests.languages.expr import evaluating


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # Literals
        ("nil", "<nil>"),
        ("1_000 + 0xFF", "1255"),
        ("-0.0", "-0"),
        ("`a``b`", "a`b"),
        ("b'a\\xff'", "[97,255]"),
        ("{a: 1, a: 2, 'b c': nil}", '{"a":1,"b c":null}'),
        # Names
        ("unknown", "<nil>"),
        ("$env.n", "7"),
        ("$env['half'] + $env?.n", "7.5"),
        ("len", "<nil>"),
        ("let x = n; let y = x + 1; x * y", "56"),
        ("n; s", "abc"),
        # Arithmetic
        ("1 + 2.5", "3.5"),
        ("9223372036854775807 + 1", "-9223372036854775808"),
        ("n * 2 - 1", "13"),
        ("7 / 2", "3.5"),
        ("n / 2", "3.5"),
        ("5 / 0", "+Inf"),
        ("-5 / 0", "-Inf"),
        ("0 / 0", "NaN"),
        ("-7 % 3", "-1"),
        ("int(n) % 4", "3"),
        ("2 ** 10", "1024"),
        ("-2 ^ 2", "-4"),
        ("+n", "7"),
        ("- - 5", "5"),
        ("s + 'd'", "abcd"),
        ("duration('1h') + duration('1m')", "1h1m0s"),
        ("duration('1h') - duration('1m')", "59m0s"),
        ("duration('1h') * 2", "2h0m0s"),
        ("2 * duration('1h')", "2h0m0s"),
        ("duration('1h') * half", "1.8e+12"),
        ("duration('2ns') * duration('3ns')", "6ns"),
        ("date('2024-03-01') - duration('24h')", "2024-02-29 00:00:00 +0000 UTC"),
        ("date('2024-03-01') + duration('1h')", "2024-03-01 01:00:00 +0000 UTC"),
        ("duration('1h') + date('2024-03-01')", "2024-03-01 01:00:00 +0000 UTC"),
        ("date('2024-03-01') - date('2024-02-28')", "48h0m0s"),
        ("-b'\\x01'[0]", "255"),
        ("-duration('1s').Nanoseconds()", "-1000000000"),
        # Comparison
        ("n == 7", "true"),
        ("1 == 1.0", "true"),
        ("int(n) != 8", "true"),
        ("n == '7'", "false"),
        ("nul == nil", "true"),
        ("unknown == true", "false"),
        ("1 < n <= 7", "true"),
        ("'a' < 'b' and 'b' >= 'b' and 2 > 1.5", "true"),
        ("l == [1, 2, 3]", "true"),
        ("[1, 2] == [1.0, 2.0]", "true"),
        ("all([1.5, n], # > 1) and all([1.5, n], # < 9)", "true"),
        ("all(l?.[:], # > 1) and all([1.5, 2], # < 9)", "false"),
        ("n in 1..len(l)", "false"),
        ("sum(1..len(l))", "6"),
        (
            "groupBy([date('2024-01-01'), date('2024-01-01')], #)[date('2024-01-01')][1:]",
            '["2024-01-01 00:00:00 +0000 UTC"]',
        ),
        ("1..3 == l", "true"),
        ("l == 1..3", "true"),
        ("1..2 == split('1,2', ',')", "false"),
        ("l == 1..2", "false"),
        ("m == {a: 1, b: {c: 'deep'}}", "false"),
        ("m == m", "true"),
        ("{a: [1]} == {a: [1]}", "true"),
        ("{a: 1} == {b: 1}", "false"),
        ("toPairs({a: 1}) == toPairs({a: 1})", "true"),
        ("toPairs({a: 1}) == [['a', 1]]", "false"),
        ("groupBy(l, 1) == groupBy(l, 1)", "true"),
        ("groupBy(l, 1) == groupBy(el, 1)", "false"),
        ("groupBy(l, 1) == groupBy(l, 2)", "false"),
        ("b'a' == b'a'", "true"),
        ("b'a' == [97]", "true"),
        ("date('2024-01-01') == date('2024-01-01T01:00:00+01:00')", "true"),
        ("date('2024-01-01') < date('2024-01-02')", "true"),
        ("duration('1m') == duration('60s')", "true"),
        ("duration('1m') >= duration('61s')", "false"),
        ("time.Parse(ts).Month() == 11", "false"),
        ("date('2024-11-01').Month() == date('2023-11-05').Month()", "true"),
        ("timezone('UTC') == timezone('UTC')", "true"),
        ("time.Now == time.Now", "false"),
        ("concat([]) == nil", "true"),
        ("groupBy(l, 1).x == nil", "true"),
        ("secrets.none == nil", "true"),
        # Logic
        ("t and n", "7"),
        ("f or nul", "<nil>"),
        ("f and unknown.x", "false"),
        ("t || unknown.x", "true"),
        ("not f", "true"),
        ("!(n > 8)", "true"),
        ("n > 8 ? 'big' : 'small'", "small"),
        ("f ?: 1", "1"),
        ("if n > 5 { 'a' } else if t { 'b' } else { 'c' }", "a"),
        ("nul ?? unknown ?? 3", "3"),
        ("s ?? unknown.x", "abc"),
        ("concat([]) ?? 1", "1"),
        # Membership
        ("s in ['abc', 'd']", "true"),
        ("nul in ['abc']", "false"),
        ("nul in ['']", "true"),
        ("n in [1, 7]", "true"),
        ("len(s) in [1, 3]", "true"),
        ("len(s) in 1..3", "true"),
        ("n not in 1..5", "true"),
        ("1.5 in [1.5, 'a']", "true"),
        ("'a' in m", "true"),
        ("nul in m", "false"),
        ("1 in groupBy([1], #)", "true"),
        ("1.0 in groupBy([1], #)", "false"),
        ("'x' in now()", "false"),
        ("s in nul", "false"),
        ("s in (timezone('UTC') ?? x)", "false"),
        # Texts
        ("s contains 'b'", "true"),
        ("s startsWith 'a' and s endsWith 'c'", "true"),
        ("nul contains 'a' or s startsWith nul or nul endsWith s", "false"),
        ("s matches '^a.c$'", "true"),
        ("s matches 'a' + '.c'", "true"),
        ("nul matches 'a' or s matches nul", "false"),
        ("nul matches s", "false"),
        ("b'abc' matches 'b'", "true"),
        ("secrets.token matches '^p'", "true"),
        # Reaching
        ("m.b.c", "deep"),
        ("m['b']['c']", "deep"),
        ("m[nul]", "<nil>"),
        ("m.x", "<nil>"),
        ("m.x?.y.z", "<nil>"),
        ("m?.b?.c", "deep"),
        ("unknown?.x", "<nil>"),
        ("unknown?.[0]", "<nil>"),
        ("unknown?.x[0] ?? 1", None),
        ("unknown?.f(n)", "<nil>"),
        ("unknown?.x ?? 1", "1"),
        ("groupBy(l, 1)?.x", "<nil>"),
        ("l[0] + l[-1]", "4"),
        ("l[1.9]", "2"),
        ("s[0]", "97"),
        ("u[1]", "195"),
        ("b'ab'[-1]", "98"),
        ("l[1:] == [2, 3] and l[:-1] == [1, 2]", "true"),
        ("s[1:] + s[:1] + s[:] + s[5:9] + s[2:1]", "bcaabc"),
        ("u[:3]", "h\u00e9"),
        ("b'abc'[1:]", "[98,99]"),
        ("(1..5)[1:3]", "[2,3]"),
        ("concat([])[0:0] == nil", "true"),
        ("toPairs({a: 1})[0][1:]", "[1]"),
        ("secrets.none", "[]"),
        ("toPairs(m)[0][0]", "a"),
        ("fromPairs([[1, 2]])[1]", "2"),
        ("fromPairs([[1, 2]])[1.0]", "<nil>"),
        # Calls
        ("time.Parse(ts).Year()", "2026"),
        ("time.Now().Sub(time.Parse('2023-11-14T22:03:20Z')).Minutes()", "10"),
        ("time.Parse(ts).Weekday()", "Friday"),
        ("time.Parse(ts).Clock()", "10"),
        ("time.Now().Sub(nul) > duration('1h')", "true"),
        ("time.Now().AddDate(nul, 1, nul).Month()", "December"),
        ("date('2024-01-01').Format('Jan 2')", "Jan 1"),
        ("date('2024-01-01').Compare(nul)", "1"),
        ("time.Now().AppendFormat(nul, '06')", "[50,51]"),
        ("let f = time.Parse(ts).Year; f()", "2026"),
        ("time.Hour", "<nil>"),
        # Predicates
        ("any(lm, .n > 1) and any(lm, {#.k == 'y'})", "true"),
        ("filter(l, # > 1) | map(# * 2)", "[4,6]"),
        ("map(l, {let x = #; x + #index})", "[1,3,5]"),
        ("map(l, map(ls, #)[#index])", '["b","a","c"]'),
        ("reduce(l, #acc + #)", "6"),
        ("reduce(l, #acc * # + #index, 1)", "11"),
        ("map([5], reduce([1, 2], # + #acc, #))", "[4]"),
        ("sum(lm, .n)", "3"),
        ("sum(el)", "0"),
        ("count([true, false, true])", "2"),
        ("groupBy(lm, .k).x[0].n", "1"),
        ("len(groupBy([1, 1.0, true, 'a', nil, 0 / 0, 0 / 0, toPairs({a: 1})[0]], #))", "8"),
        ("sortBy(lm, .n, 'desc')[0].k", "y"),
        ("sortBy(el, #)", "[]"),
        ("find(l, # > 5)", "<nil>"),
        ("findIndex(l, # > 1) + findLastIndex(l, # < 3)", "2"),
        ("findLast(l, # < 3)", "2"),
        ("findLastIndex(l, # > 5)", "<nil>"),
        ("sum($env, 1)", "15"),
        ("map(u[1:3], #)", "[195,169]"),
        ("map(b'ab', #)", "[97,98]"),
        ("map(toPairs({a: 1})[0], #)", '["a",1]'),
        ("one(l, # > 2) and none(l, # > 3) and all(el, nul)", "true"),
        # What the optimiser changes
        ("n and true", "7"),
        ("false or n", "7"),
        ("n > 1 and false", "false"),
        ("true or unknown.x", "true"),
        ("first(filter([1, 2, 'a'], # > 1))", "2"),
        ("last(filter(l, # > 1)) + filter(l, # > 1)[0]", "5"),
        ("len(map(filter(l, # > 1), unknown.x))", "2"),
        ("len(filter(l, # > 1))", "2"),
        ("map(filter(filter(l, # > 1), # < 3), -#)", "[-2]"),
        ("map(filter(l, # > 1), #index)", "[0,1]"),
        ("count([2, 'a'], # > 1) > 0", "true"),
        ("count([2, 3, 'a'], # > 1) >= 2", "true"),
        ("count([2, 3, 'a'], # > 1) < 2", "false"),
        ("count([2, 3], # > 1) <= 1 or count([2], # > 1) == 1", "true"),
        ("count(l, # > 1) > -1", "true"),
        ("all(l, # > 0) && all(l, # < 9) && all(l, # != 5)", "true"),
        ("any(l, # > 9) || any(l, # > 2)", "true"),
        ("none(l, # > 9) and none(l, # < 0)", "true"),
        ("none(l, # > 9) && none(el, # < 0)", "true"),
        ("any(l, # > 1) && any(l, # > 2)", "true"),
        ("all(lm?.x ?? [1, 1.5], # > 0) and all(lm?.x ?? [1, 1.5], # < 2)", None),
        ("sum(1..10)", "55"),
        ("sum(1..3, #) + sum(1..3, # * 2) + sum(1..3, 2 * #)", "30"),
        ("sum(1..3, # + 1) + sum(1..3, 5 - #) + sum(1..3, # - 1)", "21"),
        ("sum(1..3, # / 2) + sum(1..3, #index ?? 1)", None),
        ("sum(1..3, # ** 2) + sum(3..1) + sum(1..3, 1)", "17"),
        ("sum(1..3, # + #)", "12"),
        ("reduce(1..4, # + #acc) + reduce(1..4, #acc + #, 10)", "30"),
        ("reduce(1..4, #acc - #) + reduce(1..4, #acc + 1) + reduce(1..3, # + #acc, n)", "9"),
        ("reduce(1..3, #)", "3"),
        ("sum([s, s, s])", "abcabcabc"),
        ("sum([n])", "7"),
        ("sum(map(l, # * 2))", "12"),
        ("'a' + 'b' == 'ab' and 1 + 1 == 2 and true == !false", "true"),
        ("1 - 0.5 + 2.0 * 3 - 1.5 / 3 + 2 ** 0.5", "7.414213562373095"),
        ("5 % 3 == +2 and -(1.5) == -1.5", "true"),
        ("'a' < 'b' and 1 != 2", "true"),
    ],
)
def test_values(text: str, shown: str | None) -> None:
    """Each text gives the value that the original gives; None marks one that fails."""
    evaluating.expect(text, shown)


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("unknown.x", "cannot fetch x from <nil>", 9),
        ("n.x", "cannot fetch x from float64", 3),
        ("t.x", "cannot fetch x from bool", 3),
        ("[duration('1s'), 1][0].x", "cannot fetch x from time.Duration", 24),
        (
            "[groupBy(l, 1), 1][0] + 1",
            "invalid operation: map[interface {}][]interface {} + int",
            23,
        ),
        ("count(1..900000, [n, n] == nul)", "memory budget exceeded", 18),
        ("l.x", "invalid operation: int(string)", 3),
        ("l[9]", "index out of range: 9 (array length is 3)", 2),
        ("l[-9]", "index out of range: -6 (array length is 3)", 2),
        ("s[nul]", "invalid operation: int(<nil>)", 2),
        ("time.Now().x", "cannot fetch x from time.Time", 12),
        ("time.Now()[0]", "interface conversion: interface {} is int, not string", 11),
        ("duration('1s')['x' + s]", "type time.Duration[unknown] is undefined", 15),
        ("m[1]", "reflect.Value.MapIndex: value of type int is not assignable to type string", 2),
        ("n[1:]", "invalid argument for len (type float64)", 2),
        ("nul[1:]", "invalid argument for len (type <nil>)", 4),
        ("nul[1:2]", "cannot slice 1", 4),
        ("l['a' + s:]", "invalid operation: int(string)", 2),
        ("not unknown", "interface conversion: interface {} is nil, not bool", 1),
        ("unknown and t", "interface conversion: interface {} is nil, not bool", 9),
        ("n or t", "interface conversion: interface {} is float64, not bool", 3),
        ("n ? 1 : 2", "interface conversion: interface {} is float64, not bool", 9),
        ("n == 1 + (t ? s : 1)", "invalid operation: int + string", 8),
        ("nul + 1", "invalid operation: <nil> + int", 5),
        ("s - 1", "invalid operation: string - int", 3),
        ("s * 1", "invalid operation: string * int", 3),
        ("s / 1", "invalid operation: string / int", 3),
        ("n % 2", "invalid operation: float64 % int", 3),
        ("int(n) % int(0 * n)", "runtime error: integer divide by zero", 8),
        ("s ** 1", "invalid operation: float(string)", 3),
        ("nul < 1", "invalid operation: <nil> < int", 5),
        ("s >= 1", "invalid operation: string >= int", 3),
        ("-s", "invalid operation: - string", 1),
        ("n contains 'a'", "interface conversion: interface {} is float64, not string", 3),
        ("n matches 'a'", "interface conversion: interface {} is float64, not []uint8", 3),
        ("s matches '[' + s", "error parsing regexp: missing ]: [abc", 3),
        ("n in s", 'operator "in" not defined on string', 3),
        (
            "n in ['a']",
            "reflect.Value.MapIndex: value of type float64 is not assignable to type string",
            3,
        ),
        (
            "n in m",
            "reflect.Value.MapIndex: value of type float64 is not assignable to type string",
            3,
        ),
        ("n in time.Now()", "cannot use float64 as field name of time.Time", 3),
        ("l in groupBy(l, 1)", "hash of unhashable type: []interface {}", 3),
        ("s..n", "invalid operation: int(string)", 2),
        ("unknown()", "invalid operation: cannot call nil", 1),
        ("s.x()", "invalid operation: int(string)", 3),
        ("m.a()", "invalid operation: cannot call non-function of type float64", 3),
        ("time.Now(1)", "invalid number of arguments: expected 0, got 1", 6),
        ("time.Parse(1)", "reflect: Call using int as type string", 6),
        (
            "time.Parse(nul)",
            'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"',
            6,
        ),
        (
            "date('2024-01-01').Before(nul)",
            "interface conversion: interface {} is nil, not time.Time",
            20,
        ),
        ("time.Now().In(nul)", "reflect: Call using <nil> as type *time.Location", 12),
        ("all(n, true)", "reflect: call of reflect.Value.Len on float64 Value", 1),
        ("all(nul, true)", "reflect: call of reflect.Value.Len on zero Value", 1),
        ("all(l, n)", "interface conversion: interface {} is float64, not bool", 1),
        ("filter($env, true)", "reflect: call of reflect.Value.Index on map Value", 1),
        ("map($env, #)", "reflect: call of reflect.Value.Index on map Value", 11),
        ("sum(ls)", "invalid operation: string + int", 1),
        ("filter(l, # > 9)[0]", "reflect: slice index out of range", 17),
        ("reduce(el, #acc)", "reduce of empty array with no initial value", 1),
        ("groupBy(l, m)", "hash of unhashable type: map[string]interface {}", 1),
        ("sortBy(l, #, s)", "unknown order, use asc or desc", 1),
        ("sortBy(l, #, nul)", "sortBy order argument must be a string", 1),
        ("sortBy([1, 'a', 2], #)", "invalid operation: string < int", 1),
        ("find([1], false) == 1", "interface conversion: interface {} is nil, not int", 18),
        ("'a' == reduce([], '', 1)", "interface conversion: interface {} is int, not string", 5),
        ("{(n): 1}", "interface conversion: interface {} is float64, not string", 1),
        ("reduce([1, 2], #acc + 'a')", "invalid operation: int + string", 21),
        ("let x = unknown.y; x", "cannot fetch y from <nil>", 17),
    ],
)
def test_faults(text: str, message: str, column: int) -> None:
    """What fails, fails in the original's words where it says."""
    with pytest.raises(expr.ExprError) as caught:
        evaluating.run(text)
    assert (caught.value.message, caught.value.column) == (message, column)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5 % 0", "integer divide by zero"),
        ("foo(1 % 0)", "integer divide by zero"),
        ("foo(x matches '[')", "error parsing regexp"),
    ],
)
def test_folding_fails_at_compile_time(text: str, message: str) -> None:
    """Constants that cannot be are a compile error, even where the check does not look."""
    with pytest.raises(expr.CompileError, match=message):
        expr.compile(text)


def test_unknown_pointers_are_refused_where_the_check_does_not_look() -> None:
    """Arguments of unknown functions are compiled all the same."""
    with pytest.raises(expr.CompileError, match="unknown pointer foo"):
        expr.compile("map(l, foo(#foo))")
    assert evaluating.shown("map(l, time.Parse(ts).AddDate(#index, 0, #acc).Year())") == (
        "[2026,2027,2028]"
    )


NUMBERS: Mapping[str, object] = {
    "big": Uint64(2**63),
    "small": Uint8(3),
    "wide": Int64(-5),
    "texts": StringMap(a="b"),
    "moment": times.from_unix(0, evaluating.NOW),
    "span": durations.Duration(90),
    "double": Func(lambda value: value * 2, ("int",), "func(int) int"),
    "any": Func(lambda value: value, ("interface {}",), "func(interface {}) interface {}"),
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("small + wide", "-2"),
        ("small == 3 and wide < 0", "true"),
        ("big % 10", "-8"),
        ("-small", "253"),
        ("abs(wide)", "5"),
        ("type(big) + type(wide)", "uintint"),
        ("texts.x == '' and texts['a'] == 'b'", "true"),
        ("get(texts, 'x')", "<nil>"),
        ("double(4) + double(nil)", "8"),
        ("any(nil)", None),
        ("type(double)", "func"),
        ("[moment, span]", '["2023-11-14 22:13:20 +0000 UTC","90ns"]'),
        ("int(span) + int(moment.Month())", "101"),
        ("mean(span, 10) + median([span])", "140"),
        ("max(span)", "90ns"),
        ("take([1, 2], small)", None),
        ("take([1, 2], moment.Weekday())", "[1,2]"),
        ("span.String() + get(span, 'String')()", None),
        ("span.Round(nul)", "90ns"),
    ],
)
def test_typed_data(text: str, shown: str | None) -> None:
    """Values of Go's other types take part as Go's do; None marks what fails."""
    if shown is None:
        with pytest.raises(expr.ExprError):
            evaluating.shown(text, NUMBERS)
        return
    assert evaluating.shown(text, NUMBERS) == shown


def test_names() -> None:
    """A program tells what it reads of its data."""
    program = expr.compile(
        "let x = rollout.status.phase; x == $env.other['k'].z and a?.b.c[0].d "
        "and time.Parse(ts).Year() > 1 and any(list, .name == 'a') and 'x'.y ?? x.z".replace(
            "'x'.y ?? x.z", "x.z == nil"
        )
    )
    assert program.chains == {
        ("rollout", "status", "phase"),
        ("other", "k", "z"),
        ("a", "b", "c"),
        ("time",),
        ("ts",),
        ("list",),
    }
    assert program.names == {"rollout", "other", "a", "time", "ts", "list"}


def test_data_is_never_changed() -> None:
    """Sorting, reversing, slicing and putting together make new values."""
    plain = {key: value for key, value in evaluating.DATA.items() if key != "time"}
    before = copy.deepcopy(plain)
    for text in (
        "sort(ls)",
        "reverse(l)",
        "concat(l, ls)",
        "map(lm, .n)",
        "sortBy(lm, -.n)",
        "uniq(l)",
        "flatten([l, ls])",
        "take(l, 2)",
        "l[1:]",
        "toPairs(m)",
        "groupBy(lm, .k)",
    ):
        evaluating.run(text, plain)
    assert plain == before


def test_any_mapping_is_data() -> None:
    """Variables need not be a dict."""
    assert evaluating.run("a", StringMap(a="b")) == "b"


def test_each_run_is_its_own() -> None:
    """Variables and loops of one run are unknown to the next."""
    program = expr.compile("let x = a; map([1, 2], # + x)")
    assert program.run({"a": 1.0}, runs.Run()) == [2.0, 3.0]
    assert program.run({"a": 2.0}, runs.Run()) == [3.0, 4.0]


def test_long_rows_of_operators() -> None:
    """A row of thousands of operators neither nests nor fails."""
    assert evaluating.run("n" + " + n" * 3000) == 7.0 * 3001
    assert evaluating.run("f" + " or f" * 2000 + " or t") is True
    assert evaluating.run("t" + " and t" * 2000 + " and f") is False
