"""What random triggers are rewritten by: a table, and mappings of it."""
import subprocess
import tempfile
from pathlib import Path

from support import HONK

OLD = ["id", "user_id", "amount", "created"]
# One only renames; in the other two columns trade their names.
MAPPINGS = [["order_id", "user_id", "total_cents", "placed"], ["order_id", "user_id", "created", "amount"]]


def rewritten(texts, dialect, columns):
    """The texts, each a file of its own, when `orders` is `orders_v2` and its columns are called so."""
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder, "code")
        code.mkdir()
        for number, text in enumerate(texts):
            (code / f"{number}.sql").write_text(text)
        lines = [f"  {new}: {{ from: {old} }}" for old, new in zip(OLD, columns)]
        mapping = Path(folder, "mapping.yaml")
        mapping.write_text("\n".join(["apiVersion: honk/v1", "kind: Mapping", "source: orders", "target: orders_v2", "columns:", *lines, ""]))
        subprocess.run([HONK, "rewrite", "--mapping", mapping, "--dialect", dialect, "--write", code], capture_output=True, check=False)
        return [(code / f"{number}.sql").read_text() for number in range(len(texts))]
