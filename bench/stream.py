"""One message of a venue's stream into the book, for every venue that has a stream (bench/streams.py); beside it
cryptofeed's handler on the same documented message of OKX, into a dictionary."""

from statistics import median

from parts import load, peer, row, say
from streams import FRAMES, REPEATS, into_the_book

from reporter.sources import VENUES

GOAL_US = 9


def main() -> None:
    before = peer("cryptofeed", str(FRAMES / "okx.txt"))
    figures = {name: into_the_book(name) for name, venue in sorted(VENUES.items()) if venue.default_ws_url}
    after = peer("cryptofeed", str(FRAMES / "okx.txt"))
    found = [each["us"] for each in (before, after) if "us" in each]
    theirs = round(median(found), 1) if found else None
    more = {"venues_us": figures, "note": before.get("note", ""), "load": load()}
    say(
        [
            row(
                "stream message -> book, median of venues",
                round(median(figures.values()), 1),
                GOAL_US,
                "us CPU",
                REPEATS,
                peer=theirs,
                **more,
            ),
            row("stream message -> book, OKX", figures["okx"], GOAL_US, "us CPU", REPEATS, peer=theirs),
        ]
    )


if __name__ == "__main__":
    main()
