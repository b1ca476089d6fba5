SELECT branch, COUNT(*) AS members, MIN(joined) AS first
FROM `acme-prod`.lending.users
WHERE country_code IN ('UK', 'IE') AND plan != 'free'
GROUP BY branch;
