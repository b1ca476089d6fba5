-- The last five plays of somebody.
SELECT s.id, s.track, s.started, s.shuffle
FROM streams_v1 s
WHERE s.user_id = :user
ORDER BY s.id DESC
LIMIT 5
