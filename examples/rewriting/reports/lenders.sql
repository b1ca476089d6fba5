-- Who borrows most. (users.id is the number on the card.)
SELECT u.id, u.plan AS tariff, COUNT(*) AS loans
FROM `acme-prod.lending.users` AS u
JOIN `acme-prod.lending.loans` AS l ON l.user_id = u.id
GROUP BY u.id, tariff
ORDER BY loans DESC
LIMIT 10;
