"""A coding agent without a model: where a column holds other values now, queries go on giving the values of before.

Honk lets it at the files that rules refused. It follows the brief ($HONK_BRIEF/brief.json): what rules could have said of a
place, it writes; where only the values are in the way, it turns them back within the query. A file with anything else in it
it leaves to people, and says why. Whether rows and tests agree is not its business: Honk looks at that from outside.
"""
import ast
import json
import os
import pathlib
import re
import sys

SELECTED = re.compile(r"\bSELECT\b(?!.*\b(?:FROM|WHERE|BY|ON)\b)(?:[^()]|\([^()]*\))*$", re.I | re.S)
NEXT_ITEM = re.compile(r"\s*(?:,|FROM\b)", re.I)


class Refused(Exception):
    pass


def values_of_before(row):
    """country → CASE country WHEN 'GB' THEN 'UK' … ELSE country END, as SQL."""
    old_of = {new: old for old, new in row["values"].items()}
    if len(old_of) < len(row["values"]):
        raise Refused(f"several values of {row['column']} became one")
    quoted = lambda value: "'" + value.replace("'", "''") + "'"
    cases = "".join(f" WHEN {quoted(new)} THEN {quoted(old)}" for new, old in sorted(old_of.items()))
    return f"CASE {row['to']}{cases} ELSE {row['to']} END"


def new_text(site, table, before, after):
    if "after" in site:
        return site["after"]
    row = table.get(site["before"])
    if site["code"] != "values-changed" or row is None:
        raise Refused(f"line {site['line']}: {site['reason']}")
    text = values_of_before(row)
    is_named_by_it = SELECTED.search(before) and NEXT_ITEM.match(after)
    return f"{text} AS {site['before']}" if is_named_by_it else text


def changed(text, sites, table):
    starts = [0, *(match.end() for match in re.finditer(b"\n", text))]
    for site in sorted(sites, key=lambda site: (site["line"], site["column"]), reverse=True):
        at = starts[site["line"] - 1] + site["column"] - 1
        end = at + len(site["before"].encode())
        if text[at:end] != site["before"].encode():
            raise Refused(f"line {site['line']} is not what the brief says")
        text = text[:at] + new_text(site, table, text[:at].decode(), text[end:].decode()).encode() + text[end:]
    return text


def main():
    brief = json.loads((pathlib.Path(os.environ["HONK_BRIEF"]) / "brief.json").read_text())
    table = {row["column"]: row for row in brief["table"]}
    for name in brief["files"]:
        path = pathlib.Path(name)
        sites = [site for site in brief["sites"] if site["path"] == name and site["disposition"] != "unaffected"]
        try:
            text = changed(path.read_bytes(), sites, table)
            if path.suffix == ".py":
                ast.parse(text)
        except (Refused, SyntaxError) as why:
            print(f"left alone: {name}: {why}", file=sys.stderr)
        else:
            path.write_bytes(text)


main()
