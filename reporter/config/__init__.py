"""The configuration file of a reporter: what may stand in it, and how it is read."""

from reporter.config.keys import KeysSection, RemoteSignerSection
from reporter.config.lines import key_lines
from reporter.config.load import load_config
from reporter.config.sections import Config, FeedSection, KeeperSection, ScheduleSection

__all__ = [
    "Config",
    "FeedSection",
    "KeeperSection",
    "KeysSection",
    "RemoteSignerSection",
    "ScheduleSection",
    "key_lines",
    "load_config",
]
