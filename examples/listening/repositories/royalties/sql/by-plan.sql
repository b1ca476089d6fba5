-- Plays of those who pay, by year of birth.
SELECT u.birth_year / 10 * 10 AS decade, count(*) AS plays
FROM streams_v1 s
JOIN users_v1 u ON u.id = s.user_id
WHERE u.plan IN ('prem', 'fam', 'stud')
GROUP BY 1
ORDER BY 1
