"""What stands in the repositories of consumers: files with marks, and what is known about each of them.

A `File` is `rules` (it must come out exactly as marked), `person` (it stays as it is, and somebody is told) or `same` (nothing
to do). `kind` is what the figures are counted by.
"""
import dataclasses

from dataset import KEPT, RENAMED, SOURCE, TARGET, name, output, table

DATE = "DATE_TRUNC(DATE '2024-01-01', MONTH)"


@dataclasses.dataclass
class File:
    path: str
    text: str
    kind: str
    answer: str  # rules, person, same


def some(rng, count):
    return rng.sample([*RENAMED, *KEPT], count)


def comma(names, indent="  "):
    return (",\n" + indent).join(names)


# ---- BigQuery SQL ----

def plain(rng, hole):
    columns = some(rng, 4)
    return (f"-- who they are, by {columns[0]}; members_v1 is the source\nSELECT\n  {comma(output(c, 'm') for c in columns)},\n"
            f"  COUNT(DISTINCT {name('id', 'm')}) OVER (PARTITION BY {name('plan', 'm')}) AS plan_size\nFROM\n  {table()} AS m\n"
            f"WHERE\n  {name('score', 'm')} > {rng.randint(1, 90)}\n  AND m.⟦country_code = 'UK'→country = 'GB'⟧{hole('m')}\n"
            f"ORDER BY\n  {name('created', 'm')} DESC\n")


def joined(rng, hole):
    columns = some(rng, 3)
    return (f"SELECT\n  {comma(output(c, 'm') for c in columns)},\n  i.id AS invoice, i.plan,\n  SUM(i.amount) AS amount\n"
            f"FROM {table()} m\nJOIN `acme.billing.invoices` i ON i.member_id = {name('id', 'm')} -- not m.plan\n"
            f"LEFT JOIN `acme.identity.members` old ON old.id = {name('referrer', 'm')}\n"
            f"WHERE i.plan <> {name('plan', 'm')} AND old.mail IS NULL{hole('m')}\n"
            f"GROUP BY {', '.join(name(c, 'm') for c in columns)}, i.id, i.plan\n")


def star_of_with(rng, hole):
    """`*` over a WITH table whose columns are named: decided without a schema."""
    columns = [c for c in some(rng, 5)]
    return (f"WITH members AS (\n  SELECT {', '.join(name(c) for c in columns)}\n  FROM {table()}\n"
            f"  WHERE {name('birth_year')} > 1980{hole('')}\n), final AS (\n"
            f"  SELECT {', '.join(output(c, 'members') for c in columns)}, {DATE} AS month\n  FROM members\n)\nSELECT * FROM final\n")


def star_inside(rng, hole):
    """The habit of dbt: everything is let in, and then chosen."""
    columns = some(rng, 3)
    return (f"WITH src AS (\n  SELECT * FROM {table()}\n)\nSELECT\n  {comma(output(c) for c in columns)},\n  COUNT(*) OVER () AS n\n"
            f"FROM src\nWHERE {name('phone')} IS NOT NULL{hole('')}\n")


def nested(rng, hole):
    columns = some(rng, 2)
    return (f"SELECT x.city, x.n\nFROM (\n  SELECT city, COUNT(DISTINCT {name('mail')}) AS n\n  FROM {table()} AS plan\n"
            f"  WHERE plan.{name('plan')} IN ('free', 'prem'){hole('plan')}\n    AND NOT EXISTS (\n"
            f"      SELECT 1 FROM `acme.crm.tickets` AS t WHERE t.id = plan.{name('id')} AND t.phone = plan.{name(columns[0])}\n    )\n"
            f"  GROUP BY city\n  HAVING MAX({name('created')}) > '2020-01-01' /* created */\n) AS x\nORDER BY x.n DESC\nLIMIT 20\n")


def star_outside(rng, hole):
    """All columns come out, and one of them is dropped: nobody but a person can say what is meant."""
    return f"SELECT *\nFROM `{SOURCE}`\nWHERE score > {rng.randint(1, 90)}{hole('', before_only=True)}\n"


def changed_values(rng, hole):
    return (f"SELECT id, country_code\nFROM `{SOURCE}`\nWHERE mail LIKE '%@mail.example'{hole('', before_only=True)}\n")


BY_RULES = (plain, joined, nested)
STARS = (star_of_with, star_inside)


def no_hole(_alias, before_only=False):
    del before_only
    return ""


def jinja(alias, before_only=False):
    """A condition that Airflow fills in."""
    column = "created" if before_only else name("created", alias)
    return ("\n  {% if params.since %}AND " + column + " >= '{{ params.since }}'{% endif %}\n"
            "  AND '{{ ds }}' IS NOT NULL")


def sql_file(rng, number, star_share=0.47, jinja_share=0.15):
    hole, is_jinja = no_hole, rng.random() < jinja_share
    if is_jinja:
        hole = jinja
    kind = "BigQuery SQL, Jinja" if is_jinja else "BigQuery SQL"
    path = f"sql/report_{number}.sql"
    draw = rng.random()
    if draw < star_share:
        if draw < star_share * 0.12:
            return File(path, star_outside(rng, hole), kind, "person")
        return File(path, rng.choice(STARS)(rng, hole), kind, "rules")
    if draw > 0.98:
        return File(path, changed_values(rng, hole), kind, "person")
    return File(path, rng.choice(BY_RULES)(rng, hole), kind, "rules")


# ---- dbt ----

def dbt(rng, place):
    columns = some(rng, 5)
    listed = "".join(f"          - name: {name(c)}\n            description: \"The {c}, as told\"\n" for c in columns)
    sources = ("version: 2\nsources:\n  - name: identity\n    database: acme\n    tables:\n"
               f"      - name: ⟦members_v1→members_v2⟧   # of the identity team\n        columns:\n{listed}"
               "      - name: members\n        columns:\n          - name: id\n")
    staging = ("with source as (\n\n    select * from {{ source('identity', '⟦members_v1→members_v2⟧') }}\n\n), renamed as (\n\n"
               "    select\n        " + comma((output(c) for c in columns), "        ") +
               "\n    from source\n    {% if is_incremental() %}\n    where " + name("created") +
               " > (select max(created_on) from {{ this }})\n    {% endif %}\n\n)\n\nselect * from renamed\n")
    staging = staging.replace(" AS ", " as ")
    mart = ("select {{ dbt_utils.generate_surrogate_key(['" + columns[0] + "']) }} as key, count(*) as n\n"
            "from {{ ref('stg_members') }}\ngroup by 1\n")
    model = ("version: 2\nmodels:\n  - name: stg_members\n    columns:\n      - name: " + columns[0] + "\n        tests: [ not_null ]\n")
    project = f"name: {place.replace('-', '_')}\nversion: '1.0'\nprofile: acme\nmodel-paths: [ models ]\n"
    return [File("dbt_project.yml", project, "dbt", "same"), File("models/sources.yml", sources, "dbt", "rules"),
            File("models/staging/stg_members.sql", staging, "dbt", "rules"), File("models/staging/schema.yml", model, "dbt", "same"),
            File("models/marts/members_by_key.sql", mart, "dbt", "same")]


# ---- Python ----

def python(rng):
    columns = some(rng, 3)
    query = (f"SELECT {', '.join(output(c, 'm') for c in columns)}\n        FROM {table()} AS m\n"
             f"        WHERE {name('score', 'm')} > {{limit}} AND m.⟦country_code = 'EL'→country = 'GR'⟧")
    job = ("\"\"\"Read members_v1 and count.\"\"\"\nfrom google.cloud import bigquery\n\n\ndef run(client, limit=10):\n"
           f"    query = f\"\"\"\n        {query}\n    \"\"\"\n    return list(client.query(query))\n")
    constant = (f"TABLE = \"{table('')}\"\n\n\ndef count(client):\n"
                f"    return client.query(f\"SELECT COUNT(DISTINCT {name('mail')}) AS n FROM `{{TABLE}}` WHERE {name('plan')} = 'free'\")\n")
    frame = (f"import pandas_gbq\n\nmembers = pandas_gbq.read_gbq_table(\"{SOURCE}\")\nprint(members[\"plan\"].value_counts())\n"
             "print(members.groupby(\"country_code\").size())\n")
    draw = rng.random()
    if draw < 0.2:
        return [File("job/frame.py", frame, "Python, data frames", "person")]
    return [File("job/run.py", job, "Python", "rules")] if draw < 0.7 else [File("job/count.py", constant, "Python", "rules")]


# ---- Scala ----

def camel(column):
    first, *rest = column.split("_")
    return first + "".join(word.capitalize() for word in rest)


def scala(rng, generated):
    if generated:
        columns = some(rng, 3)
        body = "\n".join(f"      .filter(m => m.{camel(c)}.isDefined)" for c in columns)
        text = ("import com.spotify.scio.bigquery.types.BigQueryType\n\nobject Job {\n"
                f"  @BigQueryType.fromTable(\"{SOURCE.replace('.', ':', 1)}\")\n  class Member\n\n"
                f"  def run(sc: ScioContext): Unit =\n    sc.typedBigQuery[Member]()\n{body}\n      .map(m => m.plan.getOrElse(\"\"))\n}}\n")
        return [File("src/main/scala/Job.scala", text, "Scala, generated classes", "person")]
    columns = some(rng, 2)
    text = ("object Job {\n  val query =\n    \"\"\"SELECT " + ", ".join(output(c) for c in columns) +
            f"\n      |FROM {table()}\n      |WHERE {name('birth_year')} > 1990\"\"\".stripMargin\n}}\n")
    return [File("src/main/scala/Job.scala", text, "Scala, SQL", "rules")]


# ---- noise ----

def no_mention(rng):
    return [File("sql/other.sql", f"SELECT id, plan FROM `acme.billing.invoices` WHERE amount > {rng.randint(1, 99)}\n", "no mention", "same")]


def only_comments(_rng):
    return [File("sql/other.sql", f"-- was {SOURCE} until 2022\nSELECT id, plan FROM `acme.identity.members`\n", "comments only", "same"),
            File("README.md", f"# Invoices\n\nThey do not read `{SOURCE}`.\n", "comments only", "same")]


def migrated(_rng):
    return [File("sql/new.sql", f"SELECT member_id, tier FROM `{TARGET}`\n", "already migrated", "same")]


BROKEN = File("sql/draft.sql", f"SELECT 'who is this FROM `{SOURCE}`\n", "unparsable", "person")
