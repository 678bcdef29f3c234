"""CSV files, good and bad: what is read, and what is refused, in which words."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from autograd_lite import ArgumentError, ArgumentTypeError, ArgumentValueError, data

# --- what is read -----------------------------------------------------------------------------------


@pytest.fixture
def csv(tmp_path):
    def write(text, name="some.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


FLOWERS = "width,height,kind\n1.0,2.0,rose\n3.0,5.0,aster\n5.0,2.0,rose\n"


def plain(path, **options):
    return data.from_csv(path, standardize=False, **options)


def test_a_plain_file(csv):
    flowers = plain(csv(FLOWERS))
    assert flowers.feature_names == ["width", "height"]
    assert flowers.class_names == ["aster", "rose"]
    assert flowers.target == "kind"
    assert flowers.X.tolist() == [[1.0, 2.0], [3.0, 5.0], [5.0, 2.0]]
    assert flowers.y.tolist() == [1, 0, 1]
    assert repr(flowers) == "Dataset(3 samples, 2 features: width, height; kind: aster, rose)"


@pytest.mark.parametrize(
    "text",
    [
        FLOWERS.encode("utf-8-sig"),
        FLOWERS.replace("\n", "\r\n"),
        FLOWERS.replace("\n", "\r"),
        FLOWERS.rstrip("\n"),
        FLOWERS.replace("\n", "\n\n \n"),
        FLOWERS.replace(",", " , "),
        '"width","height","kind"\n"1.0","2.0","rose"\n3.0, "5.0","aster"\n5,+2e0,rose\n',
    ],
    ids=["BOM", "CRLF", "CR", "no last newline", "blank lines", "spaces", "quotes"],
)
def test_one_table_in_many_spellings(csv, text):
    flowers = plain(csv(text))
    assert flowers.feature_names == ["width", "height"]
    assert flowers.X.tolist() == [[1.0, 2.0], [3.0, 5.0], [5.0, 2.0]]
    assert [flowers.class_names[k] for k in flowers.y] == ["rose", "aster", "rose"]


def test_quoted_fields_hold_delimiters_quotes_and_newlines(csv):
    quoted = plain(csv('"a, b","say ""c""",kind\n1,2,"x\ny"\n3,4,"p, q"\n'))
    assert quoted.feature_names == ["a, b", 'say "c"']
    assert quoted.class_names == ["p, q", "x\ny"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", " "])
def test_other_delimiters(csv, delimiter):
    flowers = plain(csv(FLOWERS.replace(",", delimiter)), delimiter=delimiter)
    assert flowers.X.tolist() == [[1.0, 2.0], [3.0, 5.0], [5.0, 2.0]]


def test_other_encodings(csv):
    path = csv("größe,art\n1,süß\n2,bitter\n".encode("latin-1"))
    assert plain(path, encoding="latin-1").class_names == ["bitter", "süß"]
    with pytest.raises(ArgumentValueError, match=r"some.csv, line 1 must be utf-8 text; name the encoding="):
        plain(path)


@pytest.mark.parametrize("target", ["height", 1, -2, np.int64(1)])
def test_the_target_by_name_or_number(csv, target):
    flowers = plain(csv(FLOWERS), target=target)
    assert flowers.feature_names == ["width", "kind=aster", "kind=rose"]
    assert flowers.class_names == []
    assert flowers.y.tolist() == [2.0, 5.0, 2.0]


def test_words_become_features_of_0_and_1_which_stay_so(csv):
    colours = data.from_csv(csv("x,colour,y\n1,red,0.5\n2,blue,1.5\n3,red,2.5\n"))
    assert colours.feature_names == ["x", "colour=blue", "colour=red"]
    assert colours.X[:, 1:].tolist() == [[0, 1], [1, 0], [0, 1]]
    assert colours.X[:, 0] == pytest.approx([-math.sqrt(1.5), 0.0, math.sqrt(1.5)])
    assert colours.mean.tolist() == [2.0, 0.0, 0.0]


def test_features_by_name_or_number_in_their_order(csv):
    path = csv("id,a,b,y\n17,1,2,0.5\n18,3,4,1.5\n")
    some = plain(path, features=["b", 1])
    assert some.feature_names == ["b", "a"]
    assert some.X.tolist() == [[2.0, 1.0], [4.0, 3.0]]


def test_a_constant_column_becomes_zero(csv):
    assert data.from_csv(csv("a,b,y\n3,1,0.1\n3,2,0.2\n")).X[:, 0].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("first", "header", "names"),
    [
        ("a,b,c", "auto", ["a", "b"]),
        ("a,,c", "auto", ["a", "column 1"]),
        ("a,b,c", True, ["a", "b"]),
        ("7,8,c", True, ["7", "8"]),
        ("1,2,r", "auto", ["column 0", "column 1"]),
        ("1,2,r", False, ["column 0", "column 1"]),
    ],
)
def test_headers(csv, first, header, names):
    read = plain(csv(f"{first}\n1,2,r\n3,4,s\n"), header=header)
    assert read.feature_names == names
    assert len(read.X) == (2 if read.target == "c" else 3)


@pytest.mark.parametrize(
    ("targets", "options", "names", "y"),
    [
        (["no", "yes", "no"], {}, ["no", "yes"], [0, 1, 0]),
        (["0", "1", "1", "0"], {}, ["0", "1"], [0, 1, 1, 0]),
        (["-1", "+1", "1.0", "-1"], {}, ["-1", "1"], [0, 1, 1, 0]),
        (["10", "9", "9", "10"], {}, ["9", "10"], [1, 0, 0, 1]),
        (["0", "1", "1", "0"], {"classes": False}, [], [0.0, 1.0, 1.0, 0.0]),
        (["0", "1", "2", "0"], {}, [], [0.0, 1.0, 2.0, 0.0]),
        (["0", "1", "2", "0"], {"classes": True}, ["0", "1", "2"], [0, 1, 2, 0]),
        (["0.5", "1", "0.5", "1"], {}, [], [0.5, 1.0, 0.5, 1.0]),
        (["1", "2", "b", "1"], {"classes": True}, ["1", "2", "b"], [0, 1, 2, 0]),
        (["1000001", "1000002"], {"classes": True}, ["1000001", "1000002"], [0, 1]),
        (["4", "4", "4"], {}, [], [4.0, 4.0, 4.0]),
        ([str(i % 11) for i in range(33)], {}, [], [float(i % 11) for i in range(33)]),
    ],
)
def test_classes_or_amounts(csv, targets, options, names, y):
    read = plain(csv("x,y\n" + "".join(f"{i}.5,{t}\n" for i, t in enumerate(targets))), **options)
    assert read.class_names == names
    assert read.y.tolist() == y
    assert read.y.dtype == (np.int64 if names else np.float64)


def test_another_file_like_the_first(csv):
    first = data.from_csv(csv("a,colour,kind\n1,red,p\n2,blue,q\n6,red,r\n"))
    second = data.from_csv(csv("kind,colour,a\nr,red,2\nq,red,3\n", "later.csv"), like=first)
    assert second.feature_names == first.feature_names
    assert second.class_names == ["p", "q", "r"]
    assert second.y.tolist() == [2, 1]
    assert second.X.tolist() == first.standardized([[2.0, 0.0, 1.0], [3.0, 0.0, 1.0]]).tolist()
    for text, message in [
        (
            "a,colour,kind\n1,green,p\n",
            "line 2, column 'colour' must be one of 'blue', 'red', got str 'green'",
        ),
        ("a,colour,kind\n1,red,s\n", "line 2, column 'kind' must be one of 'p', 'q', 'r', got str 's'"),
        ("a,kind\n1,p\n", r"features\[1\] must be a column of later.csv: 'a', 'kind', got str 'colour'"),
        ("a,colour\n1,red\n", "target must be a column of later.csv: 'a', 'colour', got str 'kind'"),
    ]:
        with pytest.raises(ArgumentValueError, match=message):
            data.from_csv(csv(text, "later.csv"), like=first)


def test_what_is_written_is_read(csv):
    """Random tables, written with every quote that csv allows, come back to the bit."""
    rng = random.Random(0)
    for trial in range(60):
        n, d = rng.randint(2, 12), rng.randint(1, 5)
        X = [
            [rng.choice([rng.gauss(0, 1), rng.uniform(-1e9, 1e9), 5e-324, 0.1]) for _ in range(d)]
            for _ in range(n)
        ]
        words = ["a", "ü b", 'c"d', "e,f", "g\nh"]
        y = [words[i % 2] if i < 2 else rng.choice(words) for i in range(n)]
        end, mark = rng.choice(["\n", "\r\n"]), rng.choice(["", "\ufeff"])
        lines = [
            [*(f"x{i}" for i in range(d)), "kind"],
            *([*map(repr, row), k] for row, k in zip(X, y, strict=True)),
        ]
        text = end.join(",".join('"' + f.replace('"', '""') + '"' for f in line) for line in lines)
        read = plain(csv(mark + text, f"{trial}.csv"))
        assert read.X.tolist() == X
        assert [read.class_names[k] for k in read.y] == y
        standardized = data.from_csv(csv(mark + text, f"{trial}.csv"))
        assert standardized.X * standardized.scale + standardized.mean == pytest.approx(
            read.X, rel=1e-9, abs=1e-3
        )


# --- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, "path must be a file of at least one row; it is empty"),
        ("\n \n\n", {}, "it is empty"),
        ("a,b\n", {}, "it has a header alone"),
        ("a,b\n1,2\n3\n", {}, "some.csv, line 3 must be of 2 fields, as line 1 is, got str '3'"),
        ("a,b\n1,2,3\n", {}, "some.csv, line 2 must be of 2 fields, as line 1 is, got str '1,2,3'"),
        ('a,b\n"x\ny",2\n1\n', {}, "some.csv, line 4 must be of 2 fields"),
        ("a,b,y\n1,2,3\n4,x,6\n", {}, "some.csv, line 3, column 'b' must be a finite number, got str 'x'"),
        (
            "a,b,y\n1,2,3\n4,,6\n",
            {},
            r"line 3, column 'b' must be a finite number \(it is missing\), got str ''",
        ),
        (
            "a,b,y\n1,2,3\n4,NA,6\n",
            {},
            r"line 3, column 'b' must be a finite number \(it is missing\), got str 'NA'",
        ),
        ("a,b,y\n1,nan,3\n4,5,6\n", {}, r"line 2, column 'b' must be a finite number \(it is missing\)"),
        ("a,b,y\n1,inf,3\n4,5,6\n", {}, "line 2, column 'b' must be a finite number, got str 'inf'"),
        ("a,b,y\n1,1e999,3\n4,5,6\n", {}, "line 2, column 'b' must be a finite number, got str '1e999'"),
        ("a,b,y\n1,1_0,3\n4,5,6\n", {}, "line 2, column 'b' must be a finite number, got str '1_0'"),
        ("a,b,y\n1,2,3.5\n4,5,six\n", {}, "line 3, column 'y' must be a finite number, got str 'six'"),
        ("a,c,y\n1,red,3\n4,,6\n", {}, r"line 3, column 'c' must be there \(it is missing\), got str ''"),
        ("a,c,y\n1,red,3\n4,?,6\n", {}, r"line 3, column 'c' must be there \(it is missing\), got str '\?'"),
        ("a,k\n1,p\n2,\n3,q\n", {}, r"line 3, column 'k' must be there \(it is missing\)"),
        ("a,k\n1,p\n2,p\n", {}, "the target must be of two classes or more, got str 'p'"),
        ("a,a\n1,2\n", {}, "some.csv, line 1 must be a header of different names, got str 'a'"),
        (
            "a,0,y\n1,2,3\n",
            {},
            r"header must be True or False for this file, whose first row is \['a', '0', 'y'\]",
        ),
        (
            "a;b\n1;2\n",
            {},
            r"features must be one column or more beside the target 'a;b', .*delimiter.*got list \[\]",
        ),
        ('a,b\n"1,2\n', {}, "some.csv, line 2 must be well-formed CSV, got str 'unexpected end of data'"),
        ('a,b\n"1"x,2\n', {}, "some.csv, line 2 must be well-formed CSV"),
        (b"a,b\n1,2\n3,\xff\n", {}, "some.csv, line 3 must be utf-8 text"),
        ("a,b\n1,2\n".encode("utf-16"), {}, "must be utf-8 text; name the encoding="),
        ("a,b\n1,2\n".encode("utf-16-le"), {}, "must be utf-8 text; name the encoding="),
        (
            FLOWERS,
            {"target": "colour"},
            "target must be a column of some.csv: 'width', 'height', 'kind', got str 'colour'",
        ),
        (FLOWERS, {"target": 3}, "target must be from -3 to 2, got int 3"),
        (FLOWERS, {"target": -4}, "target must be a whole number >= -3, got int -4"),
        (FLOWERS, {"target": 1.0}, "target must be a whole number >= -3, got float 1.0"),
        (FLOWERS, {"target": True}, "target must be a whole number >= -3, got bool True"),
        (FLOWERS, {"features": []}, "features must be one column or more beside the target 'kind'"),
        (FLOWERS, {"features": ["width", 0]}, "features must be one column or more .* each once"),
        (FLOWERS, {"features": ["kind"]}, "features must be one column or more beside the target 'kind'"),
        (
            FLOWERS,
            {"features": "width"},
            "features must be a list of columns, or None for all, got str 'width'",
        ),
        (FLOWERS, {"features": ["breadth"]}, r"features\[0\] must be a column of some.csv: 'width'"),
        (FLOWERS, {"header": "yes"}, "header must be True, False or 'auto', got str 'yes'"),
        (FLOWERS, {"header": 1}, "header must be True, False or 'auto', got int 1"),
        (FLOWERS, {"header": False}, "line 1, column 'column 0' must be a finite number, got str 'width'"),
        (FLOWERS, {"delimiter": ", "}, "delimiter must be one character"),
        (FLOWERS, {"delimiter": None}, "delimiter must be one character"),
        (FLOWERS, {"delimiter": '"'}, "delimiter must be one character"),
        (FLOWERS, {"encoding": "utf-99"}, "encoding must be a text encoding of Python's, got str 'utf-99'"),
        (FLOWERS, {"encoding": "hex"}, "encoding must be a text encoding of Python's, got str 'hex'"),
        (FLOWERS, {"encoding": None}, "encoding must be a text encoding of Python's, got None"),
        (FLOWERS, {"standardize": "yes"}, "standardize must be True or False, got str 'yes'"),
        (FLOWERS, {"classes": 2}, "classes must be True or False, got int 2"),
        (FLOWERS, {"classes": False}, "line 2, column 'kind' must be a finite number, got str 'rose'"),
        (FLOWERS, {"like": 3}, "like must be a Dataset or None, got int 3"),
        ("a,y\n-1e308,1.5\n1e308,2\n1e308,3\n", {}, "standardize must be False for numbers this large"),
        (
            "name,y\n" + "".join(f"n{i:c},{i}.5\n" for i in range(97, 119)),
            {},
            "line 2, column 'name' must be a number, or one of 20 words at most",
        ),
    ],
)
def test_bad_files_and_arguments(csv, text, options, message):
    with pytest.raises(ArgumentError, match=message):
        data.from_csv(csv(text), **options)


def test_files_that_cannot_be_read(tmp_path):
    for path, reason in [(tmp_path / "no.csv", "No such file"), (tmp_path, "directory"), ("a\0b", "null")]:
        with pytest.raises(ArgumentValueError, match=rf"from_csv: path must be a file to read \(.*{reason}"):
            data.from_csv(path)
    for path in (None, 3, ["a.csv"]):
        with pytest.raises(ArgumentTypeError, match="from_csv: path must be a path"):
            data.from_csv(path)
