SELECT u.id, u.first_name || ' ' || u.last_name AS name, u.email
FROM users_v1 u
WHERE u.last_name LIKE 'Pet%'
ORDER BY u.id
LIMIT 10
