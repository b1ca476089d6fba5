-- One listener, as the app shows them. (Once this read users_v0.)
SELECT
    id,
    first_name,
    last_name,
    email,
    created     AS since,
    birth_year
FROM users_v1
WHERE id = :id
