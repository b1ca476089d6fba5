SELECT country_code, COUNT(*) AS members
FROM `acme-prod.lending.users`
GROUP BY country_code;
