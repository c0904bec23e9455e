"""Prices and times from text: the grammar, the range, exact scaling, and never a float."""

from decimal import Decimal, getcontext, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.errors import SourceError
from reporter.sources import strict
from reporter.sources.strict import Json, NumberToken

pytestmark = pytest.mark.unit

BAD_STRINGS = (
    *(
        "0",
        "-0",
        "-0.0",
        "-1",
        "1e999",
        "-1e999",
        "1e-999",
        "1E400",
        "NaN",
        "Infinity",
        "-Infinity",
        "nan",
        "sNaN",
    ),
    *(
        "inf",
        "01",
        "+1",
        "1.",
        ".5",
        "0x10",
        "0x1p3",
        "1_000",
        "1e5",
        "1e-3",
        "1e308",
        "1e1000000",
        "1e3000000",
    ),
    *("1,000.5", "1.000,5", "true", "null", "--1", "1.2.3", "½", "²", "１２３", "١٢٣", "$100"),  # noqa: RUF001
    *("", " ", "100 ", " 100", "100\n", "100\u0000", "\n100", "1 000", "1\u00a0000", "100\u200b"),
    *("9" * 31, "9" * 50, "1" * 4_000, "1" * 4_301, "1" * 5_000, "0." + "1" * 31),
    *("1000000000000.1", "0.0000000000009"),
)


@pytest.mark.parametrize("text", BAD_STRINGS, ids=lambda text: ascii(text)[:24])
def test_price__bad_string__refused(text: str) -> None:
    with pytest.raises(SourceError) as refused:
        strict.price("v", text)

    assert refused.value.reason in ("price", "range")


@pytest.mark.parametrize("value", [None, True, False, [], ["100"], {"v": "100"}, {}])
def test_price__not_text__refused(value: Json) -> None:
    with pytest.raises(SourceError) as refused:
        strict.price("v", value)

    assert refused.value.reason == "price"


@pytest.mark.parametrize(
    "token", ["0", "-0.0", "-1", "1e999", "-1e999", "1e-999", "1E400", "1e308", "1e13", "9e-13"]
)
def test_price__number_token_out_of_range__refused(token: str) -> None:
    with pytest.raises(SourceError) as refused:
        strict.price("v", NumberToken(token))

    assert refused.value.reason == "range"


def test_price__number_token_with_a_huge_exponent__refused_at_once() -> None:
    with pytest.raises(SourceError) as refused:
        strict.price("v", NumberToken("1e1000000"))

    assert refused.value.reason == "price"


@pytest.mark.parametrize(
    ("value", "scaled"),
    [
        ("100", 100 * 10**18),
        ("0.29", 29 * 10**16),  # int(0.29 * 100) is 28
        ("1.15", 115 * 10**16),  # int(1.15 * 10**8) is 114999999
        ("4.35", 435 * 10**16),  # int(4.35 * 100) is 434
        ("9007199254.740993", 9007199254740993 * 10**12),
        ("123456789012.123456789012345678", 123456789012123456789012345678),
        ("1000000000000", 10**30),
        ("0.000000000001", 10**6),
        (NumberToken("1e5"), 10**23),
        (NumberToken("6.5E+4"), 65_000 * 10**18),
        (NumberToken("1e-12"), 10**6),
        ("1.0000000000000000005", 10**18),  # a tie, to even
        ("1.0000000000000000015", 10**18 + 2),  # a tie, to even
        ("1.00000000000000000050000000001", 10**18 + 1),
        ("0." + "1" * 25, 111111111111111111),
    ],
)
def test_price__good_value__scaled_exactly(value: Json, scaled: int) -> None:
    assert strict.price("v", value) == scaled


def test_price__callers_context_is_poor__same_result() -> None:
    with localcontext() as poor:
        poor.prec = 5
        assert strict.price("v", "12345678901.12345678901") == 12345678901_12345678901_0000000

    assert getcontext().prec == 28


@given(
    st.decimals(min_value=Decimal("1e-12"), max_value=Decimal("1e12"), allow_nan=False, places=12)
    | st.integers(10**18, 10**30).map(lambda n: Decimal(n).scaleb(-22))
)
def test_price__any_price__within_half_a_unit_of_the_rational(value: Decimal) -> None:
    text = f"{value:f}"

    scaled = strict.price("v", text)

    assert abs(Fraction(text) * 10**18 - scaled) <= Fraction(1, 2)


@given(st.text(max_size=40) | st.text(alphabet="0123456789.eE+-_ ١１", max_size=40))  # noqa: RUF001
def test_price__any_text__a_positive_int_or_a_source_error(text: str) -> None:
    for value in (text, NumberToken(text)):
        try:
            scaled = strict.price("v", value)
        except SourceError:
            continue
        assert 10**6 <= scaled <= 10**30


@pytest.mark.parametrize(
    "nothing", [None, "", "0", "0.00000000", "-0", NumberToken("0"), NumberToken("0.0e9")]
)
def test_optional_price__nothing_stated__none(nothing: Json) -> None:
    assert strict.optional_price("v", nothing) is None


@pytest.mark.parametrize("bad", ["-1", " ", "0x0", "null", False, [], NumberToken("1e-400")])
def test_optional_price__malformed__refused(bad: Json) -> None:
    with pytest.raises(SourceError):
        strict.optional_price("v", bad)


NOON_MS = 1_710_328_241_270


@pytest.mark.parametrize(
    ("parse", "value", "at_ms"),
    [
        (strict.at_s, "1710328241", 1_710_328_241_000),
        (strict.at_s, NumberToken("1710328241"), 1_710_328_241_000),
        (strict.at_ms, "1710328241270", NOON_MS),
        (strict.at_us, "1710328241270999", NOON_MS),
        (strict.at_iso, "2024-03-13T11:10:41.270099Z", NOON_MS),
        (strict.at_iso, "2024-03-13T11:10:41.270999999Z", NOON_MS),
        (strict.at_iso, "2024-03-13T11:10:41.27Z", NOON_MS),
        (strict.at_iso, "2024-03-13T11:10:41Z", 1_710_328_241_000),
        (strict.at_iso, "2024-02-29T00:00:00Z", 1_709_164_800_000),
        (strict.at_ms, "1420070400000", 1_420_070_400_000),
        (strict.at_ms, "4102444799999", 4_102_444_799_999),
        (strict.at_iso, "2038-01-19T03:14:08Z", 2**31 * 1000),
    ],
)
def test_time__documented_form__exact_milliseconds(parse, value: Json, at_ms: int) -> None:  # type: ignore[no-untyped-def]
    assert parse("v", value) == at_ms


WRONG_UNITS = [
    (strict.at_s, ["1710328241270", "1710328241270000", "1710328241270000000", "1710328241.5"]),
    (strict.at_ms, ["1710328241", "1710328241270000", "1710328241270000000", "1710328241270.0"]),
    (strict.at_us, ["1710328241", "1710328241270", "1710328241270000000"]),
]
NO_TIMES: list[Json] = [
    "0",
    "-1",
    "",
    " 1710328241",
    "01710328241",
    "1e9",
    "٤",
    "1" * 21,
    None,
    True,
    [],
    {},
    "now",
]
NO_ISO: list[Json] = [
    "2024-03-13T11:10:41",
    "2024-03-13T11:10:41+00:00",
    "2024-03-13 11:10:41Z",
    "2024-03-13T11:10:41z",
    "2024-03-13T11:10:41.Z",
    "2024-03-13T11:10:41.1234567890Z",
    "2023-02-29T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "2024-13-01T00:00:00Z",
    "2024-03-13T24:00:00Z",
    "1970-01-01T00:00:00Z",
    "2014-12-31T23:59:59.999Z",
    "2100-01-01T00:00:00Z",
    "2106-02-07T06:28:16Z",
    "9999-12-31T23:59:59Z",
    "0000-01-01T00:00:00Z",
    "２０２４-03-13T11:10:41Z",  # noqa: RUF001
    "2024-03-13T11:10:41Z\n",
    None,
    True,
    NumberToken("1710328241"),
]


@pytest.mark.parametrize(
    ("parse", "value"),
    [(parse, value) for parse, values in WRONG_UNITS for value in (*values, *NO_TIMES)]
    + [(strict.at_iso, value) for value in NO_ISO],
    ids=lambda part: getattr(part, "__name__", None) or str(part),
)
def test_time__other_form_unit_or_century__refused(parse, value: Json) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SourceError) as refused:
        parse("v", value)

    assert refused.value.reason == "time"


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"))
def test_time__any_text__in_range_or_a_source_error(text: str) -> None:
    for parse in (strict.at_s, strict.at_ms, strict.at_us, strict.at_iso):
        try:
            at = parse("v", text)
        except SourceError:
            continue
        assert strict.TIME_MIN_MS <= at < strict.TIME_MAX_MS
