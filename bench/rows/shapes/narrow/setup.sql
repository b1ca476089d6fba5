-- Readings of sensors: five whole numbers a row, no key but the rowid.
CREATE TABLE source (sensor INTEGER NOT NULL, at INTEGER NOT NULL, value INTEGER NOT NULL, quality INTEGER NOT NULL, batch INTEGER);
CREATE TABLE target (sensor_id INTEGER NOT NULL, measured_at INTEGER NOT NULL, value INTEGER NOT NULL, quality TEXT NOT NULL, batch INTEGER);
WITH RECURSIVE n(i, r) AS (SELECT 1, 104729 UNION ALL SELECT i + 1, (r * 1103515245 + 12345) % 2147483648 FROM n LIMIT 2 * :rows)
INSERT INTO source
SELECT r % 5000, 1700000000 + i, r % 100000 - 50000, r % 3, CASE WHEN r % 10 > 0 THEN i / 1000 END FROM n;
