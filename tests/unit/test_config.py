"""The configuration: merged file by file, each value with its origin, each slip at its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagac.cli.support import UsageProblem
from sagac.config.files import layers
from sagac.config.lines import line_of
from sagac.config.lint import Options, Project, Settings, merged
from sagac.config.nearest import nearest
from sagac.config.paths import matches
from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Severity
from sagac.dsl.span import Span


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(name: str, text: str) -> Path:
    path = Path.cwd() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def settings(text: str, name: str = "sagac.toml") -> Settings:
    return merged(layers(put(name, text)))


def shown(project: Project, code: str, file: str) -> str | None:
    found = project.judged(diagnostic(code, Span(1, 1, 1, 2, file), ""))
    return None if found is None else found.severity.value


# -- where it is found --------------------------------------------------------------------------


def test_the_nearest_file_inside_the_repository_counts() -> None:
    here = Path.cwd()
    put("sagac.toml", "")
    put("a/pyproject.toml", "[project]\nname = 'a'\n")
    put("a/b/pyproject.toml", "[tool.sagac]\n")
    put("a/b/c/sagac.toml", "")
    put("a/b/c/pyproject.toml", "[tool.sagac]\n")
    put("a/d/.git/HEAD", "")
    assert nearest(here / "a") == here / "sagac.toml"
    assert nearest(here / "a/b") == here / "a/b/pyproject.toml"
    assert nearest(here / "a/b/x/y") == here / "a/b/pyproject.toml"
    assert nearest(here / "a/b/c") == here / "a/b/c/sagac.toml"
    assert nearest(here / "a/d/e") is None


def test_a_broken_pyproject_that_speaks_of_sagac_is_not_passed_over() -> None:
    put("pyproject.toml", "[tool.sagac.lint]\nselect = [\n")
    with pytest.raises(UsageProblem, match=r"^pyproject\.toml:3: not valid TOML: "):
        Project().at("x.saga.yaml")


# -- what holds ---------------------------------------------------------------------------------


def test_later_files_take_precedence_and_lists_that_extend_add_up() -> None:
    put("base.toml", 'extends = "deep/deepest.toml"\n[lint]\nignore = ["CO"]\nformat = "json"\n')
    put(
        "deep/deepest.toml",
        '[lint]\nextend-ignore = ["GE"]\nseverity = { CO = "info", PI = "info" }\n',
    )
    found = settings(
        'extends = "base.toml"\n[lint]\nignore = ["PI"]\nextend-ignore = ["ST"]\n'
        '[lint.severity]\nCO = "warning"\n'
    )
    assert found.value("ignore") == ("PI",)
    assert found.value("extend-ignore") == ("GE", "ST")
    assert found.value("format") == "json"
    assert found.value("fail-on") == "error"
    assert found.selection.severity == {"CO": Severity.WARNING, "PI": Severity.INFO}
    origins = {
        ".".join(path): [each.origin for each in given] for path, given in found.values.items()
    }
    assert origins == {
        "ignore": ["sagac.toml:3"],
        "extend-ignore": ["deep/deepest.toml:2", "sagac.toml:4"],
        "format": ["base.toml:4"],
        "severity.CO": ["sagac.toml:6"],
        "severity.PI": ["deep/deepest.toml:3"],
    }


def test_several_bases_count_in_their_order() -> None:
    put("one.toml", '[lint]\nformat = "json"\nfail-on = "never"\n')
    put("two.toml", '[lint]\nformat = "sarif"\n')
    found = settings('[lint]\nextends = ["one.toml", "two.toml"]\n')
    assert (found.value("format"), found.value("fail-on")) == ("sarif", "never")


def test_each_file_is_judged_by_its_own_settings() -> None:
    put("sagac.toml", '[lint]\nignore = ["CO007"]\n[lint.per-path-ignores]\n"old/**" = ["CO"]\n')
    put("own/sagac.toml", '[lint]\nseverity = { CO007 = "error" }\n')
    project = Project()
    assert shown(project, "CO007", "a.saga.yaml") is None
    assert shown(project, "CO007", "own/a.saga.yaml") == "error"
    assert shown(project, "CO001", "a.saga.yaml") == "error"
    assert shown(project, "CO001", "old/a.saga.yaml") is None
    assert shown(project, "CO001", "own/old/a.saga.yaml") == "error"
    assert shown(project, "SY001", "old/a.saga.yaml") == "error"


def test_paths_of_a_base_start_where_it_lies() -> None:
    put(
        "base.toml",
        '[lint]\nbaseline = "known.json"\n[lint.per-path-ignores]\n"app/old/*" = ["CO"]\n',
    )
    put("app/sagac.toml", 'extends = "../base.toml"\n')
    project = Project()
    assert shown(project, "CO001", "app/old/a.saga.yaml") is None
    assert shown(project, "CO001", "app/a.saga.yaml") == "error"
    assert project.at("app/a.saga.yaml").baseline == Path.cwd() / "known.json"


def test_the_command_line_has_the_last_word() -> None:
    put(
        "sagac.toml",
        '[lint]\nselect = ["CO"]\nignore = ["CO007"]\n[lint.per-path-ignores]\n"old" = ["CO"]\n',
    )
    chosen = Project(Options(select=("CO007", "PI")))
    assert [shown(chosen, code, "a") for code in ("CO007", "PI006", "CO001")] == [
        "warning",
        "warning",
        None,
    ]
    assert shown(chosen, "CO007", "old/a") is None
    fewer = Project(Options(ignore=("CO001",)))
    assert [shown(fewer, code, "a") for code in ("CO001", "CO002", "CO007")] == [
        None,
        "error",
        None,
    ]
    assert fewer.at("a").shows("CO002", "a")
    assert not fewer.at("a").shows("CO001", "a")


def test_what_is_excluded() -> None:
    put("sagac.toml", '[lint]\nexclude = ["generated", "old/*.draft.saga.yaml"]\n')
    found = Project().at("a")
    assert found.excludes(Path("x/generated/a.saga.yaml"))
    assert found.excludes(Path("old/a.draft.saga.yaml"))
    assert not found.excludes(Path("a.saga.yaml"))


# -- what is wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[lint]\n\nselct = ["CO"]', "3: there is no setting 'lint.selct'. Did you mean 'select'?"),
        ('select = ["CO"]', "1: there is no setting 'select'. It belongs under [lint]."),
        (
            '[tool.sagac.lint]\nselect = ["CO"]',
            "1: there is no setting 'tool'. In this file the table is [lint]; [tool.sagac.lint] is"
            " for pyproject.toml.",
        ),
        (
            '[lint]\nignore = ["loop-without-undo"]',
            "2: 'lint.ignore': there is no rule 'loop-without-undo'; did you mean CO004?",
        ),
        ("[lin]", "1: there is no setting 'lin'. Did you mean 'lint'?"),
        ("\nlint = 3", "2: 'lint' must be a table, found the number 3."),
        ('[lint]\nselect = "CO"', "2: 'lint.select': expected a list of codes"),
        ("lint.select = ['CO', 1]", "1: 'lint.select': expected a list of codes"),
        ('[lint]\nselect = [\n"CO9"]', "2: 'lint.select': there is no rule 'CO9'"),
        ('[lint]\nignore = ["NA001"]', "2: 'lint.ignore': NA001 cannot be ignored"),
        ('[lint.severity]\n"CO" = "error"\nPI = "high"', "3: 'lint.severity.PI': expected one of"),
        (
            '[lint]\nseverity = { CO = "error", PI = true }',
            "2: 'lint.severity.PI': expected one of",
        ),
        ('[lint.severity]\nSY001 = "info"', "2: 'lint.severity.SY001': SY001 stops the compiler"),
        ("[lint]\nseverity = []", "2: 'lint.severity': expected a table"),
        (
            '[lint.per-path-ignores]\n"a/b.c" = "CO"',
            "2: 'lint.per-path-ignores.a/b.c': expected a list",
        ),
        ("[lint]\nper-path-ignores = 1.5", "2: 'lint.per-path-ignores': expected a table"),
        (
            "[lint]\nformat = 'txt'",
            "2: 'lint.format': the text 'txt' is not known here. Did you mean 'text'?",
        ),
        (
            "[lint]\nfail-on = 2020-01-01",
            "2: 'lint.fail-on': the time 2020-01-01 is not known here.",
        ),
        ("[lint]\nbaseline = ''", "2: 'lint.baseline': expected a text"),
        ("[lint]\nexclude = {}", "2: 'lint.exclude': expected a list of texts, found a table."),
        ("extends = 3", "1: 'extends' must be a path, found the number 3."),
        ("[lint]\nextends = 'no.toml'", "2: 'extends' names 'no.toml', and there is no such file."),
        (
            "extends = 'sagac.toml'",
            "1: 'extends' goes round in a circle: sagac.toml -> sagac.toml.",
        ),
        ("[lint]\nselect = ['CO'\nignore", "3: not valid TOML: "),
        ("[lint]\n[lint]", "2: not valid TOML: "),
    ],
)
def test_a_slip_is_told_at_its_line(text: str, expected: str) -> None:
    with pytest.raises(UsageProblem) as problem:
        settings(text)
    assert problem.value.message.startswith(f"sagac.toml:{expected}")
    assert problem.value.exit_code == 2


def test_a_slip_in_pyproject_is_told_at_its_line() -> None:
    with pytest.raises(UsageProblem, match=r"^pyproject\.toml:4: there is no setting 'lint\.x'"):
        settings("[project]\nname = 'x'\n[tool.sagac.lint]\nx = 1\n", "pyproject.toml")
    with pytest.raises(UsageProblem, match=r"^pyproject\.toml:2: 'tool\.sagac' must be a table"):
        settings("[tool]\nsagac = 1\n", "pyproject.toml")


def test_a_circle_shows_its_way() -> None:
    put("a/b.toml", 'extends = "../sagac.toml"\n')
    with pytest.raises(
        UsageProblem, match=r"^a/b\.toml:1: .* sagac\.toml -> a/b\.toml -> sagac\.toml\.$"
    ):
        settings('extends = "a/b.toml"')


def test_all_mistakes_are_told_at_once() -> None:
    put("base.toml", "[lint]\nformats = 1\n")
    text = """\
extends = ["base.toml", "none.toml"]
[lint]
select = ["CO", "C0", "Q"]
fail-on = 3
[lint.severity]
CO001 = "errr"
XX = "info"
[lint.per-path-ignores]
"a/**" = ["SY001", "Q"]
"""
    with pytest.raises(UsageProblem) as problem:
        settings(text)
    told = [problem.value.message, *problem.value.more]
    places = [each.partition(": ")[0] for each in told]
    lines = (1, 3, 3, 4, 6, 7, 9, 9)
    assert places == [*(f"sagac.toml:{line}" for line in lines), "base.toml:2"]
    assert all("\n" not in each for each in told)
    assert "'lint.per-path-ignores.a/**': there is no rule 'Q'" in told[7]


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"a = " + b"[" * 100_000, b"\0", b"#" * 2_000_000]
)
def test_whatever_a_file_holds_is_told_in_one_line(content: bytes) -> None:
    path = Path("sagac.toml")
    path.write_bytes(content)
    with pytest.raises(UsageProblem) as problem:
        layers(path)
    assert "\n" not in problem.value.message


@given(st.text(alphabet="[]{}\"'=.,#\n lint-exdsCO0:1", max_size=60))
def test_any_text_is_settings_or_one_line(text: str) -> None:
    told = "sagac.toml:"
    try:
        shows = settings(text).selection.shows("SY001")
    except UsageProblem as problem:
        shows, told = True, problem.message
    assert shows
    assert told.startswith("sagac.toml:")
    assert "\n" not in told


# -- lines and paths ----------------------------------------------------------------------------

TOML = """\
top = 1
[tool.sagac]
extends = "x"
[ tool . "sagac" . 'lint' ]
select = [
  "CO",
]
severity = { CO = "info", "PI" = "info" }
per-path-ignores."a.b/**" = ["CO"]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("top", 1),
        ("tool", 2),
        ("tool sagac extends", 3),
        ("tool sagac lint", 4),
        ("tool sagac lint select", 5),
        ("tool sagac lint severity PI", 8),
        ("tool sagac lint severity XX", 8),
        ("tool sagac lint per-path-ignores a.b/**", 9),
        ("nothing", 1),
    ],
)
def test_lines_of_keys(path: str, line: int) -> None:
    assert line_of(TOML, path.split()) == line


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("old", "old/a.yaml", True),
        ("old", "x/old/a.yaml", True),
        ("old/", "x/old/a.yaml", True),
        ("old", "older/a.yaml", False),
        ("old/*", "old/a.yaml", True),
        ("old/*", "old/x/a.yaml", True),  # the folder old/x fits
        ("old/*.yaml", "old/x/a.yaml", False),
        ("old/**/*.yaml", "old/a.yaml", True),
        ("old/**/*.yaml", "old/x/y/a.yaml", True),
        ("/old/*", "x/old/a.yaml", False),
        ("./old/*", "old/a.yaml", True),
        ("**/old/*", "x/old/a.yaml", True),
        ("*.draft.yaml", "x/a.draft.yaml", True),
        ("a?.yaml", "ab.yaml", True),
        ("a?.yaml", "a/.yaml", False),
        ("a+(b).yaml", "a+(b).yaml", True),
        ("*", "a.yaml", True),
    ],
)
def test_patterns(pattern: str, path: str, fits: bool) -> None:
    assert matches(pattern, path) is fits
