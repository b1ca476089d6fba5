-- Listeners of one name who each pay for themselves: perhaps a family.
SELECT a.last_name, count(*) AS listeners, max(a.id) AS newest
FROM   "users_v1" AS a
WHERE  a.plan = 'prem' AND a.country_code = 'SE'
GROUP  BY a.last_name
HAVING count(*) > 1
ORDER  BY listeners DESC, a.last_name
LIMIT  20
