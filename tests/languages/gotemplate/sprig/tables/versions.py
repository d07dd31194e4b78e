"""Semantic versions and what they can be asked."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param(
        (
            '{{$v := semver "v1.2.3-beta.1+build"}}{{$v}} {{$v.Major}} {{$v.Minor}} '
            "{{$v.Patch}} {{$v.Prerelease}} {{$v.Metadata}} {{$v.Original}} {{$v.String}}"
        ),
        "1.2.3-beta.1+build 1 2 3 beta.1 build v1.2.3-beta.1+build 1.2.3-beta.1+build",
        id="parts-0",
    ),
    pytest.param(
        '{{semver "1"}} {{semver "1.2"}} {{semver "v1.2.3"}} {{semver "1.02.3"}}',
        "1.0.0 1.2.0 1.2.3 1.2.3",
        id="parts-1",
    ),
    pytest.param(
        (
            '{{typeOf (semver "1")}} {{kindOf (semver "1")}} {{typeOf (semver "1").Major}} '
            '{{toString (semver "1")}}'
        ),
        "*semver.Version ptr uint64 1.0.0",
        id="parts-2",
    ),
    pytest.param(
        (
            '{{(semver "v1.2.3-b+m").IncPatch}} {{(semver "1.2.3").IncPatch}} {{(semver '
            '"1.2.3").IncMinor}} {{(semver "1.2.3").IncMajor}}'
        ),
        "1.2.3 1.2.4 1.3.0 2.0.0",
        id="next",
    ),
    pytest.param(
        (
            '{{(semver "1.2.3").SetPrerelease "rc.1"}} {{(semver "1.2.3-a").SetPrerelease '
            '""}} {{(semver "1.2.3").SetMetadata "b"}} {{(semver "1.2.3+b").SetMetadata '
            '""}}'
        ),
        "1.2.3-rc.1 1.2.3 1.2.3+b 1.2.3",
        id="changed",
    ),
    pytest.param(
        ('{{(semver "1.2").MarshalJSON}} {{(semver "1.2").MarshalText}} {{(semver "1.2").Value}}'),
        "[34 49 46 50 46 48 34] [49 46 50 46 48] 1.2.0",
        id="encoded",
    ),
    pytest.param(
        (
            '{{$a := semver "1.2.3"}}{{range $b := list (semver "1.2.3") (semver "1.2.4") '
            '(semver "1.3.0") (semver "0.9") (semver "1.2.3-a") (semver '
            '"1.2.3+m")}}{{$a.Compare $b}} {{$a.LessThan $b}} {{$a.LessThanEqual $b}} '
            "{{$a.GreaterThan $b}} {{$a.GreaterThanEqual $b}} {{$a.Equal $b}};{{end}}"
        ),
        (
            "0 false true false true true;-1 true true false false false;-1 true true "
            "false false false;1 false false true true false;1 false false true true "
            "false;0 false true false true true;"
        ),
        id="compared-0",
    ),
    pytest.param(
        (
            '{{$a := semver "1.0.0-a.2"}}{{range $b := list "a.1" "a.11" "a" "a.2.1" "a.b" '
            '"b" "1" "a.2"}}{{$a.Compare (semver (print "1.0.0-" $b))}} {{end}}'
        ),
        "1 -1 1 -1 -1 -1 1 0 ",
        id="compared-1",
    ),
    pytest.param('{{(semver "1.0.0-1").Compare (semver "1.0.0")}}', "-1", id="compared-2"),
    pytest.param(
        '{{printf "%d" (semver "1.2.3").IncMajor}} {{printf "%+v" (semver "1.2.3")}}',
        "{2 0 0 %!d(string=) %!d(string=) %!d(string=2.0.0)} 1.2.3",
        id="inside",
    ),
]

FAILING = [
    pytest.param('{{semver ""}}', id="bad-0"),
    pytest.param('{{semver "x"}}', id="bad-1"),
    pytest.param('{{semver "1.2.3.4"}}', id="bad-2"),
    pytest.param('{{semver " 1.2.3"}}', id="bad-3"),
    pytest.param('{{semver "1.2.3-01"}}', id="bad-4"),
    pytest.param('{{semver "18446744073709551616"}}', id="bad-5"),
    pytest.param('{{semver "1.2.3-"}}', id="bad-6"),
    pytest.param('{{(semver "1").wrong}}', id="bad-7"),
    pytest.param('{{(semver "1").Compare "2"}}', id="bad-8"),
    pytest.param('{{(semver "1").IncMajor.Original}}', id="bad-9"),
    pytest.param('{{(semver "1").SetPrerelease "a_b"}}', id="bad-10"),
    pytest.param('{{(semver "1").SetPrerelease "01"}}', id="bad-11"),
    pytest.param('{{(semver "1").SetMetadata "a_b"}}', id="bad-12"),
]
