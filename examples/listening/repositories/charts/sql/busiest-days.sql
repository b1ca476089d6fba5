SELECT substr(s.started, 1, 10) AS day, count(*) AS plays
FROM streams_v1 AS s
GROUP BY day
ORDER BY plays DESC, day
LIMIT 5
