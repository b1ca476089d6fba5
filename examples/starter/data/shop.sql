-- The example's data: 2,000 customers, of which three came on a day that no calendar has.
CREATE TABLE customers_v1 (
    id            INTEGER PRIMARY KEY,
    first_name    TEXT NOT NULL,
    last_name     TEXT NOT NULL,
    country       TEXT NOT NULL,
    since         TEXT NOT NULL,
    balance_cents INTEGER,
    fax           TEXT
);
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO customers_v1
SELECT i,
       json_extract('["Ada","Bo","Chloé","Dário","Elif","Finn","Greta","Håkon"]', '$[' || (i * 7 % 8) || ']'),
       json_extract('["Berg","Costa","Dubois","Eriksen","Fischer","García","O''Neil"]', '$[' || (i * 5 % 7) || ']'),
       json_extract('["SE","UK","DE","FR","BR"]', '$[' || (i * 3 % 5) || ']'),
       CASE WHEN i IN (404, 808, 1212) THEN '31.02.2020' -- no such day: these rows are put aside
            ELSE printf('%02d.%02d.%04d', 1 + i * 11 % 28, 1 + i * 7 % 12, 2009 + i % 16) END,
       CASE WHEN i % 9 = 0 THEN NULL ELSE i * 37 % 100000 END,
       NULL
FROM n;
CREATE INDEX customers_v1_country ON customers_v1 (country);
CREATE VIEW customers_abroad AS SELECT id, last_name, country FROM customers_v1 WHERE country <> 'SE';
