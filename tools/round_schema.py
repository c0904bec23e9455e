"""Write ``reporter/schema/round.json``, the JSON Schema of round records, from ``reporter/rounds/form.py``."""

import json
from pathlib import Path

from reporter.rounds.form import schema

TARGET = Path(__file__).resolve().parents[1] / "reporter" / "schema" / "round.json"

if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(schema(), indent=1) + "\n")
    print(f"wrote {TARGET.name}")
