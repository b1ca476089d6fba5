"""sign-up - a new listener. POST /listeners {first_name, last_name, email, country, plan}.

POST /rehearsal says what would come of it, and writes nothing. While nobody may write, it answers 503 and says when to
come again.
"""
import datetime
import sqlite3

from serve import Refused, Service

# How a listener is written down, by a column that only this kind of table has. The team wrote the second one when the new
# dataset was agreed: which one is used is a matter of configuration, not of a release.
SHAPES = {
    "first_name": """INSERT INTO {table} (first_name, last_name, email, country_code, created, plan)
                     VALUES (:first_name, :last_name, :email, :country, :day, :plan)""",
    "full_name": """INSERT INTO {table} (full_name, email, country, signed_up, tier, origin)
                    VALUES (:first_name || ' ' || :last_name, :email,
                            CASE :country WHEN 'UK' THEN 'GB' WHEN 'EL' THEN 'GR' ELSE :country END, :time,
                            CASE :plan WHEN 'prem' THEN 'premium' WHEN 'fam' THEN 'family' WHEN 'stud' THEN 'student'
                                       ELSE :plan END, 'sign-up')""",
}
FIELDS = ("first_name", "last_name", "email", "country", "plan")
RETRY_AFTER_S = 2

sign_up = Service("sign-up", ["USERS"], {"taken": {"email": "listener1@mail.example"}})


def shape_of(connection, table):
    columns = {row["name"] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}
    for column, statement in SHAPES.items():
        if column in columns:
            return statement.format(table=table)
    raise Refused(500, f"{table} is no table that listeners are written to")


def write(listener, is_rehearsal):
    with sign_up.open("rw") as connection:
        try:
            cursor = connection.execute(shape_of(connection, sign_up.table("USERS")), listener)
            ident = cursor.lastrowid
            connection.rollback() if is_rehearsal else connection.commit()
        except sqlite3.OperationalError as busy:
            raise Refused(503, str(busy), RETRY_AFTER_S) from busy
        except sqlite3.IntegrityError as refused:
            if "frozen" in str(refused):
                raise Refused(503, str(refused), RETRY_AFTER_S) from refused
            raise Refused(409, str(refused)) from refused
    return ident


def add(is_rehearsal, body):
    if not isinstance(body, dict) or any(not isinstance(body.get(field), str) or not body[field] for field in FIELDS):
        raise Refused(400, f"a listener has {', '.join(FIELDS)}")
    if sign_up.ask("taken", email=body["email"]):
        raise Refused(409, f"{body['email']} has an account")
    now = datetime.datetime.now(datetime.timezone.utc)
    listener = {**{field: body[field] for field in FIELDS}, "day": now.strftime("%b %d %Y"),
                "time": now.strftime("%Y-%m-%d 00:00:00")}
    ident = write(listener, is_rehearsal)
    return (200, {"would_be": ident}) if is_rehearsal else (201, {"id": ident})


sign_up.route("POST", "/listeners", lambda body: add(False, body))
sign_up.route("POST", "/rehearsal", lambda body: add(True, body))
sign_up.serve()
