-- For the greeting on the King's birthday.
SELECT count(*) AS listeners
FROM   users_v1 AS u
WHERE  u.country_code = 'UK' AND u.plan IN ('prem', 'fam')
