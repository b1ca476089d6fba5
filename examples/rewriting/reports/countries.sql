SELECT country_code, COUNT(*) AS members
FROM `acme-prod.library.users`
GROUP BY country_code;
