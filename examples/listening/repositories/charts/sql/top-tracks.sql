SELECT track, count(*) AS plays
FROM streams_v1
WHERE shuffle = 'no'
GROUP BY track
ORDER BY plays DESC, track
LIMIT 10
