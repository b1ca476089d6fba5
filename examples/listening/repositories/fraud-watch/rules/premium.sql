SELECT count(*) AS suspects
FROM users_v1
WHERE plan = 'stud'
  AND birth_year < 1960
  AND EXISTS (SELECT 1 FROM streams_v1 WHERE user_id = users_v1.id)
