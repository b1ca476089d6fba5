CREATE OR REPLACE TABLE people AS SELECT * FROM (VALUES
    (1, 101, 'Ann', 'pro', 'GB', DATE '2026-01-01'), (2, 102, 'Bob', 'free', 'DE', DATE '2026-02-01'),
    (3, 103, 'Cem', 'pro', 'TR', DATE '2026-03-01'), (4, 104, 'Dua', 'free', 'GB', DATE '2026-04-01')) AS p(id, code, name, plan, country, created);
CREATE OR REPLACE TABLE cups AS SELECT * FROM (VALUES
    (10, 1, 'L', 100), (11, 1, 'S', 101), (12, 2, 'L', 102), (13, 9, 'M', 103)) AS c(cup_id, user_id, size, id);
