-- Customers with many texts, hardly changed on their way.
CREATE TABLE source (
    id INTEGER PRIMARY KEY, code VARCHAR(12) NOT NULL, name TEXT NOT NULL, street TEXT, house TEXT, zip TEXT,
    city TEXT, region TEXT, country CHAR(2) NOT NULL, phone TEXT, fax TEXT, mail TEXT, web TEXT, contact TEXT,
    note TEXT, segment TEXT, visits INTEGER NOT NULL, orders INTEGER NOT NULL, rating REAL, spent REAL,
    is_active BOOLEAN NOT NULL, source_system TEXT);
CREATE TABLE target (
    customer_id INTEGER PRIMARY KEY, code VARCHAR(12) NOT NULL, name TEXT NOT NULL, address TEXT, zip TEXT,
    city TEXT, region TEXT, country CHAR(2) NOT NULL, phone TEXT, mail TEXT, web TEXT, contact TEXT, note TEXT,
    segment TEXT NOT NULL, visits INTEGER NOT NULL, orders INTEGER NOT NULL, rating REAL, spent REAL,
    is_active BOOLEAN NOT NULL, origin TEXT NOT NULL);
WITH RECURSIVE n(i, r) AS (SELECT 1, 7919 UNION ALL SELECT i + 1, (r * 1103515245 + 12345) % 2147483648 FROM n LIMIT :rows)
INSERT INTO source
SELECT i, printf('C%08d', i * 7), 'Company ' || (r % 90001) || ' of ' || substr('Åkessonvalleyfordbridge', r % 9 + 1, 9),
       'Long Street of Many Names ' || (r % 997), (r % 300) || substr('abcd', r % 4 + 1, 1), printf('%05d', r % 99999),
       'City' || (r % 5003), substr('NorthSouthEast WestMid', r % 5 * 4 + 1, 5),
       substr('SEDEUSFRITNO', r % 6 * 2 + 1, 2), printf('+46 %09d', r % 999999999), NULL,
       'office' || i || '@company' || (r % 90001) || '.example', 'https://company' || (r % 90001) || '.example/about',
       'Ms or Mr ' || substr('Müller Smith  Tanaka Costa  ', r % 4 * 7 + 1, 7),
       CASE WHEN r % 3 > 0 THEN 'Calls on ' || (r % 28 + 1) || '. of each month, prefers mail, was sent the catalogue' END,
       substr('SMLX', r % 4 + 1, 1), r % 1000, r % 77, CASE WHEN r % 5 > 0 THEN (r % 50) / 10.0 END, (r % 1000000) / 4.0,
       r % 2, 'crm' || (r % 3)
FROM n;
