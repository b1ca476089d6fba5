"""Greets the newest listeners. Prints the letters; sending them is somebody else's job."""
import sqlite3
import sys

NEWEST = """
    SELECT first_name, email, country_code
    FROM users_v1
    ORDER BY id DESC
    LIMIT ?
"""
HELLO = {"SE": "Hej", "DE": "Hallo", "FR": "Bonjour", "ES": "Hola", "IT": "Ciao", "UK": "Hello", "EL": "Yassou"}


def letter(name, email, country):
    return f"To: {email}\n{HELLO.get(country, 'Dear')} {name}, welcome to Listening!\n"


def letters(database, count):
    connection = sqlite3.connect(database)
    try:
        for name, email, country in connection.execute(NEWEST, (count,)):
            yield letter(name, email, country)
    finally:
        connection.close()


if __name__ == "__main__":
    print("\n".join(letters(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)))
