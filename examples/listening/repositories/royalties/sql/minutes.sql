-- What is paid: every millisecond counts.
SELECT s.track, sum(s.ms_played) AS ms
FROM streams_v1 s
WHERE s.ms_played >= 30000
GROUP BY s.track
ORDER BY ms DESC, s.track
LIMIT 20
