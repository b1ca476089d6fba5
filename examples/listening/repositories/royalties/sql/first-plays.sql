-- Who was heard first by how many, in the beginning.
WITH ranked AS (
    SELECT s.user_id,
           s.track,
           row_number() OVER (PARTITION BY s.user_id ORDER BY s.id) AS place
    FROM streams_v1 AS s
    WHERE s.id <= 100000
)
SELECT track, count(*) AS listeners
FROM ranked
WHERE place = 1
GROUP BY track
ORDER BY listeners DESC, track
LIMIT 20
