-- The demo's streams, with the users that they refer to in place.
DROP INDEX users_v2_country;
DROP INDEX streams_v2_user;
DROP INDEX streams_v2_started;
INSERT INTO users_v2
SELECT id, first_name || ' ' || last_name, email, country_code, '2020-01-01 00:00:00', birth_year, plan, 'x' FROM users_v1;
