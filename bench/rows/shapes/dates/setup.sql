-- Contracts: dates in three forms, decimals, fractions, and many NULLs; the key is a text.
CREATE TABLE source (
    number TEXT PRIMARY KEY, born DATE, opened TIMESTAMP NOT NULL, closed TEXT, due TEXT, score REAL,
    amount DECIMAL(12, 2), fee NUMERIC, points INTEGER, comment TEXT);
CREATE TABLE target (
    contract_no TEXT PRIMARY KEY, born DATE, opened_at TIMESTAMP NOT NULL, closed_on DATE, due_on DATE, score REAL,
    amount DECIMAL(12, 2), fee NUMERIC, points TEXT, comment TEXT NOT NULL);
WITH RECURSIVE n(i, r) AS (SELECT 1, 65537 UNION ALL SELECT i + 1, (r * 1103515245 + 12345) % 2147483648 FROM n LIMIT :rows)
INSERT INTO source
SELECT printf('K-%08d', i), CASE WHEN r % 10 > 2 THEN date('1940-01-01', (r % 25000) || ' days') END,
       datetime('2001-01-01', (r % 7000) || ' days', (r % 86400) || ' seconds'),
       CASE WHEN r % 10 > 5 THEN strftime('%d.%m.%Y', '2010-01-01', (r % 4000) || ' days') END,
       CASE WHEN r % 10 > 3 THEN strftime('%Y/%m/%d', '2020-01-01', (r % 1500) || ' days') END,
       CASE WHEN r % 4 > 0 THEN (r % 10000) / 16.0 END, CASE WHEN r % 10 > 1 THEN (r % 1000000) / 100.0 END,
       CASE WHEN r % 2 > 0 THEN r % 100 END, CASE WHEN r % 10 > 4 THEN r % 1000 END,
       CASE WHEN r % 10 > 7 THEN 'see letter of ' || (r % 28 + 1) || '. March' END
FROM n;
