-- The stores of Listening, a company that never was. Version 1 is in use; version 2 was agreed with the data
-- team, is empty, and waits for the rows.

CREATE TABLE users_v1 (
    id           INTEGER PRIMARY KEY,
    first_name   TEXT NOT NULL,
    last_name    TEXT NOT NULL,
    email        TEXT NOT NULL,
    country_code TEXT NOT NULL,     -- 'UK' and 'EL', where the world writes GB and GR
    created      TEXT NOT NULL,     -- 'Jun 12 2019'
    birth_year   INTEGER,
    plan         TEXT NOT NULL,     -- free, prem, fam, stud
    legacy_flag  INTEGER            -- not filled since 2023
);

CREATE TABLE streams_v1 (
    id           INTEGER PRIMARY KEY,
    user_id      INTEGER NOT NULL REFERENCES users_v1 (id),
    track        TEXT NOT NULL,
    started      TEXT NOT NULL,     -- '14/03/2024 18:05:33'
    ms_played    INTEGER NOT NULL,
    device       TEXT,
    shuffle      TEXT NOT NULL,     -- yes, no
    client_build TEXT
);

CREATE TABLE users_v2 (
    user_id    INTEGER PRIMARY KEY,
    full_name  TEXT NOT NULL,
    email      TEXT NOT NULL,
    country    TEXT NOT NULL CHECK (length(country) = 2),
    signed_up  TIMESTAMP NOT NULL,
    birth_year INTEGER,
    tier       TEXT NOT NULL,
    origin     TEXT NOT NULL
);

CREATE TABLE streams_v2 (
    stream_id      INTEGER PRIMARY KEY,
    user_id        INTEGER NOT NULL REFERENCES users_v2 (user_id),
    track_uri      TEXT NOT NULL,
    started_at     TIMESTAMP NOT NULL,
    seconds_played INTEGER NOT NULL,
    device         TEXT NOT NULL,
    is_shuffle     BOOLEAN NOT NULL
);

-- Whoever asks to be forgotten is noted here, without a name.
CREATE TABLE erasures (
    user_id INTEGER PRIMARY KEY,
    at      TEXT NOT NULL
);

-- rows are written here

CREATE UNIQUE INDEX users_v1_email ON users_v1 (email);
CREATE INDEX users_v1_country ON users_v1 (country_code);
CREATE INDEX streams_v1_user ON streams_v1 (user_id);
CREATE INDEX streams_v1_started ON streams_v1 (started);
CREATE UNIQUE INDEX users_v2_email ON users_v2 (email);
CREATE INDEX users_v2_country ON users_v2 (country, tier);
CREATE INDEX streams_v2_user ON streams_v2 (user_id, started_at);
CREATE INDEX streams_v2_started ON streams_v2 (started_at);

CREATE VIEW listeners_by_country AS
    SELECT country_code, count(*) AS listeners FROM users_v1 GROUP BY country_code;
CREATE VIEW minutes_by_user AS
    SELECT u.id, u.email, sum(s.ms_played) / 60000 AS minutes
    FROM users_v1 u JOIN streams_v1 s ON s.user_id = u.id GROUP BY u.id;
CREATE VIEW paying_users AS
    SELECT user_id, full_name, country FROM users_v2 WHERE tier <> 'free';
CREATE VIEW daily_streams AS
    SELECT date(s.started_at) AS day, u.country, count(*) AS streams, sum(s.seconds_played) AS seconds
    FROM streams_v2 s JOIN users_v2 u ON u.user_id = s.user_id GROUP BY 1, 2;

CREATE TRIGGER users_v2_erased AFTER DELETE ON users_v2 BEGIN
    INSERT OR REPLACE INTO erasures (user_id, at) VALUES (old.user_id, datetime('now'));
END;
