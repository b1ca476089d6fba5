SELECT s.track, count(DISTINCT s.user_id) AS listeners
FROM   streams_v1 s
WHERE  s.user_id IN (SELECT id FROM users_v1 WHERE country_code = 'UK')
GROUP  BY s.track
ORDER  BY listeners DESC, s.track
LIMIT  10
