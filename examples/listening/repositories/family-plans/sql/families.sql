SELECT count(*) AS families
FROM `users_v1`
WHERE plan = 'fam'
