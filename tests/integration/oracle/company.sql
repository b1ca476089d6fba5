-- which Swedes have we, by mail address
SELECT id, first_name, email FROM users WHERE country_code = 'SE' ORDER BY email, id;

-- how many streams at all
select COUNT(*) from streams;

-- everything about the oldest streams of one listener
SELECT stream_id, user_id, track, started, seconds FROM streams WHERE user_id = 17 ORDER BY started, stream_id LIMIT 5;

-- listeners whose plan nobody wrote down
SELECT u.id AS member_id, u.country_code AS country, u.plan FROM users AS u WHERE u.plan IS NULL AND u.id < 60;

-- how much is heard on each device, in hours, longest first
SELECT device, round(sum(seconds) / 3600.0, 2) AS length FROM streams GROUP BY device ORDER BY length DESC, device;

-- streams of each plan, unknown ones as a plan of their own
SELECT COALESCE(plan, 'unknown') AS plan, count(*) AS n
FROM users JOIN streams ON user_id = id
GROUP BY COALESCE(plan, 'unknown')
ORDER BY n DESC, 1;

-- streams that belong to nobody
SELECT s.user_id, count(*) AS orphans
FROM streams s LEFT JOIN users u ON u.id = s.user_id
WHERE u.id IS NULL
GROUP BY s.user_id
ORDER BY s.user_id;

-- pairs of listeners who joined in the same month and live in the same country
SELECT a.id, b.id AS other, substr(a.created, 1, 7) AS joined
FROM users a JOIN users b ON substr(a.created, 1, 7) = substr(b.created, 1, 7) AND a.country_code = b.country_code AND a.id < b.id
WHERE a.id <= 20
ORDER BY a.id, b.id;

-- each listener's last stream, by a correlated subquery
SELECT u.id, (SELECT max(started) FROM streams WHERE user_id = u.id) AS at
FROM users u
WHERE u.id BETWEEN 10 AND 40
ORDER BY u.id;

-- who never used the car
SELECT id FROM users WHERE NOT EXISTS (SELECT 1 FROM streams WHERE user_id = users.id AND device = 'car') ORDER BY id;

-- who listened to track 7, by IN
SELECT email FROM users WHERE id IN (SELECT user_id FROM streams WHERE track = 'Track 7') ORDER BY email;

-- artists with more than average listening
SELECT artist, SUM(seconds) AS total
FROM streams
GROUP BY artist
HAVING SUM(seconds) > (SELECT AVG(t) FROM (SELECT SUM(seconds) AS t FROM streams GROUP BY artist))
ORDER BY total DESC, artist;

-- a month's listening beside the month before
WITH months AS (
  SELECT strftime('%Y-%m', started) AS month, sum(seconds) AS length
  FROM streams
  GROUP BY month
)
SELECT month, length, lag(length) OVER (ORDER BY month) AS before, length - lag(length, 1, 0) OVER (ORDER BY month) AS change
FROM months
ORDER BY month;

-- the three most heard tracks of each artist, ranked
SELECT artist, track, n, place
FROM (
  SELECT artist, track, count(*) AS n, row_number() OVER (PARTITION BY artist ORDER BY count(*) DESC, track) AS place
  FROM streams
  GROUP BY artist, track
) AS title
WHERE place <= 3 AND artist < 'Artist 15'
ORDER BY artist, place;

-- a column called like the member's new key, from a derived table
SELECT member_id, title FROM (SELECT user_id AS member_id, track AS title FROM streams WHERE seconds > 420) AS plays ORDER BY member_id, title;

-- a CTE that has the name that the users get
WITH members AS (SELECT id, plan AS state FROM users WHERE country_code = 'FR')
SELECT state, count(id) AS id FROM members GROUP BY state;

-- a CTE that shadows the streams with only those from a phone
WITH phone AS (SELECT * FROM streams WHERE device = 'phone'),
     counted(who, n) AS (SELECT user_id, count(*) FROM phone GROUP BY user_id)
SELECT who, n FROM counted WHERE n >= 5 ORDER BY n DESC, who;

-- a CTE called users that is no table of users
WITH users(id, address) AS (SELECT user_id * 10, artist FROM streams WHERE stream_id < 20)
SELECT id, address FROM users ORDER BY id;

-- quoted names of all three kinds
SELECT "id", [email], `plan` FROM "users" WHERE "plan" = 'prem' AND [country_code] = 'DE' ORDER BY `id`;

-- quoted names with a table before them
SELECT "users"."id" AS "id", `users`.`created` AS "at", [users].[plan] "state" FROM users WHERE "users"."created" >= '2023-06' ORDER BY 2, 1;

-- capital letters as they come
Select U.ID, S.Track, S.SECONDS From Users U Inner Join Streams S On S.User_Id = U.Id Where U.Country_Code = 'UK' And S.Seconds > 425 Order By S.Stream_Id;

-- comments between all words
SELECT /* who */ id -- the key
     , /* where */ country_code /* two letters: country_code */
FROM users -- not members
WHERE /* only */ plan /* of users */ = 'fam' AND id < 100
ORDER BY /* by key */ id;

-- words that only look like columns, in texts
-- refused: in-string
SELECT 'plan' AS plan, 'users.id' AS id, plan || ': seconds' AS track FROM users WHERE plan = 'free' AND id < 50 ORDER BY users.id;

-- people who share a birth year with the youngest of each country
SELECT u.country_code, u.birth_year, count(*) AS state
FROM users u
WHERE (u.country_code, u.birth_year) IN (SELECT country_code, max(birth_year) FROM users GROUP BY country_code)
GROUP BY 1, 2
ORDER BY 1;

-- countries and devices, every pair, with the streams of each
SELECT c.country_code, d.device,
       (SELECT count(*) FROM streams s JOIN users u ON u.id = s.user_id WHERE u.country_code = c.country_code AND s.device = d.device) AS n
FROM (SELECT DISTINCT country_code FROM users) c CROSS JOIN (SELECT DISTINCT device FROM streams) d
ORDER BY c.country_code, d.device;

-- old fashioned comma join
SELECT u.first_name, s.artist, count(*) FROM users u, streams s WHERE u.id = s.user_id AND u.plan = 'fam' GROUP BY u.first_name, s.artist ORDER BY 3 DESC, 1, 2 LIMIT 20;

-- comma join without aliases, where every column stands alone
SELECT first_name, track, started FROM users, streams WHERE id = user_id AND seconds < 32 ORDER BY started, stream_id;

-- free listeners that behave like paying ones
SELECT user_id FROM streams WHERE device = 'car' GROUP BY user_id HAVING count(*) > 3
INTERSECT
SELECT id FROM users WHERE plan = 'free'
ORDER BY user_id;

-- listeners without a long stream, by EXCEPT
SELECT id FROM users EXCEPT SELECT user_id FROM streams WHERE seconds > 400 ORDER BY 1;

-- both keys in one list, each once, ordered by the first one's name
SELECT id FROM users WHERE id > 390 UNION SELECT user_id FROM streams WHERE user_id > 410 ORDER BY id DESC LIMIT 12;

-- streams by the part of the day
SELECT CASE WHEN CAST(strftime('%H', started) AS INTEGER) < 6 THEN 'night'
            WHEN CAST(strftime('%H', started) AS INTEGER) < 12 THEN 'morning'
            WHEN CAST(strftime('%H', started) AS INTEGER) < 18 THEN 'day'
            ELSE 'evening' END AS at,
       count(*) AS n, avg(seconds) AS length
FROM streams
GROUP BY at
ORDER BY n DESC, at;

-- an alias that is the name of another column, grouped by
SELECT country_code AS plan, count(*) AS id FROM users GROUP BY country_code ORDER BY country_code;

-- ORDER BY an alias that hides a column
SELECT id, -birth_year AS created FROM users WHERE id <= 25 ORDER BY created, id;

-- counts beside each other, by FILTER
SELECT country_code,
       count(*) FILTER (WHERE plan = 'free') AS free,
       count(*) FILTER (WHERE plan = 'prem') AS prem,
       count(*) FILTER (WHERE plan IS NULL) AS state,
       count(plan) AS plan
FROM users
GROUP BY country_code
ORDER BY country_code;

-- a running total of one listener's seconds, with a named window and a frame
SELECT stream_id, started, seconds,
       sum(seconds) OVER w AS total,
       avg(seconds) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS length
FROM streams
WHERE user_id = 34
WINDOW w AS (ORDER BY started, stream_id)
ORDER BY started, stream_id;

-- a window called like a column
SELECT id, rank() OVER plan AS place FROM users WHERE id < 40 WINDOW plan AS (PARTITION BY plan ORDER BY created, id) ORDER BY id;

-- the first and last track of each listener by first_value and last_value
SELECT DISTINCT user_id,
  first_value(track) OVER w AS first_track,
  last_value(track) OVER w AS last_track
FROM streams
WHERE user_id BETWEEN 100 AND 130
WINDOW w AS (PARTITION BY user_id ORDER BY started, stream_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
ORDER BY user_id;

-- days between joining and the first stream
SELECT u.id, CAST(julianday(min(s.started)) - julianday(u.created) AS INTEGER) AS days
FROM users u JOIN streams s ON s.user_id = u.id
GROUP BY u.id
HAVING days > 300
ORDER BY days DESC, u.id
LIMIT 40;

-- all months of the year, also those where nobody joined
WITH RECURSIVE months(m) AS (VALUES (1) UNION ALL SELECT m + 1 FROM months WHERE m < 12)
SELECT m, count(id) AS joined
FROM months LEFT JOIN users ON CAST(substr(created, 6, 2) AS INT) = m AND plan = 'prem'
GROUP BY m
ORDER BY m;

-- a chain of listeners by recursion: from each to the one with twice the key
WITH RECURSIVE chain(id, depth) AS (
  SELECT id, 0 FROM users WHERE id = 3
  UNION ALL
  SELECT users.id, chain.depth + 1 FROM users JOIN chain ON users.id = chain.id * 2
)
SELECT chain.id, depth, email, plan FROM chain JOIN users USING (id) ORDER BY depth;

-- prices of the plans from a list of values
WITH price(plan, amount) AS (VALUES ('free', 0), ('prem', 109), ('fam', 179))
SELECT users.country_code, sum(price.amount) AS income
FROM users JOIN price ON price.plan = users.plan
GROUP BY users.country_code
ORDER BY income DESC, users.country_code;

-- the same prices, joined by the name that both sides have
WITH price(plan, amount) AS (VALUES ('free', 0), ('prem', 109), ('fam', 179))
SELECT plan, count(*) AS n, sum(amount) AS income FROM users JOIN price USING (plan) GROUP BY plan ORDER BY plan;

-- names of countries by a natural join with a list
WITH names(country_code, country) AS (VALUES ('SE', 'Sweden'), ('UK', 'Britain'), ('DE', 'Germany'))
SELECT country, count(*) AS n FROM users NATURAL JOIN names GROUP BY country ORDER BY country;

-- a listener as JSON
SELECT json_object('id', id, 'email', email, 'plan', plan, 'since', substr(created, 1, 10)) AS doc FROM users WHERE id <= 20 ORDER BY id;

-- tracks of a listener as a JSON list
SELECT user_id, json_group_array(track) AS tracks
FROM (SELECT DISTINCT user_id, track FROM streams WHERE user_id < 20 ORDER BY user_id, track)
GROUP BY user_id
ORDER BY user_id;

-- listeners and streams under one name each for the key, the streams renamed in a derived table
SELECT id, count(*) AS n FROM (SELECT user_id AS id, seconds FROM streams) AS s JOIN users USING (id) WHERE plan = 'prem' GROUP BY id HAVING n > 9 ORDER BY id;

-- only the count of those who are both
SELECT (SELECT count(*) FROM users) - (SELECT count(DISTINCT user_id) FROM streams WHERE user_id IN (SELECT id FROM users)) AS silent, (SELECT max(id) FROM users) AS id;

-- a subquery where the inner id is the listener's and not the stream's
SELECT stream_id FROM streams WHERE EXISTS (SELECT 1 FROM users WHERE id = user_id AND plan = 'fam' AND birth_year > 2005) AND seconds > 400 ORDER BY stream_id;

-- a bare column from outside in a doubly nested subquery
SELECT u.id, u.plan
FROM users u
WHERE u.id < 120
  AND EXISTS (SELECT 1 FROM (SELECT track FROM streams WHERE user_id = u.id AND seconds > 400) AS loud WHERE track LIKE 'Track 1%')
ORDER BY u.id;

-- an alias called like the other table's new name
SELECT plays.id, members.seconds FROM users AS plays JOIN streams AS members ON members.user_id = plays.id WHERE members.device = 'web' AND plays.id < 12 ORDER BY members.stream_id;

-- both tables swap their names as aliases
SELECT streams.id, users.track, users.started FROM users AS streams JOIN streams AS users ON users.user_id = streams.id WHERE streams.id = 51 ORDER BY users.started, users.stream_id;

-- an alias called like a column
SELECT id.id, id.plan, plan.seconds FROM users AS id JOIN streams AS plan ON plan.user_id = id.id WHERE id.id IN (1, 2, 3) ORDER BY plan.stream_id;

-- everything of a CTE that has only what it should have
WITH short AS (SELECT stream_id, user_id, track AS song, seconds FROM streams WHERE seconds < 33) SELECT * FROM short ORDER BY stream_id;

-- stars of two CTEs with column lists
WITH a(k, c) AS (SELECT id, country_code FROM users WHERE id < 8), b(k, s) AS (SELECT user_id, sum(seconds) FROM streams GROUP BY user_id)
SELECT a.*, b.s FROM a LEFT JOIN b USING (k) ORDER BY k;

-- a report in five steps: the best listeners of each country, and how much of the country they are
WITH listening AS (
  SELECT user_id, sum(seconds) AS length, count(*) AS plays FROM streams GROUP BY user_id
), people AS (
  SELECT u.id, u.country_code AS country, u.plan, l.length, l.plays
  FROM users u JOIN listening l ON l.user_id = u.id
), ranked AS (
  SELECT people.*, dense_rank() OVER (PARTITION BY country ORDER BY length DESC, id) AS place FROM people
), countries AS (
  SELECT country, sum(length) AS total FROM people GROUP BY country
), best AS (
  SELECT * FROM ranked WHERE place <= 3
)
SELECT best.country, best.place, best.id, best.plan, best.length, round(100.0 * best.length / countries.total, 2) AS share
FROM best JOIN countries ON countries.country = best.country
ORDER BY best.country, best.place;

-- retention: how many of those who joined in a month listened in each month
WITH cohort AS (
  SELECT id AS member_id, strftime('%Y-%m', created) AS joined FROM users WHERE created LIKE '2023%'
), activity AS (
  SELECT DISTINCT user_id AS member_id, strftime('%Y-%m', started) AS at FROM streams
)
SELECT c.joined, a.at, count(*) AS n
FROM cohort c JOIN activity a ON a.member_id = c.member_id
GROUP BY c.joined, a.at
ORDER BY c.joined, a.at;

-- sessions: a new one begins after ten days of silence
WITH gaps AS (
  SELECT user_id, started, julianday(started) - julianday(lag(started) OVER (PARTITION BY user_id ORDER BY started, stream_id)) AS gap
  FROM streams
  WHERE user_id < 30
), marked AS (
  SELECT user_id, started, sum(CASE WHEN gap IS NULL OR gap > 10 THEN 1 ELSE 0 END) OVER (PARTITION BY user_id ORDER BY started) AS session
  FROM gaps
)
SELECT user_id, session, min(started) AS at, count(*) AS n FROM marked GROUP BY user_id, session ORDER BY user_id, session;

-- a nested WITH inside a subquery
SELECT u.first_name, x.n
FROM users u JOIN (
  WITH few AS (SELECT user_id, count(*) AS n FROM streams WHERE device = 'phone' GROUP BY user_id HAVING count(*) BETWEEN 1 AND 9)
  SELECT user_id AS id, n FROM few
) x ON x.id = u.id
WHERE u.plan = 'free'
ORDER BY u.id;

-- an inner CTE shadows an outer one
WITH part AS (SELECT id FROM users WHERE country_code = 'US')
SELECT (SELECT count(*) FROM part) AS members,
       (WITH part AS (SELECT user_id FROM streams WHERE device = 'web') SELECT count(DISTINCT user_id) FROM part) AS plays;

-- devices side by side for each listener, from conditional sums
SELECT user_id,
       SUM(CASE device WHEN 'phone' THEN seconds ELSE 0 END) AS phone,
       SUM(CASE device WHEN 'web' THEN seconds ELSE 0 END) AS web,
       SUM(CASE device WHEN 'car' THEN seconds END) AS car,
       SUM(seconds) AS "seconds"
FROM streams
WHERE user_id BETWEEN 200 AND 230
GROUP BY user_id
ORDER BY "seconds" DESC, user_id;

-- aliases that are names of functions
SELECT count(*) AS count, max(seconds) AS max, min(started) AS date, length(track) AS length FROM streams WHERE device = 'car' GROUP BY length(track) ORDER BY 4;

-- the length of a text is not the length of a stream
SELECT track, length(track) AS n, seconds AS length FROM streams WHERE length(track) = 7 AND seconds > 424 ORDER BY stream_id;

-- ordering by an expression of what is selected and of what is not
SELECT id, email FROM users WHERE plan IS 'prem' ORDER BY country_code || plan DESC, length(email), id LIMIT 15 OFFSET 5;

-- mail addresses by patterns
SELECT id, email FROM users WHERE email GLOB 'user[1-3]?@*' AND email NOT LIKE '%5@%' AND country_code IN ('SE', 'UK') ORDER BY id;

-- the domain of each address
SELECT substr(email, instr(email, '@') + 1) AS mail, count(*) AS n FROM users GROUP BY substr(email, instr(email, '@') + 1) ORDER BY n DESC, 1;

-- listeners older than the average of their country and plan
SELECT u.id, u.birth_year
FROM users u
JOIN (SELECT country_code, plan, avg(birth_year) AS y FROM users GROUP BY country_code, plan) a
  ON a.country_code = u.country_code AND a.plan IS u.plan
WHERE u.birth_year < a.y - 20
ORDER BY u.birth_year, u.id;

-- percentiles of stream lengths
SELECT quarter, min(length) AS low, max(length) AS high, count(*) AS n
FROM (SELECT seconds AS length, ntile(4) OVER (ORDER BY seconds, stream_id) AS quarter FROM streams) AS plays
GROUP BY quarter
ORDER BY quarter;

-- movies as long as a listener's whole day, by the title that the listener would see
SELECT m.title, m.minutes, s.user_id
FROM movies m JOIN (SELECT user_id, sum(seconds) / 20 AS minutes FROM streams WHERE user_id < 90 GROUP BY user_id) s ON s.minutes = m.minutes
WHERE m.imdb > 5
ORDER BY m.title, m.release_date, s.user_id
LIMIT 40;

-- tracks against movies by the number of words, a join of two grouped lists
WITH t(name, n) AS (SELECT track, count(*) FROM streams GROUP BY track),
     m(name, n) AS (SELECT director, count(*) FROM movies WHERE director IS NOT NULL GROUP BY director)
SELECT t.n, count(DISTINCT t.name) AS title, count(DISTINCT m.name) AS person
FROM t LEFT JOIN m ON m.n * 4 = t.n
GROUP BY t.n
ORDER BY t.n;

-- airports per country code of our listeners, where the code is the start of the country's name
SELECT u.country_code, count(DISTINCT a.iata) AS code
FROM (SELECT DISTINCT country_code FROM users) u LEFT JOIN airports a ON substr(a.country, 1, 2) = u.country_code
GROUP BY u.country_code
ORDER BY u.country_code;

-- airports and post codes of the same city, with states and counties
SELECT a.iata, a.city, z.zip_code, z.county
FROM airports a JOIN zipcodes z ON z.city = a.city AND z.state = a.state
WHERE a.state = 'MA'
ORDER BY a.iata, z.zip_code;

-- post codes and airports joined by what both have
SELECT city, state, count(DISTINCT zip_code) AS code, count(DISTINCT iata) AS n FROM zipcodes JOIN airports USING (city, state) GROUP BY city, state ORDER BY code DESC, city, state LIMIT 25;

-- listeners born in the year that a film came out, for one genre
WITH years(year, n) AS (
  SELECT CAST(substr(release_date, -4) AS INTEGER), count(*) FROM movies WHERE genre = 'Comedy' AND release_date IS NOT NULL GROUP BY 1
)
SELECT years.year, years.n, count(users.id) AS members FROM years JOIN users ON users.birth_year = years.year GROUP BY years.year, years.n ORDER BY years.year;

-- a full picture of keys: listeners without streams and streams without listeners
SELECT 'member' AS kind, u.id FROM users u LEFT JOIN streams s ON s.user_id = u.id WHERE s.user_id IS NULL
UNION ALL
SELECT 'play', s.stream_id FROM streams s LEFT JOIN users u ON u.id = s.user_id WHERE u.id IS NULL AND s.seconds > 390
ORDER BY kind, id;

-- tracks with two artists or more
SELECT track, count(DISTINCT artist) AS artists, group_concat(DISTINCT device) IS NOT NULL AS heard FROM streams GROUP BY track HAVING count(DISTINCT artist) > 1 ORDER BY artists DESC, track LIMIT 30;

-- longest stream of each device, by the row that has it
SELECT s.device, s.stream_id, s.seconds
FROM streams AS s
WHERE s.seconds > 425 AND s.stream_id = (SELECT t.stream_id FROM streams AS t WHERE t.device = s.device ORDER BY t.seconds DESC, t.stream_id LIMIT 1)
ORDER BY s.device;

-- two streams of one listener on one day
SELECT a.user_id, date(a.started) AS day, a.stream_id AS first, b.stream_id AS second
FROM streams a JOIN streams b ON b.user_id = a.user_id AND date(b.started) = date(a.started) AND b.stream_id > a.stream_id
WHERE a.user_id < 60
ORDER BY 1, 2, 3, 4
LIMIT 60;

-- do free and paying listeners differ
SELECT plan IS NOT NULL AND plan <> 'free' AS paying, count(DISTINCT users.id) AS members, round(avg(seconds), 3) AS average
FROM users LEFT JOIN streams ON streams.user_id = users.id
GROUP BY paying
ORDER BY paying;

-- next stream of the same artist, by lead
SELECT user_id, track, started, lead(track, 1, '-') OVER (PARTITION BY user_id ORDER BY started, stream_id) AS "next title"
FROM streams WHERE user_id IN (5, 6) ORDER BY user_id, started, stream_id;

-- share of a plan in its country, a window over an aggregate
SELECT country_code, plan, count(*) AS n, round(100.0 * count(*) / sum(count(*)) OVER (PARTITION BY country_code), 1) AS percent
FROM users
GROUP BY country_code, plan
ORDER BY country_code, plan IS NULL, plan;

-- a moving week by a range frame
SELECT day, n, sum(n) OVER (ORDER BY day RANGE BETWEEN 6 PRECEDING AND CURRENT ROW) AS week
FROM (SELECT CAST(julianday(date(started)) AS INTEGER) AS day, count(*) AS n FROM streams WHERE started LIKE '2024-03%' GROUP BY day)
ORDER BY day;

-- values beside a table
SELECT v.column1 AS code, (SELECT count(*) FROM users WHERE country_code = v.column1) AS n FROM (VALUES ('SE'), ('NO'), ('FR')) AS v ORDER BY code;

-- scalar subquery in HAVING and in ORDER BY
SELECT s.user_id FROM streams s GROUP BY s.user_id
HAVING count(*) > 9 AND (SELECT plan FROM users WHERE id = s.user_id) = 'fam'
ORDER BY (SELECT created FROM users WHERE id = s.user_id), s.user_id;

-- IN with a pair of columns from both tables
SELECT id, plan FROM users WHERE (id, 'car') IN (SELECT user_id, device FROM streams WHERE seconds > 420) ORDER BY id;

-- a comparison of row values
SELECT id, created FROM users WHERE (created, id) > ('2023-11-20 00:00:00', 100) ORDER BY created, id;

-- tracks unrolled from a JSON list of keys
SELECT j.value AS id, u.email FROM json_each('[3, 5, 8, 13]') AS j JOIN users u ON u.id = j.value ORDER BY j.key;

-- a field of a document made from columns
SELECT json_extract(json_object('seconds', seconds, 'track', track), '$.seconds') AS seconds, stream_id FROM streams WHERE stream_id <= 10 ORDER BY stream_id;

-- numbers that are not names: casts, hex and texts
SELECT CAST(birth_year AS TEXT) || '-01-01' AS created, printf('%05d', id) AS id, upper(country_code) AS country_code FROM users WHERE birth_year % 30 = 7 ORDER BY users.id;

-- a long chain of unions, each with a plan of its own
SELECT 'free' AS plan, count(*) AS n FROM users WHERE plan = 'free'
UNION ALL SELECT 'prem', count(*) FROM users WHERE plan = 'prem'
UNION ALL SELECT 'fam', count(*) FROM users WHERE plan = 'fam'
UNION ALL SELECT 'none', count(*) FROM users WHERE plan ISNULL
ORDER BY n DESC, plan;

-- a left join whose condition is not in WHERE
SELECT u.id, count(s.stream_id) AS cars FROM users u LEFT OUTER JOIN streams s ON s.user_id = u.id AND s.device = 'car' AND s.started >= '2024-06-01' WHERE u.id <= 30 GROUP BY u.id ORDER BY cars DESC, u.id;

-- brackets around joins
SELECT u.id, s.track FROM ((users u JOIN streams s ON (u.id = s.user_id))) WHERE (((u.id)) = 9) ORDER BY (s.stream_id);

-- a join of three, with a movie called like a track's number
SELECT u.id, s.track, m.title
FROM users u
JOIN streams s ON s.user_id = u.id
JOIN movies m ON m.minutes = s.seconds AND m.rating = 'PG-13'
WHERE u.plan = 'prem' AND u.country_code = 'SE' AND m.imdb >= 7.5
ORDER BY u.id, s.stream_id, m.title, m.release_date
LIMIT 50;

-- a CTE used twice under two names
WITH per AS (SELECT user_id AS id, device, count(*) AS n FROM streams GROUP BY user_id, device)
SELECT p.id, p.n AS phone, w.n AS web FROM per p JOIN per w ON w.id = p.id + 2 AND w.device = 'web' WHERE p.device = 'phone' AND p.n > w.n ORDER BY p.id;

-- a materialized CTE called like a new column
WITH state AS MATERIALIZED (SELECT plan, count(*) AS n FROM users WHERE plan NOTNULL GROUP BY plan)
SELECT state.plan, state.n FROM state ORDER BY state.n DESC, state.plan;

-- every listener's favourite device, by a join with the best count
WITH d AS (SELECT user_id, device, count(*) AS n FROM streams GROUP BY 1, 2),
     best AS (SELECT user_id, max(n) AS n FROM d GROUP BY user_id)
SELECT device, count(*) AS listeners FROM d NATURAL JOIN best GROUP BY device ORDER BY device;

-- calendar with recursion beside listening, days without any as zero
WITH RECURSIVE calendar(at) AS (
  SELECT '2024-02-01' UNION ALL SELECT date(at, '+1 day') FROM calendar WHERE at < '2024-02-29'
)
SELECT calendar.at, coalesce(sum(s.seconds), 0) AS length
FROM calendar LEFT JOIN streams s ON date(s.started) = calendar.at
GROUP BY calendar.at
ORDER BY calendar.at;

-- case insensitive comparison with a collation
SELECT id, email FROM users WHERE email = 'USER12@MAIL.EXAMPLE' COLLATE NOCASE OR first_name = 'ada' COLLATE nocase AND id < 30 ORDER BY email COLLATE NOCASE DESC;

-- a query over two columns that will be called alike, from both tables
SELECT id, user_id, id = user_id AS same FROM users JOIN streams ON id = user_id OR id = user_id + 1000 WHERE stream_id < 30 ORDER BY stream_id;

-- who listens at the hour of joining
SELECT DISTINCT u.id FROM users u JOIN streams s ON s.user_id = u.id AND strftime('%H', s.started) = strftime('%H', u.created) ORDER BY 1 DESC LIMIT 25;

-- listeners and post codes: the plan gets the name that the other table's state has
SELECT plan, state, count(*) AS n FROM users JOIN zipcodes ON CAST(zip_code AS INTEGER) % 400 = id WHERE birth_year > 2000 GROUP BY plan, state ORDER BY plan, state;

-- a plan from outside in a subquery over a table that has a state
SELECT id, (SELECT count(*) FROM zipcodes WHERE state = upper(substr(plan, 1, 2)) OR CAST(zip_code AS INTEGER) = 500 + id) AS n FROM users WHERE id < 60 ORDER BY n DESC, id;

-- tracks and titles without a table before them
SELECT track, title, seconds FROM streams JOIN movies ON minutes = seconds WHERE device = 'web' AND stream_id < 900 AND imdb > 7 ORDER BY track, title, stream_id, release_date LIMIT 40;

-- an alias in HAVING that becomes a column's name
SELECT user_id, sum(seconds) AS length FROM streams GROUP BY user_id HAVING length > 2500 ORDER BY user_id;

-- an alias within an expression of ORDER BY
SELECT stream_id, 500 - seconds AS length FROM streams WHERE stream_id < 40 ORDER BY -length, stream_id;

-- an alias used in WHERE, as only SQLite lets one
SELECT id, 2024 - birth_year AS age FROM users WHERE age < 20 AND plan = 'prem' ORDER BY age, id;

-- a double quoted word that is no column and so a text
-- refused: captured-name
SELECT stream_id, "title" AS kind FROM streams WHERE stream_id < 5 ORDER BY stream_id;

-- a plan compared with a double quoted text
SELECT id FROM users WHERE plan = "free" AND id < 70 ORDER BY id;

-- all of the users, by a star
SELECT * FROM users WHERE id < 30 ORDER BY id;

-- all of both, by a star
SELECT * FROM users JOIN streams ON id = user_id WHERE stream_id < 20 ORDER BY stream_id;

-- all of the listener and some of the stream
SELECT u.*, s.track FROM users u JOIN streams s ON s.user_id = u.id AND s.seconds = (SELECT max(seconds) FROM streams) ORDER BY u.id, s.stream_id;

-- a star of a join USING, once each
SELECT * FROM (SELECT id, plan FROM users WHERE id < 12) JOIN (SELECT user_id AS id, max(seconds) AS top FROM streams GROUP BY user_id) USING (id) ORDER BY id;

-- the schema's name before a table and a column
SELECT main.users.id, main.users.email FROM main.users WHERE main.users.plan = 'fam' AND main.users.id < 70 ORDER BY main.users.id;

-- the row's own number, of streams by its key
SELECT s.rowid AS r, s.user_id FROM streams AS s WHERE s.rowid BETWEEN 10 AND 15 ORDER BY s.rowid;

-- values of a JSON list beside each stream, whose table function has an id of its own
SELECT user_id, value FROM streams, json_each('[10, 20]') WHERE stream_id < value / 4 ORDER BY stream_id, value;

-- a full outer join of listeners with the streams of January
SELECT coalesce(u.id, s.user_id) AS id, count(s.stream_id) AS n
FROM users u FULL OUTER JOIN (SELECT * FROM streams WHERE started < '2024-02') s ON s.user_id = u.id
GROUP BY 1
HAVING count(u.id) = 0 OR n > 8
ORDER BY 1;

-- a right join, all of the plans kept
SELECT p.column1 AS plan, count(u.id) AS n FROM users u RIGHT JOIN (VALUES ('free'), ('gold'), ('prem')) AS p ON p.column1 = u.plan GROUP BY p.column1 ORDER BY n DESC;

-- a union ordered by the name that only its second half has
-- refused: ambiguous
SELECT id AS k FROM users WHERE id < 9 UNION SELECT user_id FROM streams WHERE user_id > 415 ORDER BY user_id;

-- IN a CTE by its name
WITH heavy AS (SELECT user_id FROM streams GROUP BY user_id HAVING sum(seconds) > 2500) SELECT id, plan FROM users WHERE id IN heavy ORDER BY id LIMIT 50;

-- a list of values, each from a query
VALUES ('highest key', (SELECT max(id) FROM users)), ('longest', (SELECT max(seconds) FROM streams)), ('listeners', (SELECT count(DISTINCT user_id) FROM streams));

-- groups in frames, and one left out
SELECT stream_id, seconds,
  count(*) OVER (ORDER BY seconds GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) AS near,
  sum(seconds) FILTER (WHERE device = 'phone') OVER (ORDER BY seconds, stream_id) AS phone
FROM streams
WHERE user_id IN (9, 10, 11)
ORDER BY seconds, stream_id;

-- where each listener stands by percent
SELECT user_id, round(percent_rank() OVER w, 4) AS standing, round(cume_dist() OVER w, 4) AS dist, nth_value(user_id, 2) OVER w AS second
FROM (SELECT user_id, sum(seconds) AS total FROM streams GROUP BY user_id)
WINDOW w AS (ORDER BY total DESC, user_id)
ORDER BY total DESC, user_id
LIMIT 20;

-- ternaries and nullness
SELECT id, iif(plan IS NOT DISTINCT FROM 'free', 'no', 'yes') AS pays, ifnull(plan, '?') AS plan, nullif(country_code, 'SE') AS country FROM users WHERE id % 23 = 0 ORDER BY id;

-- arrows into a document of columns
SELECT doc ->> '$.plan' AS plan, doc -> 'id' AS id FROM (SELECT json_object('plan', plan, 'id', id) AS doc FROM users WHERE id < 15) ORDER BY CAST(doc ->> 'id' AS INT);

-- a limit from a query
SELECT email FROM users ORDER BY created DESC, id LIMIT (SELECT count(DISTINCT plan) FROM users) OFFSET (SELECT min(id) FROM users);

-- the newest stream's bare columns, beside a maximum
SELECT user_id, track, seconds, max(stream_id) AS newest FROM streams WHERE user_id < 25 GROUP BY user_id ORDER BY user_id;

-- a listener from outside of two levels, where each level has the same alias
SELECT x.id FROM users x WHERE x.id < 200 AND x.birth_year = (SELECT max(x.birth_year) FROM users x WHERE x.country_code = 'SE' AND x.id IN (SELECT x.user_id FROM streams x WHERE x.seconds > 300)) ORDER BY x.id;

-- join of airports and listeners by the first letter, with both countries
SELECT country_code, country, count(*) AS n FROM users JOIN airports ON substr(country, 1, 2) = country_code AND substr(iata, 1, 1) = upper(substr(plan, 1, 1)) WHERE id < 40 GROUP BY country_code, country ORDER BY n DESC, 1, 2;

-- post codes and airports by nature
SELECT count(*) AS n FROM airports NATURAL JOIN zipcodes;

-- columns in brackets, with a sign and with a collation
SELECT (id), +birth_year AS y, (plan COLLATE NOCASE) AS p FROM users WHERE (id) IN (4, 8, 15, 16, 23, 42) ORDER BY (id);

-- what was grouped by an alias of a CASE over the plan
SELECT CASE plan WHEN 'free' THEN 'ads' WHEN 'prem' THEN 'paid' WHEN 'fam' THEN 'paid' ELSE 'none' END AS kind, count(*) AS n, min(id) AS id FROM users GROUP BY kind ORDER BY kind;

-- new names as aliases of other things
SELECT s.track AS length, s.seconds AS title, s.user_id AS at, s.started AS id FROM streams s WHERE s.stream_id IN (100, 200, 300) ORDER BY s.stream_id;

-- new names as aliases of other things, used from outside
SELECT length, title + 1 AS title, id FROM (SELECT track AS length, seconds AS title, user_id AS id FROM streams WHERE device = 'car' AND seconds > 427) ORDER BY id, length, title;

-- a recursive walk over listeners' tracks: from each stream to the listener's next one
WITH RECURSIVE walk(stream_id, user_id, step, path) AS (
  SELECT min(stream_id), user_id, 1, min(track) FROM streams WHERE user_id IN (1, 2) GROUP BY user_id
  UNION ALL
  SELECT s.stream_id, s.user_id, w.step + 1, w.path || ' > ' || s.track
  FROM walk w JOIN streams s ON s.user_id = w.user_id
   AND s.stream_id = (SELECT min(n.stream_id) FROM streams n WHERE n.user_id = w.user_id AND n.stream_id > w.stream_id)
  WHERE w.step < 4
)
SELECT user_id, step, path FROM walk ORDER BY user_id, step;

-- a column list of a CTE that trades the names
WITH t(seconds, track, user_id) AS (SELECT track, user_id, seconds FROM streams WHERE stream_id < 12)
SELECT user_id, seconds, track FROM t WHERE user_id > 100 ORDER BY track, seconds;

-- a CTE with the streams' name that has the streams inside of a deeper query
WITH plan AS (SELECT id, plan FROM users WHERE country_code = 'UK'), device AS (SELECT user_id AS id, device FROM streams GROUP BY user_id, device)
SELECT plan.plan, device.device, count(*) AS n FROM plan JOIN device USING (id) GROUP BY plan.plan, device.device ORDER BY 1, 2;

-- a derived name for what has no alias, asked for from outside
SELECT "max(seconds)" FROM (SELECT max(seconds) FROM streams);

-- an alias that is the name that the table beside it gets
SELECT plays.id, streams.seconds FROM streams, users AS plays WHERE plays.id = streams.user_id AND streams.stream_id < 25 ORDER BY streams.stream_id;

-- a column from outside that the inner table will have too
WITH x(title) AS (VALUES ('Track 1'), ('Track 2'), ('Nothing'))
SELECT title, (SELECT count(*) FROM streams WHERE track = title) AS n FROM x ORDER BY title;

-- airports called like a film
SELECT iata, (SELECT count(*) FROM movies WHERE title LIKE substr(name, 1, 3) || '%') AS n FROM airports WHERE iata LIKE 'A%' OR iata LIKE 'iata 1%' ORDER BY n DESC, iata LIMIT 20;

-- a self join by USING
SELECT user_id, a.track, b.track AS other FROM streams a JOIN streams b USING (user_id) WHERE a.stream_id BETWEEN 120 AND 140 AND b.stream_id > 3900 ORDER BY a.stream_id, b.stream_id;

-- a natural join of the listeners with themselves
SELECT count(*) AS n FROM (SELECT id, plan FROM users) NATURAL JOIN (SELECT id, plan FROM users WHERE country_code = 'SE');

-- a column and everything after it
SELECT seconds, * FROM streams WHERE stream_id BETWEEN 77 AND 80 ORDER BY stream_id;

-- a full join by USING, the key of either side
SELECT user_id, n, m FROM (SELECT user_id, count(*) AS n FROM streams WHERE device = 'car' GROUP BY user_id) FULL JOIN (SELECT user_id, count(*) AS m FROM streams WHERE seconds > 425 GROUP BY user_id) USING (user_id) WHERE user_id < 40 ORDER BY user_id;

-- functions around columns that get the functions' names
SELECT size, count(size) AS n, total(cost_total) AS cost, date(max(flight_date)) AS latest FROM birdstrikes GROUP BY size ORDER BY n DESC, size;

-- the first years of members, by what SQLite sorts first
SELECT id, created FROM users ORDER BY plan NULLS LAST, country_code DESC NULLS FIRST, created, id LIMIT 30;

-- a star over a CTE that is a star
WITH everybody AS (SELECT * FROM users), se AS (SELECT * FROM everybody WHERE country_code = 'SE') SELECT * FROM se WHERE plan = 'fam' ORDER BY id;

-- a star in EXISTS and in a count
SELECT count(*) AS n FROM users AS u WHERE NOT EXISTS (SELECT * FROM streams WHERE user_id = u.id AND started > '2024-12');

-- an outer column under the name that an inner one gets
SELECT z.state, count(*) AS n FROM zipcodes z WHERE z.zip_code < '01100' AND EXISTS (SELECT 1 FROM users WHERE id < 50 AND substr(plan, 2, 1) = lower(substr(z.state, 2, 1)) OR z.state = 'state ' || id) GROUP BY z.state ORDER BY z.state;

-- an outer column without a table, under the name that an inner one gets
SELECT state, count(*) AS n FROM zipcodes WHERE EXISTS (SELECT 1 FROM users WHERE plan > lower(state)) GROUP BY state ORDER BY state;

-- alias of a window that is a new name, sorted in OVER
SELECT user_id, total AS length, rank() OVER (ORDER BY total DESC) AS at FROM (SELECT user_id, sum(seconds) AS total FROM streams GROUP BY user_id) ORDER BY at, user_id LIMIT 15;

-- both keys, sorted by the name that the first half gives
SELECT user_id AS id FROM streams WHERE user_id < 9 UNION ALL SELECT id + 500 FROM users WHERE id < 4 ORDER BY id;

-- each listener's last track, by a query within ON
SELECT u.id, s.track FROM users u JOIN streams s ON s.stream_id = (SELECT max(stream_id) FROM streams WHERE user_id = u.id) WHERE u.id < 30 ORDER BY u.id;

-- a bare key from outside, where the inner table gets one of that name
SELECT id FROM users WHERE id < 40 AND (SELECT count(*) FROM streams WHERE user_id = id AND device = 'car') > 9 ORDER BY id;

-- a listener's plan and country as rows of their own
SELECT u.id, j.value FROM users u, json_each(json_array(u.plan, u.country_code)) j WHERE u.id < 9 ORDER BY u.id, j.key;

-- a key of a JSON row beside the stream's
SELECT j.id IS NOT NULL AS x, user_id FROM streams, json_each('[1]') j WHERE stream_id < 9 ORDER BY stream_id;

-- a CTE whose name and column are both a function's name
WITH length(length) AS (SELECT max(seconds) FROM streams) SELECT length, stream_id FROM streams JOIN length ON seconds = length ORDER BY stream_id;

-- streams by whole minutes, numbered under new names
SELECT stream_id, seconds / 60 AS at, row_number() OVER (PARTITION BY seconds / 60 ORDER BY stream_id) AS title FROM streams WHERE user_id < 6 ORDER BY title, at, stream_id;

-- an alias like the column that it is made from, grouped by it
SELECT upper(plan) AS plan, count(*) AS n FROM users GROUP BY plan ORDER BY plan;

-- ordered by the column and not by its alias
SELECT upper(plan) AS plan, id FROM users ORDER BY users.plan, users.id LIMIT 20;

-- ordered by the alias and not by its column
SELECT -seconds AS seconds, stream_id FROM streams WHERE stream_id < 50 ORDER BY seconds, stream_id;

-- an expression of an alias that is also its column
SELECT -seconds AS seconds, stream_id FROM streams WHERE stream_id < 50 ORDER BY seconds + 0, stream_id;

-- a window that sorts by the column, not by its alias
SELECT -seconds AS seconds, rank() OVER (ORDER BY seconds, stream_id) AS r FROM streams WHERE stream_id < 50 ORDER BY r;

-- an alias in HAVING that is also its column
SELECT user_id % 5 AS user_id, count(*) AS n FROM streams GROUP BY user_id HAVING user_id > 400 ORDER BY 1, 2;

-- a state from a derived table, looked for in a subquery
SELECT t.id, t.state FROM (SELECT id, plan AS state FROM users WHERE id < 20) AS t WHERE EXISTS (SELECT 1 FROM users WHERE plan = state AND users.id <> t.id) ORDER BY t.id;

-- a state from a CTE, counted in a scalar subquery
WITH t AS (SELECT id, plan AS state FROM users WHERE id < 20) SELECT id, (SELECT count(*) FROM users WHERE plan = state) AS n FROM t ORDER BY 1;

-- a key from a derived table beside the key of the streams inside
SELECT id, (SELECT count(*) FROM streams WHERE user_id = id) AS n, (SELECT count(*) FROM streams WHERE user_id > id AND seconds > 425) AS m FROM (SELECT id FROM users WHERE id < 10) ORDER BY id;

-- one side's star of a join USING
SELECT s.*, u.c FROM streams s JOIN (SELECT id AS user_id, country_code AS c FROM users) u USING (user_id) WHERE s.stream_id < 9 ORDER BY s.stream_id;

-- a union within EXISTS
SELECT id FROM users u WHERE id < 50 AND EXISTS (SELECT 1 FROM streams WHERE user_id = u.id AND seconds > 425 UNION ALL SELECT 1 FROM users WHERE id = u.id AND plan = 'fam') ORDER BY id;

-- listeners and streams in one CTE
WITH k AS (SELECT id, email AS t FROM users WHERE id < 4 UNION ALL SELECT user_id, track FROM streams WHERE stream_id < 4) SELECT id, t FROM k ORDER BY t, id;

-- a walk over every sixtieth listener
WITH RECURSIVE r AS (SELECT id, country_code, 0 AS d FROM users WHERE id = 1 UNION ALL SELECT u.id, u.country_code, d + 1 FROM users u, r WHERE u.id = r.id + 60) SELECT id, country_code, d FROM r ORDER BY d;

-- a star of a star
SELECT id, plan FROM (SELECT * FROM (SELECT * FROM users WHERE id < 9)) ORDER BY id;

-- a join's star in a CTE
WITH j AS (SELECT * FROM users u JOIN streams s ON s.user_id = u.id WHERE s.stream_id < 20) SELECT user_id, id, plan, seconds FROM j ORDER BY stream_id;

-- a star of two tables with titles, of which only two columns are asked for
WITH j AS (SELECT * FROM streams s JOIN movies m ON m.minutes = s.seconds WHERE s.stream_id < 20) SELECT track, title FROM j ORDER BY 1, 2 LIMIT 20;

-- the users united with themselves
SELECT count(*) AS n FROM (SELECT * FROM users UNION SELECT * FROM users);

-- two keys that trade their names
SELECT a.id AS user_id, b.user_id AS id FROM users a JOIN streams b ON a.id = b.user_id WHERE b.stream_id < 9 ORDER BY user_id, id;

-- quoted names in other letters
SELECT "ID", "Plan" FROM "Users" WHERE "ID" < 5 ORDER BY "ID";

-- seconds so far
SELECT seconds, sum(seconds) OVER (PARTITION BY user_id ORDER BY seconds, stream_id) AS seconds_so_far FROM streams WHERE user_id = 5 ORDER BY 2;

-- aliases in single quotes that trade names
SELECT id AS 'plan', plan AS 'id' FROM users WHERE id < 5 ORDER BY users.id;

-- aliases without AS that trade names
SELECT id plan, plan id FROM users WHERE id < 5 ORDER BY users.id;

-- a bare title from a derived table beside the members
SELECT id, title FROM users JOIN (SELECT user_id AS u, track AS title FROM streams WHERE stream_id < 30) ON u = id ORDER BY id, title;

-- strikes at airports, with both kinds of state
SELECT name, origin_state, state, count(*) AS n FROM birdstrikes JOIN airports ON airport_name = upper(name) GROUP BY name, origin_state, state ORDER BY n DESC, name LIMIT 10;

-- airports that are also films
SELECT name FROM airports WHERE EXISTS (SELECT 1 FROM movies WHERE title = name) ORDER BY name;

-- a list of tracks as a text
SELECT user_id, group_concat(track, ', ') AS t FROM (SELECT user_id, track FROM streams WHERE user_id < 5 ORDER BY user_id, track, stream_id) GROUP BY user_id ORDER BY user_id;

-- three lists joined by one key
SELECT user_id, count(*) AS n FROM (SELECT id AS user_id FROM users WHERE plan = 'fam') f JOIN streams s USING (user_id) JOIN (SELECT user_id, max(seconds) AS top FROM streams GROUP BY user_id) t USING (user_id) WHERE top > 420 GROUP BY user_id ORDER BY user_id;

-- a left join USING, with the key bare
SELECT user_id, c FROM streams s LEFT JOIN (SELECT id AS user_id, country_code AS c FROM users WHERE id < 50) u USING (user_id) WHERE stream_id < 40 ORDER BY stream_id;

-- comments and line ends inside of qualified names
SELECT u . /* a */ id, u
  .
  email FROM users /* x */ AS /* y */ u WHERE u/**/.plan = 'fam' AND u.id < 30 ORDER BY u . id;

-- ranges, lists and signs
SELECT stream_id FROM streams WHERE seconds BETWEEN 30 + 1 AND 40 AND NOT device IN ('car') AND - seconds < ~seconds + 2 ORDER BY stream_id;

-- keys compared as texts
SELECT count(*) AS n FROM users u JOIN streams s ON CAST(u.id AS TEXT) = CAST(s.user_id AS TEXT) COLLATE BINARY WHERE u.id < 20;

-- a union within IN
SELECT id FROM users WHERE id IN (SELECT user_id FROM streams WHERE seconds > 427 UNION SELECT id FROM users WHERE plan = 'fam' AND id < 30) ORDER BY id;

-- a chain of EXCEPT
SELECT user_id FROM streams WHERE seconds > 400 EXCEPT SELECT id FROM users WHERE plan = 'free' EXCEPT SELECT id FROM users WHERE plan IS NULL ORDER BY user_id DESC LIMIT 10;

-- a CASE within a CASE, called like the plan
SELECT id, CASE WHEN plan IS NULL THEN CASE country_code WHEN 'SE' THEN 'a' ELSE 'b' END ELSE plan END AS plan FROM users WHERE id < 40 ORDER BY plan, id;

-- a CASE over an alias, to sort by
SELECT id, plan AS state FROM users WHERE id < 40 ORDER BY CASE state WHEN 'fam' THEN 0 ELSE 1 END, id;

-- a column under the very alias that it gets as a name, in an expression to sort by
SELECT stream_id, seconds AS length FROM streams WHERE stream_id < 40 ORDER BY length * -1, stream_id;

-- a plan under the very name that it gets, grouped and kept
SELECT plan AS state, count(*) AS n FROM users GROUP BY state HAVING state <> 'x' ORDER BY state;

-- names that columns get, as aliases within WHERE
SELECT id AS member_id, plan AS state FROM users WHERE state = 'prem' AND member_id < 50 ORDER BY member_id;

-- aliases that are new names of others, to sort by
SELECT country_code AS state, plan AS country, id FROM users WHERE id < 40 ORDER BY state, country, id;

-- aliases that are new names of others, by their places
SELECT country_code AS state, plan AS country, count(*) FROM users GROUP BY 1, 2 ORDER BY 1, 2;

-- a text in double quotes and a column in double quotes
SELECT stream_id FROM streams WHERE device = "phone" AND stream_id < 20 ORDER BY "stream_id";

-- a quoted alias that is a new name
SELECT stream_id, 500 - seconds AS "length" FROM streams WHERE stream_id < 40 ORDER BY "length", stream_id;

-- an alias with a collation
SELECT stream_id, device || track AS title FROM streams WHERE stream_id < 40 ORDER BY title COLLATE NOCASE DESC, stream_id;

-- two halves, sorted by an alias
SELECT stream_id AS k, seconds / 2 AS length FROM streams WHERE stream_id < 9 UNION ALL SELECT id, birth_year FROM users WHERE id < 9 ORDER BY length, k;

-- sorted by a listener's longest stream
SELECT id AS state, plan FROM users WHERE id < 20 ORDER BY (SELECT max(seconds) FROM streams WHERE user_id = users.id) DESC, state;

-- an alias that is the table's name inside of it
SELECT streams.n FROM (SELECT count(*) AS n FROM streams) AS streams;

-- a star of some streams beside the plan
WITH s AS (SELECT * FROM streams WHERE stream_id < 10) SELECT s.user_id, s.track, users.plan FROM s JOIN users ON users.id = s.user_id ORDER BY s.stream_id;

-- a CTE called streams in a subquery only
SELECT count(*) AS n, (WITH streams(user_id) AS (VALUES (1), (2)) SELECT sum(user_id) FROM streams) AS t FROM streams WHERE seconds > 400;

-- a CTE in half of a union
SELECT n FROM (WITH q AS (SELECT count(*) AS n FROM users WHERE plan = 'fam') SELECT n FROM q) UNION ALL SELECT count(*) FROM streams WHERE seconds = 100 ORDER BY n;

-- old names within a document's text
SELECT json_extract('{"plan": {"id": 5}}', '$.plan.id') AS x, id FROM users WHERE id = 5;

-- plans by key as a document of each country
SELECT country_code, json_group_object(id, plan) AS o FROM (SELECT * FROM users WHERE id < 30 ORDER BY country_code, id) GROUP BY country_code ORDER BY country_code;

-- a label that is a column's name
SELECT json_object('track', track) ->> 'track' AS t FROM streams WHERE stream_id < 9 ORDER BY t;

-- those like listener ten
SELECT id FROM users WHERE (plan, country_code) = (SELECT plan, country_code FROM users WHERE id = 10) ORDER BY id;

-- two firsts
SELECT (SELECT email FROM users ORDER BY created, id LIMIT 1) AS first, (SELECT track FROM streams ORDER BY started DESC, stream_id DESC LIMIT 1) AS last;

-- no space where none is needed
SELECT id,(birth_year-1900)*2 AS y FROM users WHERE(plan='fam')AND(id<30)ORDER BY(id)DESC;

-- tables with aliases that are each other's columns
SELECT seconds.seconds, track.id FROM streams seconds, users track WHERE seconds.user_id = track.id AND seconds.stream_id < 9 ORDER BY seconds.stream_id;

-- plans and countries under each other's names
SELECT DISTINCT plan AS country, country_code AS plan FROM users ORDER BY plan, country;

-- a join in brackets, and another after it
SELECT count(*) AS n FROM (users u LEFT JOIN streams s ON s.user_id = u.id) LEFT JOIN movies m ON m.minutes = s.seconds AND m.imdb > 8;

-- an aggregate in a condition, called like a column
SELECT iif(count(plan) > 70, 'many', 'few') AS plan, country_code FROM users GROUP BY country_code ORDER BY plan, country_code;

-- a condition called like a column
SELECT id, EXISTS (SELECT 1 FROM streams WHERE user_id = users.id AND seconds > 425) AS plan FROM users WHERE id < 20 ORDER BY plan DESC, id;

-- streams within streams of a listener
SELECT u.id FROM users u WHERE u.id < 20 AND EXISTS (SELECT 1 FROM streams title WHERE title.user_id = u.id AND EXISTS (SELECT 1 FROM streams WHERE track = title.track AND seconds > 428)) ORDER BY u.id;

-- a bare title and a bare key from outside
SELECT t.title FROM (SELECT 'Track 5' AS title, 5 AS id) t WHERE EXISTS (SELECT 1 FROM streams WHERE track = title AND user_id > id);

-- a state of the post codes after a plan of the listeners
SELECT count(*) AS n FROM users JOIN (SELECT state FROM zipcodes WHERE zip_code < '00700') z ON lower(state) > plan;

-- the key of either side of a self join
SELECT s.user_id, a.user_id AS other FROM streams s LEFT JOIN streams a USING (user_id) WHERE s.stream_id < 3 ORDER BY a.stream_id;

-- an aggregate of both scopes
SELECT u.id, (SELECT sum(u.birth_year + s.seconds) FROM streams s WHERE s.user_id = u.id) AS t FROM users u WHERE u.id < 9 ORDER BY u.id;

-- a CTE and the streams by one key
WITH k AS (SELECT user_id FROM streams GROUP BY user_id HAVING count(*) > 9) SELECT user_id, count(*) AS n FROM k JOIN streams USING (user_id) WHERE user_id < 50 GROUP BY user_id ORDER BY user_id;

-- everything of a natural join that has nothing in common
SELECT count(*) AS n FROM (SELECT * FROM users WHERE id < 4) NATURAL JOIN (SELECT iata, state FROM airports);

-- a natural join of plans and states that are not meant to meet
SELECT count(*) AS n FROM (SELECT id, plan FROM users WHERE id < 4) a NATURAL JOIN (SELECT state, city FROM zipcodes WHERE zip_code < '00700') b;

-- a star over a union
SELECT * FROM (SELECT id, plan FROM users WHERE id < 4 UNION SELECT user_id, device FROM streams WHERE stream_id < 4) WHERE plan IS NOT NULL ORDER BY id, plan;

-- a star over a comma join
SELECT * FROM (SELECT u.id, s.user_id AS id2, u.plan, s.track FROM users u, streams s WHERE u.id = s.user_id AND s.stream_id < 9) ORDER BY id;

-- a CTE called like the table that it reads
WITH streams AS (SELECT user_id, seconds FROM main.streams WHERE seconds > 427) SELECT user_id, seconds FROM streams ORDER BY user_id, seconds;

-- a table's name in several ways of writing
SELECT USERS.Id AS k, Users.PLAN AS p FROM users WHERE uSeRs.country_CODE = 'SE' AND users.id < 60 ORDER BY USERS.id;

-- sorted by expressions that nobody sees
SELECT id, plan FROM users WHERE id < 30 ORDER BY plan IS NULL, plan, -id;

-- aliases that are names of tables
SELECT count(*) AS streams, user_id AS users FROM streams GROUP BY user_id HAVING count(*) > 9 AND user_id < 60 ORDER BY users;

-- groups by an alias that is what the column will be called
SELECT count(*) AS plays, user_id AS id FROM streams GROUP BY id HAVING plays > 9 AND id < 60 ORDER BY id;

-- a key's hundreds under the name that the key gets
SELECT user_id / 100 AS id, count(*) AS n FROM streams GROUP BY user_id / 100 ORDER BY id;

-- a count over a key, called like the key
SELECT stream_id, count(*) OVER (PARTITION BY user_id) AS user_id FROM streams WHERE stream_id > 3000 AND stream_id < 3900 ORDER BY user_id DESC, stream_id LIMIT 20;

-- a table without its indexes
SELECT id FROM users NOT INDEXED WHERE id < 4 ORDER BY id;

-- numbers and bytes that hold letters of names
SELECT x'6964' AS h, id + 1e0 AS k, .5 * birth_year AS y FROM users WHERE id < 0x05 ORDER BY id;

-- truth of a comparison with a plan
SELECT id, (plan = 'free') IS TRUE AS f FROM users WHERE id < 9 ORDER BY id;

-- keys that have streams, one after the other
WITH RECURSIVE t(id) AS (SELECT min(user_id) FROM streams WHERE user_id > 0 UNION ALL SELECT (SELECT min(user_id) FROM streams WHERE user_id > id) FROM t WHERE id < 9) SELECT id FROM t ORDER BY id;

-- lengths in steps of fifty, from a CTE with that name
WITH RECURSIVE t(length, n) AS (SELECT 30, 1 UNION ALL SELECT length + 50, n + 1 FROM t WHERE n < 8) SELECT length, (SELECT count(*) FROM streams WHERE seconds BETWEEN length AND length + 49) AS n FROM t ORDER BY length;

-- a CTE called as the streams will be, which reads them with their schema
WITH plays AS (SELECT user_id, seconds FROM main.streams WHERE seconds > 427) SELECT user_id, seconds FROM plays ORDER BY user_id, seconds;

-- a CTE called as the streams will be, and the streams once more beside it
WITH plays AS (SELECT user_id, max(seconds) AS top FROM streams GROUP BY user_id)
SELECT streams.stream_id, plays.top FROM plays JOIN streams ON streams.user_id = plays.user_id AND streams.seconds = plays.top WHERE plays.top > 420 ORDER BY streams.stream_id;

-- a derived table called as the users will be
SELECT members.user_id, users.email FROM (SELECT user_id, count(*) AS n FROM streams GROUP BY user_id) AS members JOIN users ON users.id = members.user_id WHERE members.n > 9 AND users.id < 30 ORDER BY users.id;

-- an alias called as the table of a subquery will be
SELECT plays.id FROM users AS plays WHERE plays.id < 90 AND EXISTS (SELECT 1 FROM streams WHERE streams.user_id = plays.id AND streams.seconds > 415) ORDER BY plays.id;

-- members by two aliases that are each other's new names
SELECT country_code AS state, plan AS country, count(*) AS n FROM users GROUP BY state, country ORDER BY state, country;

-- an alias that is a new name, within an expression of ORDER BY
SELECT user_id / 100 AS id, stream_id FROM streams WHERE stream_id < 20 ORDER BY id * 1, stream_id;

-- the streams joined to themselves by all that they have
SELECT count(*) AS n, sum(a.seconds) AS length FROM streams a NATURAL JOIN streams b WHERE a.stream_id < 900;

-- listeners of many streams by a CTE of one column, by nature
WITH k AS (SELECT user_id FROM streams GROUP BY user_id HAVING count(*) > 9) SELECT user_id, count(*) AS n FROM k NATURAL JOIN streams s WHERE user_id < 50 GROUP BY user_id ORDER BY user_id;

-- the longest streams of each, joined by nature to a derived table that keeps a name
SELECT device, track, user_id FROM streams NATURAL LEFT JOIN (SELECT user_id, max(seconds) AS seconds, 1 AS top FROM streams GROUP BY user_id) AS t WHERE top = 1 AND user_id < 60 ORDER BY user_id, device, track, stream_id;

-- how many rows there are, each under a label
VALUES ('users', (SELECT max(id) FROM users)), ('streams', (SELECT max(seconds) FROM streams)), ('listeners', (SELECT count(DISTINCT user_id) FROM streams));

-- a label with a word in it
SELECT id, 'it''s; users' AS t FROM users WHERE email LIKE 'user1\_%' ESCAPE '\' OR email = 'user3@mail.example' ORDER BY id;

-- a join in brackets with a derived table
SELECT id, seconds FROM (users JOIN (SELECT user_id AS id, seconds, stream_id FROM streams) AS s USING (id)) WHERE stream_id < 9 ORDER BY stream_id;

-- a derived table without an alias, joined by name
SELECT user_id, c FROM streams LEFT JOIN (SELECT id AS user_id, country_code AS c FROM users WHERE id < 50) USING (user_id) WHERE stream_id < 40 ORDER BY stream_id;

-- all columns of streams joined to themselves
SELECT * FROM streams a JOIN streams b USING (user_id) WHERE a.stream_id BETWEEN 120 AND 130 AND b.stream_id > 3900 ORDER BY a.stream_id, b.stream_id;

-- all columns of users and of their streams
SELECT * FROM users JOIN (SELECT * FROM streams) AS s ON s.user_id = users.id WHERE users.id < 12 ORDER BY s.stream_id;
