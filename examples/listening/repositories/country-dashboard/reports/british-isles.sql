/* The UK and Ireland.
   users_v1 writes UK where the rest of the world writes GB. */
SELECT count(*) AS "Listeners",
       count(CASE WHEN u."plan" = 'prem' THEN 1 END) AS "Paying"
FROM "users_v1" AS u
WHERE u."country_code" IN ('UK', 'IE')
