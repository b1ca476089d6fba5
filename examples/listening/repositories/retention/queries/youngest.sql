SELECT DISTINCT first_value(email) OVER newest AS email, birth_year
FROM users_v1
WHERE birth_year > 2005
WINDOW newest AS (PARTITION BY birth_year ORDER BY id DESC)
ORDER BY birth_year
