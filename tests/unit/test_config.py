"""The configuration file: what it accepts, and that every refusal names the key and the line."""

import pytest

from reporter.config import key_lines, load_config
from reporter.errors import ConfigError
from reporter.models import Leg

pytestmark = pytest.mark.unit
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
GOOD = f"""\
[chain]
rpc_urls = ["http://127.0.0.1:8545"]
deployment = "deployment.json"

[[peers]]
address = "{ADDRESS}"
url = "http://127.0.0.1:9301/"

[venues.kraken]
base_url = "https://api.kraken.com"

[[feeds]]
name = "BTC/USD"
markets = ["kraken:BTC/USD", "coinbase:BTC/USD"]
min_venues = 2

[[feeds]]
name = "ETH/USD"
markets = ["kraken:ETH/USD"]
heartbeat_s = 60
"""


def _load(tmp_path, text):
    path = tmp_path / "spotline.toml"
    path.write_text(text)
    return load_config(path)


def test_load__good_file__sections_and_defaults(tmp_path):
    config = _load(tmp_path, GOOD)

    assert config.feeds[0].legs == (Leg("kraken", "BTC/USD"), Leg("coinbase", "BTC/USD"))
    assert config.peers[0].url == "http://127.0.0.1:9301"
    assert config.markets_by_venue == {"kraken": ("BTC/USD", "ETH/USD"), "coinbase": ("BTC/USD",)}
    assert config.feeds[1].trigger.heartbeat_s == 60
    assert config.feeds[1].trigger.deviation_ppm == 5_000
    assert config.venue("coinbase").base_url is None
    assert config.path("data") == tmp_path / "data"


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ("min_venues = 2", "min_venus = 2", 15, "unknown key 'feeds.0.min_venus'"),
        ("min_venues = 2", 'min_venues = "2"', 15, "not '2'"),
        ("min_venues = 2", "min_venues = 0", 15, "greater than or equal to 1"),
        ("min_venues = 2", "min_venues = 2.0", 15, "feeds.0.min_venues"),
        ("heartbeat_s = 60", "heartbeat_s = true", 20, "feeds.1.heartbeat_s"),
        (ADDRESS, ADDRESS.lower(), 6, "not a checksummed address"),
        ("http://127.0.0.1:9301/", "ftp://127.0.0.1", 7, "must be an http(s) URL"),
        ("http://127.0.0.1:9301/", "http://user@127.0.0.1", 7, "without user information"),
        ('name = "ETH/USD"', 'name = "BTC/USD"', 18, "stands twice"),
        ('"kraken:ETH/USD"', '"kraken ETH/USD"', 19, "not venue:BASE/QUOTE"),
        ('rpc_urls = ["http://127.0.0.1:8545"]', "rpc_urls = []", 2, "chain.rpc_urls"),
        ("[venues.kraken]", "[venue.kraken]", 9, "unknown key 'venue'"),
        ("http://127.0.0.1:9301/", "http://127.0.0.1:99999", 7, "peers.0.url"),
        ("[chain]", "[chain", 1, "not valid TOML"),
        ("min_venues = 2", "min_venues = " + "1" * 5_000, None, "not valid TOML"),
        ("[chain]", 'folder = "/"\n[chain]', 1, "unknown key 'folder'"),
        ('deployment = "deployment.json"', "", 1, "chain.deployment: field required"),
    ],
)
def test_load__bad_value__names_key_and_line(tmp_path, before, after, line, says):
    assert before in GOOD
    with pytest.raises(ConfigError) as raised:
        _load(tmp_path, GOOD.replace(before, after))

    assert raised.value.line == line
    assert says in str(raised.value)
    assert raised.value.exit_code == 3


def test_load__missing_file__one_sentence(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_config(tmp_path / "none.toml")


def test_load__not_text__one_sentence(tmp_path):
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(tmp_path / "x.toml")


def test_key_lines__tables_and_quoted_keys__paths_to_lines():
    lines = key_lines('a = 1\n[t."x y"] # c\nb.c = 2\n[[l]]\n[[l]]\nd = [\n 1]\n')

    assert lines[("a",)] == 1
    assert lines[("t", "x y", "b", "c")] == 3
    assert lines[("l", 1, "d")] == 6


@pytest.mark.parametrize("url", ["https://user:hunter2@rpc.example.org/x", "wss://rpc.example.org/hunter2"])
def test_load__url_with_a_secret_refused__secret_not_shown(tmp_path, url):
    with pytest.raises(ConfigError) as raised:
        _load(tmp_path, GOOD.replace("http://127.0.0.1:8545", url))

    assert "hunter2" not in str(raised.value)
    assert "chain.rpc_urls" in str(raised.value)


def test_load__web_api_for_the_world__refused(tmp_path):
    with pytest.raises(ConfigError, match=r"not on 127\.0\.0\.1"):
        _load(tmp_path, GOOD + '[node]\napi_listen = "0.0.0.0:9200"\n')


def test_stagger__long_blocks__at_least_a_block_and_a_poll(tmp_path):
    assert _load(tmp_path, GOOD).stagger_s == 14
    quick = _load(tmp_path, GOOD.replace("[chain]", "[chain]\nblock_time_s = 1\npoll_ms = 250"))
    assert quick.stagger_s == 2
