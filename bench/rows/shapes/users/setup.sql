-- The demo's users. What is not unique is indexed after the data, by anybody who knows; so it is on neither side.
DROP INDEX users_v2_country;
