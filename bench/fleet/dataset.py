"""The dataset that moves: its columns, its mapping, its rows. Half of the columns get new names, one new values, one is dropped."""
import sqlite3

SOURCE, TARGET = "acme.identity.members_v1", "acme.identity.members_v2"
RENAMED = {"id": "member_id", "mail": "email", "created": "created_at", "plan": "tier", "phone": "phone_number", "referrer": "referrer_id"}
KEPT = ("full_name", "city", "birth_year", "score")
CREATE = ("CREATE TABLE members_v1 (id INTEGER PRIMARY KEY, full_name TEXT, mail TEXT, country_code TEXT, created TEXT, plan TEXT,"
          " phone TEXT, referrer INTEGER, city TEXT, birth_year INTEGER, score INTEGER, legacy_flag TEXT)")
MAPPING = """apiVersion: honk/v1
kind: Mapping
source: members-v1
target: members-v2
aliases: [ "acme.identity.members_v1" ]
key: [ member_id ]
columns:
  member_id: id
  full_name: full_name
  email: mail
  country: { from: country_code, values: { UK: GB, EL: GR } }
  created_at: created
  tier: plan
  phone_number: phone
  referrer_id: referrer
  city: city
  birth_year: birth_year
  score: score
dbt: { source: "identity.members_v1", target: "identity.members_v2" }
dropped:
  legacy_flag: { why: "never filled since 2023", link: "https://wiki.acme.example/legacy-flag" }
"""


def write(path, rows):
    countries, plans = ("SE", "UK", "DE", "EL", "NO"), ("free", "prem", "fam")
    with sqlite3.connect(path) as db:
        db.execute(CREATE)
        db.executemany("INSERT INTO members_v1 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)", (
            (n, f"Name {n}", f"m{n}@mail.example", countries[n % 5], f"20{10 + n % 14}-0{1 + n % 9}-11", plans[n % 3], f"+46{n}", n // 2,
             f"City {n % 30}", 1950 + n % 60, n % 100) for n in range(1, rows + 1)))


def name(column, alias=""):
    """A column of the dataset in the middle of a query."""
    dot = alias + "." if alias else ""
    return dot + (f"⟦{column}→{RENAMED[column]}⟧" if column in RENAMED else column)


def output(column, alias=""):
    """A column that people see: it keeps its name."""
    dot = alias + "." if alias else ""
    return dot + (f"⟦{column}→{RENAMED[column]} AS {column}⟧" if column in RENAMED else column)


def table(quote="`"):
    return f"{quote}⟦{SOURCE}→{TARGET}⟧{quote}"
