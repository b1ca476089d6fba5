-- On which devices; those that did not say so are left out.
SELECT device, count(*) AS plays
FROM   streams_v1
WHERE  user_id = :user AND device IS NOT NULL
GROUP  BY device
ORDER  BY plays DESC, 1
