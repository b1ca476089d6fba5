-- Many plays, no year of birth.
SELECT x.id, x.email, count(*) AS plays
FROM listening.identity.users_v1 AS x, streams_v1
WHERE streams_v1.user_id = x.id AND x.birth_year IS NULL
GROUP BY x.id, x.email
ORDER BY plays DESC, x.id
LIMIT 10
