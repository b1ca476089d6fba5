"""Greets the newest listeners. Prints the letters; sending them is somebody else's job."""
import sqlite3
import sys

NEWEST = """
    SELECT first_name, email, country_code
    FROM users_v1
    ORDER BY id DESC
    LIMIT ?
"""
HELLO = {"SE": "Hej", "DE": "Hallo", "FR": "Bonjour", "ES": "Hola", "IT": "Ciao", "UK": "Hello"}


def letters(database, count):
    connection = sqlite3.connect(database)
    try:
        for name, email, country in connection.execute(NEWEST, (count,)):
            yield f"To: {email}\n{HELLO.get(country, 'Hello')} {name}, welcome to Listening!\n"
    finally:
        connection.close()


if __name__ == "__main__":
    print("\n".join(letters(sys.argv[1], 5)))
