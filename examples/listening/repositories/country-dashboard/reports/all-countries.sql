-- The tile in the middle. What it writes on the wall are the codes themselves.
SELECT country_code, count(*) AS listeners
FROM users_v1
GROUP BY country_code
ORDER BY listeners DESC, 1
