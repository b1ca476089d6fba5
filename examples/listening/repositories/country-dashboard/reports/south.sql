SELECT 'Greece' AS country_name, count(*) AS n FROM users_v1 WHERE country_code = 'EL'
UNION ALL
SELECT 'Italy', count(*) FROM users_v1 WHERE country_code = 'IT'
UNION ALL
SELECT 'Spain', count(*) FROM users_v1 WHERE country_code = 'ES'
