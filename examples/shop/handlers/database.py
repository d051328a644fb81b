"""The shop's database: a shelf, purses, and what was handed over. Made and filled on first use."""

import sqlite3
from pathlib import Path

DATABASE = str(Path(__file__).resolve().parent.parent / "shop.sqlite")

SCHEMA = """
create table if not exists shelf (article text primary key, price text, left integer);
create table if not exists purses (customer text primary key, money text);
create table if not exists taken (sale text primary key, article text, quantity integer);
create table if not exists paid (sale text primary key, customer text, amount text);
create table if not exists handed_over (sale text primary key, customer text);
insert or ignore into shelf values ('lamp', '40.00', 10);
insert or ignore into purses values ('rich', '500.00'), ('poor', '5.00');
"""


def open_shop(path: str = DATABASE) -> str:
    """The path of the database, which has its tables now."""
    with sqlite3.connect(path) as database:
        database.executescript(SCHEMA)
    database.close()
    return path
