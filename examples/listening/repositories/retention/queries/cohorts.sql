WITH cohort AS (
    SELECT id, substr(created, 8, 4) AS year, plan <> 'free' AS pays
    FROM   users_v1
    WHERE  birth_year IS NOT NULL
), paying AS (
    SELECT year, count(id) AS n FROM cohort WHERE pays GROUP BY year
)
SELECT c.year,
       count(*) AS listeners,
       p.n      AS paying,
       sum(count(*)) OVER (ORDER BY c.year) AS so_far
FROM   cohort c JOIN paying p USING (year)
GROUP  BY c.year, p.n
ORDER  BY c.year
