-- Not users_v1: these are people who answered an advertisement.
SELECT c.id, c.first_name, c.last_name, c.country_code
FROM contacts c
WHERE c.country_code = 'UK' AND c.plan = 'prem'
