-- How many airports does the list have?
SELECT count(*) FROM airports;

-- All we know of airports in Hawaii
SELECT * FROM airports WHERE state = 'HI' ORDER BY iata;

-- Which zip codes belong to Providence?
select zip_code from zipcodes where city = 'Providence' and state = 'RI' order by zip_code desc;

-- The five most northern airports and where they lie
SELECT iata AS code, name, latitude AS lat, longitude lon
FROM airports
ORDER BY lat DESC, code
LIMIT 5;

-- States by number of airports, with an alias that is the new name of the column
SELECT state AS region, COUNT(*) AS count
FROM airports
GROUP BY region
HAVING count > 60
ORDER BY count DESC, region;

-- First letters of states, called like the column will be, so that grouping has two candidates
SELECT substr(state, 1, 1) AS region, count(*) AS n
FROM airports
WHERE country = 'USA'
GROUP BY region
ORDER BY 1;

-- Number of strikes by phase, where the alias of the number is a column's new name
SELECT phase, count(*) AS total
FROM birdstrikes
GROUP BY phase
HAVING total >= 90
ORDER BY total DESC, phase;

-- Strikes by size, sorted by an expression over the alias
SELECT size, count(*) AS count
FROM birdstrikes
GROUP BY size
ORDER BY count * -1, size;

-- Years with the costs of repair in them, grouped by an alias that is a function and will be a column
SELECT strftime('%Y', flight_date) AS date, sum(cost_repair) AS repair, sum(cost_total) AS total
FROM birdstrikes
GROUP BY date
ORDER BY date;

-- Months of the year 1992 with heavy damage
SELECT strftime('%m', flight_date) AS month,
       COUNT(*) FILTER (WHERE damage = 'Substantial') AS harm,
       COUNT(*) FILTER (WHERE damage <> 'None') AS damage
FROM birdstrikes
WHERE flight_date BETWEEN '1992-01-01' AND '1992-12-31'
GROUP BY month
ORDER BY month;

-- Cities that have an airport and a zip code, joined over two columns of one name
SELECT city, state, count(DISTINCT iata) AS fields, count(DISTINCT zip_code) AS postcodes
FROM airports
JOIN zipcodes USING (city, state)
GROUP BY city, state
ORDER BY postcodes DESC, city, state
LIMIT 40;

-- Left join over two columns: airports of Vermont that no zip code's city matches
SELECT a.iata, a.name, state, city
FROM airports a LEFT JOIN zipcodes z USING (state, city)
WHERE state = 'VT' AND z.zip_code IS NULL
ORDER BY a.iata;

-- Natural join of small extracts that share the names of city and state
SELECT *
FROM (SELECT city, state, iata FROM airports WHERE state IN ('RI', 'NH'))
NATURAL JOIN (SELECT city, state, county FROM zipcodes)
ORDER BY iata, county, city;

-- Natural join of airports and movies that have no column in common
SELECT f.iata, m.title
FROM (SELECT * FROM airports WHERE iata IN ('ORD', 'JFK', 'ATL')) AS f
NATURAL JOIN (SELECT * FROM movies WHERE worldwide_gross > 1000000000) AS m
ORDER BY f.iata, m.title;

-- Natural join of strikes and zip codes: nothing in common but later a state
SELECT b.species, z.county
FROM (SELECT * FROM birdstrikes WHERE cost_total > 400000) b NATURAL JOIN (SELECT * FROM zipcodes WHERE city = 'Newport') z
ORDER BY b.species, b.flight_date, z.zip_code, z.county, b.operator;

-- Airports that a movie is called after, where the bare name must stay the airport's
SELECT iata, name
FROM airports
WHERE EXISTS (SELECT 1 FROM movies WHERE title = name)
ORDER BY iata;

-- Zip codes of states for which strikes are known, the bare state being the outer one
SELECT DISTINCT state
FROM zipcodes
WHERE EXISTS (SELECT 1 FROM birdstrikes WHERE substr(upper(origin_state), 1, 1) = substr(state, 1, 1) AND size = 'Large')
ORDER BY state;

-- States with the number of strikes that begin with their letter
WITH s(state) AS (VALUES ('T'), ('L'), ('N'), ('X'))
SELECT state, (SELECT count(*) FROM birdstrikes WHERE origin_state LIKE state || '%') AS strikes
FROM s
ORDER BY state;

-- A date that comes from outside and strikes before it, with a column that will be called the same
WITH days(date) AS (VALUES ('1990-06-01'), ('1992-06-01'), ('1994-06-01'))
SELECT date, (SELECT count(*) FROM birdstrikes WHERE flight_date < date) AS before
FROM days
ORDER BY date;

-- Codes from a list, looked up among airports and zip codes
WITH wanted (code) AS (VALUES ('JFK'), ('LAX'), ('00501'), ('nowhere'))
SELECT code,
       (SELECT name FROM airports WHERE iata = code) AS field,
       (SELECT city FROM zipcodes WHERE zip_code = code) AS town
FROM wanted
ORDER BY code;

-- A CTE that shadows the table it reads
WITH airports AS (SELECT iata, city FROM main.airports WHERE state = 'AK' AND city LIKE 'K%')
SELECT city, count(iata) AS n FROM airports GROUP BY city ORDER BY city;

-- A CTE with the name of another old table, so that movies are zip codes here
WITH movies AS (SELECT county AS title, count(*) AS votes FROM zipcodes GROUP BY county)
SELECT title, votes FROM movies WHERE votes > 50 ORDER BY votes DESC, title;

-- Aliases crossed over: each table bears the other's new name
SELECT films.iata, fields.title
FROM airports AS films
JOIN movies AS fields ON fields.title = films.city
ORDER BY films.iata, fields.title, fields.release_date;

-- A table alias that is the name of a column
SELECT state.state, max(state.latitude) AS latitude, min(state.longitude) AS lon
FROM airports state
GROUP BY state.state
HAVING count(*) > 100
ORDER BY state.state;

-- The alias of a table is the new name of one of its columns
SELECT code.iata, code.name FROM airports AS code WHERE code.iata GLOB 'K*' OR code.iata = 'ORD' ORDER BY code.iata;

-- Films and birds of the same day
SELECT m.title AS name, count(*) AS count, max(b.speed) AS fastest
FROM movies AS m
JOIN birdstrikes AS b
  ON b.flight_date = substr(m.release_date, 8, 4) || '-' ||
     CASE substr(m.release_date, 1, 3)
       WHEN 'Jan' THEN '01' WHEN 'Feb' THEN '02' WHEN 'Mar' THEN '03' WHEN 'Apr' THEN '04' WHEN 'May' THEN '05' WHEN 'Jun' THEN '06'
       WHEN 'Jul' THEN '07' WHEN 'Aug' THEN '08' WHEN 'Sep' THEN '09' WHEN 'Oct' THEN '10' WHEN 'Nov' THEN '11' ELSE '12'
     END || '-' || substr(m.release_date, 5, 2)
GROUP BY m.title
ORDER BY count DESC, name
LIMIT 50;

-- Directors with at least six films, their best and their mean grade
SELECT director AS person, COUNT(*) AS films, MAX(imdb) AS best, ROUND(AVG(imdb), 2) AS score
FROM movies
WHERE director IS NOT NULL
GROUP BY person
HAVING COUNT(*) >= 6
ORDER BY score DESC, person;

-- Gross in whole millions, filtered by the alias
SELECT title, worldwide_gross / 1000000 AS gross
FROM movies
WHERE gross >= 700
ORDER BY gross DESC, title;

-- Long films, with an alias in WHERE that is the new name of another column
SELECT title AS name, minutes AS score
FROM movies
WHERE score > 170
ORDER BY name, score;

-- Three best graded films of each genre
SELECT genre, place, title, imdb
FROM (
  SELECT genre, title, imdb,
         row_number() OVER (PARTITION BY genre ORDER BY imdb DESC, votes DESC, title) AS place
  FROM movies
  WHERE imdb IS NOT NULL AND genre IS NOT NULL
)
WHERE place <= 3
ORDER BY genre, place;

-- Share of each distributor in its genre, by a named window
SELECT DISTINCT genre, distributor AS studio,
       sum(worldwide_gross) OVER both AS gross,
       round(100.0 * sum(worldwide_gross) OVER both / sum(worldwide_gross) OVER one, 1) AS share
FROM movies
WHERE genre IN ('Western', 'Musical', 'Concert/Performance')
WINDOW one AS (PARTITION BY genre), both AS (PARTITION BY genre, distributor)
ORDER BY genre, gross DESC, studio;

-- A window with the name that a column gets
SELECT title, director, rank() OVER score AS place, lag(title) OVER score AS before
FROM movies
WHERE director LIKE 'Steven S%'
WINDOW score AS (PARTITION BY director ORDER BY imdb DESC, title)
ORDER BY director, place, title;

-- Costs that run up month by month
SELECT month, cost, sum(cost) OVER (ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS total
FROM (SELECT substr(flight_date, 1, 7) AS month, sum(cost_total) AS cost FROM birdstrikes GROUP BY 1)
ORDER BY month;

-- Mean over three days of the number of strikes in May 1993
WITH d AS (
  SELECT date(flight_date) AS date, count(*) AS strikes
  FROM birdstrikes
  WHERE flight_date >= '1993-05-01' AND flight_date < '1993-06-01'
  GROUP BY date(flight_date)
)
SELECT date, strikes, round(avg(strikes) OVER w, 2) AS mean
FROM d
WINDOW w AS (ORDER BY date ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)
ORDER BY date;

-- Cost per group of sizes with the share of repairs
SELECT size AS "count", "damage" AS harm, SUM("cost_repair") AS repair, SUM([cost_total]) AS total, SUM(`cost_other`) AS other
FROM "birdstrikes"
WHERE [damage] <> 'None'
GROUP BY "size", "damage"
ORDER BY "size", "damage";

-- Loud letters: the same columns in any case
SELECT IATA, Name, CITY FROM Airports WHERE STATE = 'DE' OR State = 'RI' ORDER BY Iata;

-- A query with comments where nobody expects them
SELECT /* the code */ iata /* not city */ , -- a name, state
       a./* of the field */name
FROM airports /* state */ AS a
WHERE a . state /* old name */ = 'CT' -- iata
ORDER BY 1;

-- States that have airports but no zip codes in our extract
SELECT state FROM airports WHERE state IS NOT NULL
EXCEPT
SELECT state FROM zipcodes
ORDER BY state;

-- Names of places in both lists
SELECT city, state FROM airports
INTERSECT
SELECT city, state FROM zipcodes
ORDER BY state, city;

-- One list of codes from three tables, sorted by the first one's name
SELECT iata AS code, 'airport' AS kind FROM airports WHERE state = 'VT'
UNION ALL
SELECT zip_code, 'zip' FROM zipcodes WHERE county = 'Bristol' AND state = 'RI'
UNION ALL
SELECT title, 'film' FROM movies WHERE title LIKE '% Code'
ORDER BY code, kind;

-- The compound's names come from its first part, without an alias
SELECT iata, state FROM airports WHERE state IN ('RI', 'DE')
UNION
SELECT zip_code, county FROM zipcodes WHERE city = 'Warwick'
ORDER BY iata, state;

-- The compound inside brackets, read by the names of its first part
SELECT u.title, u.director
FROM (SELECT title, director FROM movies WHERE imdb > 8.6
      UNION SELECT species, damage FROM birdstrikes WHERE size = 'Large' AND damage = 'Substantial') AS u
WHERE u.director IS NOT NULL
ORDER BY u.title, u.director;

-- A compound with a LIMIT over counts of states
SELECT state, count(*) AS c FROM airports GROUP BY state
UNION ALL
SELECT origin_state, count(*) FROM birdstrikes GROUP BY origin_state
ORDER BY c DESC, state LIMIT 12 OFFSET 2;

-- Every degree of latitude from 40 to 47 with what lies there
WITH RECURSIVE lat(latitude) AS (
  SELECT 40
  UNION ALL
  SELECT latitude + 1 FROM lat WHERE latitude < 47
)
SELECT latitude,
       (SELECT count(*) FROM airports a WHERE CAST(a.latitude AS INT) = lat.latitude) AS fields,
       (SELECT count(*) FROM zipcodes z WHERE CAST(z.latitude AS INT) = lat.latitude) AS postcodes
FROM lat
ORDER BY latitude;

-- The same with a recursion whose column is the new name and stands bare in the subquery
WITH RECURSIVE steps(lat) AS (VALUES (30) UNION ALL SELECT lat + 5 FROM steps WHERE lat < 70)
SELECT lat, (SELECT count(*) FROM airports WHERE latitude >= lat AND latitude < lat + 5) AS n
FROM steps
ORDER BY lat;

-- A calendar of months of which some have no strike with high costs
WITH RECURSIVE calendar(date) AS (
  SELECT '1991-01-01' UNION ALL SELECT date(date, '+1 month') FROM calendar WHERE date < '1992-12-01'
), dear AS (
  SELECT date(flight_date, 'start of month') AS date, count(*) AS count, sum(cost_total) AS total
  FROM birdstrikes WHERE cost_total > 10000 GROUP BY 1
)
SELECT c.date, coalesce(d.count, 0) AS count, coalesce(d.total, 0) AS total
FROM calendar c LEFT JOIN dear d ON d.date = c.date
ORDER BY c.date;

-- Pairs of airports in one city
SELECT a.iata, b.iata, city
FROM airports a JOIN airports b USING (city, state)
WHERE a.iata < b.iata AND state IN ('TX', 'FL')
ORDER BY a.iata, b.iata;

-- Neighbours: airports of Rhode Island and Delaware close to each other
SELECT one.name AS "from", two.name AS "to", round(abs(one.latitude - two.latitude) + abs(one.longitude - two.longitude), 4) AS far
FROM airports one, airports two
WHERE one.state = 'RI' AND two.state = one.state AND one.iata <> two.iata
ORDER BY far, one.iata, two.iata;

-- Remakes: the same title twice with different dates
SELECT a.title, a.release_date AS first, b.release_date AS second
FROM movies AS a INNER JOIN movies AS b ON a.title = b.title AND a.rowid < b.rowid
ORDER BY a.title, first, second;

-- Titles that occur more than once
SELECT title AS name, count(*) FROM movies GROUP BY title HAVING count(*) > 1 ORDER BY title;

-- Names of columns that the tool will not see in an alias: no alias at all
SELECT title, director, minutes, imdb FROM movies WHERE minutes > 160 AND director IS NOT NULL ORDER BY title, imdb;

-- An expression without an alias keeps its text as its name in neither table, so it has one
SELECT upper(title) || ' (' || coalesce(director, 'unknown') || ')' AS title
FROM movies
WHERE imdb >= 8.5
ORDER BY title;

-- Films better than the mean of their distributor by far
SELECT title, distributor, imdb
FROM movies AS m
WHERE imdb > 2.5 + (SELECT avg(imdb) FROM movies WHERE distributor = m.distributor)
ORDER BY title, distributor;

-- The dearest strike of every size
SELECT b.size, b.flight_date, b.airport_name, b.cost_total
FROM birdstrikes b
WHERE b.cost_total = (SELECT max(cost_total) FROM birdstrikes WHERE size = b.size)
ORDER BY b.size, b.flight_date, b.airport_name;

-- The same by a row value
SELECT size, species, cost_total
FROM birdstrikes
WHERE (size, cost_total) IN (SELECT size, max(cost_total) FROM birdstrikes GROUP BY size)
ORDER BY size, species;

-- Counties whose names occur in several states
SELECT county AS district, group_concat(state, ',') AS states
FROM (SELECT DISTINCT county, state FROM zipcodes ORDER BY county, state)
GROUP BY county
HAVING count(*) >= 3
ORDER BY district;

-- Biggest county of each state by its zip codes
WITH n AS (SELECT state, county, count(*) AS codes FROM zipcodes GROUP BY state, county)
SELECT state, county, codes
FROM n AS o
WHERE NOT EXISTS (SELECT * FROM n WHERE state = o.state AND (codes > o.codes OR codes = o.codes AND county < o.county))
ORDER BY state;

-- Middle of each county, as JSON
SELECT json_object('county', county, 'state', state, 'lat', round(avg(latitude), 3), 'lon', round(avg(longitude), 3)) AS district
FROM zipcodes
WHERE state = 'CT'
GROUP BY county, state
ORDER BY county;

-- Films of a director as one JSON array, taken apart again
WITH d AS (
  SELECT director, json_group_array(title) AS titles FROM (SELECT director, title FROM movies WHERE director GLOB 'Q*' ORDER BY title) GROUP BY director
)
SELECT d.director AS person, j.value AS name
FROM d, json_each(d.titles) AS j
ORDER BY person, name;

-- Wanted genres come as JSON
SELECT g.value AS genre, count(m.title) AS films, max(m.minutes) AS runtime
FROM json_each('["Western","Musical","Opera"]') AS g LEFT JOIN movies AS m ON m.genre = g.value
GROUP BY g.value
ORDER BY genre;

-- Grades of size of audiences, by CASE
SELECT CASE WHEN votes IS NULL THEN 'none' WHEN votes < 1000 THEN 'few' WHEN votes < 50000 THEN 'some' ELSE 'many' END AS audience,
       count(*) AS films, round(avg(imdb), 2) AS imdb, min(tomatoes) AS tomatoes
FROM movies
GROUP BY audience
ORDER BY films DESC, audience;

-- Decades of films by a cast of a part of the date
SELECT CAST(substr(release_date, -4) AS INTEGER) / 10 * 10 AS date, count(*) AS n
FROM movies
GROUP BY 1
ORDER BY 1;

-- Losses: films that brought in less than half of what they cost, the alias of the difference sorted by
SELECT title, budget - worldwide_gross AS loss
FROM movies
WHERE worldwide_gross < budget / 2 AND budget > 60000000
ORDER BY loss DESC, title;

-- Operators whose every strike was without damage though they had many
SELECT operator
FROM birdstrikes
GROUP BY operator
HAVING count(*) > 5 AND sum(damage <> 'None') = 0
ORDER BY operator;

-- Median cost per phase from ranks
WITH ranked AS (
  SELECT phase, cost_total, row_number() OVER (PARTITION BY phase ORDER BY cost_total) AS r, count(*) OVER (PARTITION BY phase) AS count
  FROM birdstrikes
  WHERE cost_total > 0
)
SELECT phase, avg(cost_total) AS total FROM ranked WHERE r IN ((count + 1) / 2, (count + 2) / 2) GROUP BY phase ORDER BY phase;

-- Quarters of aircraft by their mean speed
SELECT make_model AS aircraft, mean, ntile(4) OVER (ORDER BY mean, make_model) AS quarter
FROM (SELECT make_model, round(avg(speed), 2) AS mean FROM birdstrikes WHERE speed > 0 GROUP BY make_model HAVING count(*) > 12)
ORDER BY quarter, mean, aircraft;

-- Report: airports with strikes, species, costs and their rank, in five steps
WITH base AS (
  SELECT airport_name AS name, origin_state AS state, species, damage AS harm, coalesce(cost_total, 0) AS total, flight_date AS date
  FROM birdstrikes
),
per_name AS (SELECT name, state, count(*) AS count, sum(total) AS total, min(date) AS first, max(date) AS last FROM base GROUP BY name, state),
per_state AS (SELECT state, sum(count) AS count, sum(total) AS total FROM per_name GROUP BY state),
worst AS (SELECT name, state, sum(harm <> 'None') AS harm FROM base GROUP BY 1, 2),
ranked AS (
  SELECT p.*, w.harm, s.total AS of_state, rank() OVER (PARTITION BY p.state ORDER BY p.count DESC, p.name) AS place
  FROM per_name p JOIN worst w USING (name, state) JOIN per_state s USING (state)
  WHERE s.count > 60
)
SELECT state, name, count, harm, total, of_state, julianday(last) - julianday(first) AS days
FROM ranked
WHERE place <= 3
ORDER BY state, place;

-- Report on genres: years, best film and share of all receipts
WITH money(genre, gross) AS (SELECT genre, sum(worldwide_gross) FROM movies GROUP BY genre),
all_money(gross) AS (SELECT sum(gross) FROM money),
best AS (SELECT genre, title, imdb, row_number() OVER (PARTITION BY genre ORDER BY imdb DESC, title) AS n FROM movies WHERE votes > 1000)
SELECT m.genre, round(100.0 * m.gross / a.gross, 2) AS share, b.title AS name, b.imdb AS score
FROM money m CROSS JOIN all_money a LEFT JOIN best b ON b.genre IS m.genre AND b.n = 1
ORDER BY share DESC, m.genre;

-- A CTE inside a CTE, both of one name
WITH x AS (
  WITH x AS (SELECT state, iata FROM airports WHERE latitude > 60)
  SELECT state, count(iata) AS iata FROM x GROUP BY state
)
SELECT state, iata FROM x ORDER BY state;

-- An inner CTE hides an outer table for the subquery only
SELECT (WITH airports(iata) AS (VALUES ('none'), ('two')) SELECT count(iata) FROM airports) AS short, count(iata) AS long
FROM airports;

-- CTE columns with swapped names: what is called county is a city
WITH places(county, city) AS (SELECT city, county FROM zipcodes WHERE state = 'RI')
SELECT city, count(county) AS n, min(county) AS least FROM places GROUP BY city ORDER BY city;

-- A CTE that passes everything on, joined with the table
WITH z AS (SELECT * FROM zipcodes WHERE state = 'NH')
SELECT z.county, count(*) AS n, count(a.iata) AS fields
FROM z LEFT JOIN airports a ON a.city = z.city AND a.state = z.state
GROUP BY z.county
ORDER BY z.county;

-- All of one side of a join
SELECT a.* FROM airports a JOIN zipcodes z ON z.city = a.city AND z.state = a.state WHERE z.county = 'Middlesex' ORDER BY a.iata, z.zip_code;

-- All of both sides, with names twice
SELECT z.*, a.* FROM zipcodes AS z JOIN airports AS a ON a.city = z.city AND a.state = z.state WHERE a.iata IN ('PVD', 'BTV', 'MHT', 'BDL', 'PWM') ORDER BY z.zip_code, a.iata;

-- Cheap pages: how many hundreds of strikes there are
SELECT count(*) / 100 AS pages, max(flight_date) AS date FROM birdstrikes;

-- Strikes near a weekend
SELECT CASE strftime('%w', flight_date) WHEN '0' THEN 'Sunday' WHEN '6' THEN 'Saturday' ELSE 'week' END AS "day of week", count(*) AS "count"
FROM birdstrikes
GROUP BY "day of week"
ORDER BY "count" DESC;

-- Extremes with the row that they come from
SELECT state, name, max(latitude) AS latitude FROM airports WHERE state IN ('CA', 'AK', 'FL', 'NY') GROUP BY state ORDER BY state;

-- States by airports that are east of all its zip codes
SELECT a.state, count(*) AS n
FROM airports AS a
WHERE a.longitude > (SELECT max(longitude) FROM zipcodes WHERE state = a.state)
GROUP BY a.state
ORDER BY a.state;

-- Zip codes not in any county that a place of an airport has
SELECT state, count(*) AS n
FROM zipcodes
WHERE county NOT IN (SELECT z.county FROM zipcodes z, airports a WHERE z.city = a.city AND z.state = a.state)
GROUP BY state
ORDER BY state;

-- Names of streets in the air: airport names that say county
SELECT count(*) AS county, sum(name LIKE '%Municipal%') AS city, sum(name GLOB '*Intl*') AS country FROM airports WHERE name LIKE '%County%' OR name LIKE '%Municipal%' OR name GLOB '*Intl*';

-- A string that is named like columns stays a string
SELECT 'state' AS label, 'iata' || ':' || iata AS value FROM airports WHERE state = 'RI' ORDER BY value;

-- A star count inside a scalar and a bare name two levels out
SELECT city, state
FROM zipcodes
WHERE state = 'NH' AND 1 < (SELECT count(*) FROM airports WHERE airports.city = zipcodes.city AND EXISTS (SELECT 1 FROM movies WHERE title > name AND imdb > 8.8))
ORDER BY city, zip_code;

-- Three levels: bare county of the outermost query, while an inner table has a code
SELECT DISTINCT county
FROM zipcodes
WHERE county IN (SELECT title FROM movies WHERE title = county)
   OR county IN (SELECT city FROM airports WHERE state = 'MA' AND city = county)
ORDER BY county;

-- A code of a derived table beside tables that will have one
-- refused: captured-name
SELECT code, name
FROM (SELECT 'BOS' AS code UNION SELECT 'BUF' UNION SELECT 'XXX') JOIN airports ON iata = code
ORDER BY code;

-- A date of a derived table, bare, beside strikes
SELECT date, species
FROM (SELECT '1990-01-08' AS date UNION SELECT '1992-10-24') AS d JOIN birdstrikes ON flight_date = date
ORDER BY date, species, airport_name, operator;

-- A score and a name from derived tables beside the movies
SELECT name, score, count(*) AS n
FROM (SELECT 'high' AS name, 8 AS score UNION ALL SELECT 'low', 3) AS grade
JOIN movies ON imdb BETWEEN score - 0.2 AND score + 0.2
GROUP BY name, score
ORDER BY name;

-- A town from a derived table joined with zip codes by a bare name
SELECT town, zip_code FROM (VALUES ('Newport'), ('Bristol')) AS v, (SELECT 'Newport' AS town) AS t JOIN zipcodes ON city = town WHERE v.column1 = town ORDER BY zip_code;

-- State and region of different tables under crossed aliases
SELECT a.state AS region, b.origin_state AS state, count(*) AS n
FROM (SELECT state FROM airports WHERE iata IN ('DFW', 'MSY')) AS a
JOIN birdstrikes AS b ON substr(upper(b.origin_state), 1, 1) = substr(a.state, 1, 1)
GROUP BY a.state, b.origin_state
ORDER BY region, state;

-- Listeners' countries and the airports' country by one bare word
SELECT country, count(*) AS n FROM airports WHERE country NOT IN (SELECT country_code FROM users) GROUP BY country ORDER BY country;

-- For each plan the users born before a film of the same number of minutes was long
SELECT plan, count(*) AS members
FROM users
WHERE birth_year - 1900 IN (SELECT minutes FROM movies WHERE minutes < 90 AND plan IS NOT NULL)
GROUP BY plan
ORDER BY plan;

-- Tracks and titles that begin with the same word
SELECT substr(track, 1, 5) AS word, count(*) AS n, (SELECT count(*) FROM movies WHERE title LIKE substr(track, 1, 5) || '%') AS films
FROM streams
GROUP BY word
ORDER BY word;

-- Users who listen on the day of the year of a dear strike
SELECT DISTINCT u.id, u.plan
FROM users u JOIN streams s ON s.user_id = u.id
WHERE strftime('%m-%d', s.started) IN (SELECT strftime('%m-%d', flight_date) FROM birdstrikes WHERE cost_total > 300000)
ORDER BY u.id
LIMIT 60;

-- The mean of grades with weights, rounded, for each rating
SELECT rating, round(sum(imdb * votes) / sum(votes), 3) AS score, total(votes) AS total
FROM movies
WHERE imdb IS NOT NULL AND rating NOT NULL
GROUP BY rating
ORDER BY score DESC, rating;

-- Functions that are called like columns will be: date, count and total
SELECT date(min(flight_date)) AS first, count(size) AS sized, total(cost_total) AS cost, count(DISTINCT origin_state) AS states FROM birdstrikes;

-- Lead and lag of costs by day at one airport
SELECT flight_date, cost_total - lag(cost_total, 1, 0) OVER d AS change, first_value(species) OVER (d ROWS UNBOUNDED PRECEDING) AS first
FROM birdstrikes
WHERE airport_name = 'LAGUARDIA NY' AND damage <> 'None'
WINDOW d AS (ORDER BY flight_date, species, operator, cost_total)
ORDER BY flight_date, species, operator, cost_total;

-- Best day, by a limit in a scalar subquery
SELECT count(*) AS n
FROM birdstrikes
WHERE flight_date = (SELECT flight_date FROM birdstrikes GROUP BY flight_date ORDER BY count(*) DESC, flight_date LIMIT 1);

-- Alternatives in ORDER BY: expression over a column that has an alias of another's name
SELECT title AS director, director AS title
FROM movies
WHERE director LIKE 'W%'
ORDER BY director, title;

-- Sorting by a column hidden behind an alias, qualified so that it is the column
SELECT m.title AS imdb, m.imdb AS title FROM movies m WHERE m.imdb >= 8.7 ORDER BY m.imdb DESC, m.title;

-- Group by what is a column and an alias at once: the column wins
SELECT upper(substr(county, 1, 1)) AS state, count(*) AS n FROM zipcodes WHERE county IS NOT NULL GROUP BY state ORDER BY n DESC, 1;

-- Full outer join of states with airports and with zip codes
SELECT coalesce(a.state, z.state) AS state, a.n AS fields, z.n AS codes
FROM (SELECT state, count(*) AS n FROM airports GROUP BY state) AS a
FULL OUTER JOIN (SELECT state, count(*) AS n FROM zipcodes GROUP BY state) AS z ON z.state = a.state
ORDER BY state, fields, codes;

-- Right join by USING of small sets
SELECT state, n, m
FROM (SELECT state, count(*) AS n FROM airports WHERE latitude > 43 GROUP BY state) RIGHT JOIN (SELECT state, count(*) AS m FROM zipcodes GROUP BY state) USING (state)
ORDER BY state;

-- Three tables with one USING each
SELECT county, count(DISTINCT a.iata) AS a, count(DISTINCT y.zip_code) AS z
FROM airports a JOIN zipcodes z USING (city) JOIN zipcodes y USING (county)
WHERE a.state = z.state AND y.state = z.state AND z.state = 'VT'
GROUP BY county
ORDER BY county;

-- First letters of codes under the code's own name, sorted by the alias and not by the column
SELECT DISTINCT substr(iata, 1, 1) AS iata FROM airports WHERE state = 'NY' ORDER BY iata;

-- Reversed alias: the length of a city's name under the city's name, grouped by the column
SELECT length(city) AS city, count(*) AS n FROM zipcodes WHERE state = 'RI' GROUP BY city ORDER BY city, n;

-- Titles sorted in another collation and then by what the alias says
SELECT lower(title) AS title, imdb AS score FROM movies WHERE genre = 'Western' AND imdb > 7 ORDER BY title COLLATE NOCASE DESC, score;

-- Damage that is a string in double quotes
SELECT "damage", count(*) AS "n" FROM birdstrikes WHERE damage <> 'None' GROUP BY "damage" ORDER BY "n" DESC, "damage";

-- Rows by their number in the table
SELECT rowid, iata FROM airports WHERE rowid <= 5 ORDER BY rowid;

-- The schema before the table and the table before the column
SELECT main.airports.iata, airports.state FROM main.airports WHERE main.airports.state = 'DC' OR airports.state = 'RI' ORDER BY main.airports.iata;

-- A CTE as the right side of IN
WITH hot AS (SELECT state FROM zipcodes GROUP BY state HAVING count(*) > 300)
SELECT state, count(*) AS n FROM airports WHERE state IN hot GROUP BY state ORDER BY state;

-- Materialized or not
WITH state AS MATERIALIZED (SELECT state, count(*) AS n FROM airports GROUP BY state),
     county AS NOT MATERIALIZED (SELECT county, state, count(*) AS n FROM zipcodes GROUP BY county, state)
SELECT county.county, state.state, county.n, state.n AS m FROM county JOIN state ON state.state = county.state WHERE county.n > 40 ORDER BY county.n DESC, county.county;

-- Frames by range and by groups that leave out ties
SELECT minutes, count(*) AS n,
       sum(count(*)) OVER (ORDER BY minutes RANGE BETWEEN 5 PRECEDING AND 5 FOLLOWING) AS near,
       sum(count(*)) OVER (ORDER BY minutes / 10 GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) AS grouped
FROM movies
WHERE minutes >= 150
GROUP BY minutes
ORDER BY minutes;

-- A join in brackets
SELECT z.county, a.iata
FROM (airports AS a JOIN zipcodes AS z ON a.city = z.city AND a.state = z.state)
WHERE a.state = 'VT'
ORDER BY z.zip_code, a.iata;

-- Renamed twice: inner names are each other's new ones, read with a star
SELECT * FROM (SELECT iata AS region, state AS code, city AS lat FROM airports WHERE state = 'RI') ORDER BY region;

-- A star over a CTE with a list of columns
WITH t (title, name, date) AS (SELECT iata, name, city FROM airports WHERE state = 'HI') SELECT t.* FROM t WHERE date LIKE 'K%' ORDER BY title;

-- Paths in JSON named like columns
SELECT json_extract(doc, '$.state') AS state, json_extract(doc, '$.iata') AS code, doc ->> '$.city' AS city
FROM (SELECT json_object('state', state, 'iata', iata, 'city', city) AS doc FROM airports WHERE state = 'RI')
ORDER BY code;

-- A left join by USING keeps the left side's city, found bare
SELECT city, z.city AS town, a.iata
FROM (SELECT * FROM airports WHERE state = 'NH') AS a LEFT JOIN (SELECT DISTINCT city, state FROM zipcodes) AS z USING (city, state)
ORDER BY city, a.iata;

-- Users beside zip codes: nothing shared yet, though a state is coming
SELECT u.id, z.zip_code
FROM (SELECT * FROM users WHERE id < 4) AS u NATURAL JOIN (SELECT * FROM zipcodes WHERE city = 'Newport' AND state = 'RI') AS z
ORDER BY u.id, z.zip_code;

-- Plans of users and states of airports under one another's names
SELECT u.plan AS region, a.state AS plan, count(*) AS n
FROM users u JOIN airports a ON a.state = 'RI' AND u.id % 50 = 0
GROUP BY u.plan, a.state
ORDER BY region;

-- The bare plan of outer users, in a subquery over strikes that will have a state too
SELECT id, plan FROM users WHERE id < 40 AND EXISTS (SELECT 1 FROM birdstrikes WHERE size = 'Large' AND plan = 'prem') ORDER BY id;

-- The bare country of airports in a subquery over users, whose country will be called so
SELECT DISTINCT country FROM airports WHERE 0 = (SELECT count(*) FROM users WHERE substr(country, 1, 2) = country_code) ORDER BY country;

-- The bare title of a film in a subquery over streams, which will have titles
SELECT title FROM movies WHERE imdb > 8.5 AND EXISTS (SELECT 1 FROM streams WHERE length(title) = seconds % 20 + 12 AND device = 'car') ORDER BY title;

-- The bare name of an airport twice removed, past zip codes, in a subquery over movies
SELECT iata FROM airports
WHERE EXISTS (SELECT 1 FROM zipcodes WHERE zipcodes.city = airports.city AND zipcodes.state = airports.state
              AND EXISTS (SELECT 1 FROM movies WHERE substr(title, 1, 3) = substr(name, 1, 3)))
ORDER BY iata;

-- Lists of species in a correlated, sorted and cut subquery
SELECT o.operator, (SELECT group_concat(species, '; ') FROM (SELECT DISTINCT species FROM birdstrikes WHERE operator = o.operator AND size = 'Large' ORDER BY species LIMIT 3)) AS species
FROM (SELECT operator FROM birdstrikes GROUP BY operator HAVING count(*) > 40) AS o
ORDER BY o.operator;

-- A walk from town to town to the nearest higher zip code
WITH RECURSIVE walk(code, town, step) AS (
  SELECT zip_code, city, 1 FROM zipcodes WHERE zip_code = '02801'
  UNION ALL
  SELECT z.zip_code, z.city, step + 1 FROM walk JOIN zipcodes AS z ON z.zip_code = (SELECT min(zip_code) FROM zipcodes WHERE zip_code > code AND city <> town) WHERE step < 12
)
SELECT code, town, step FROM walk ORDER BY step;

-- Without IS DISTINCT there is IS NOT, and NULLs go last
SELECT director, minutes FROM movies WHERE imdb > 8.4 AND director IS NOT 'Steven Spielberg' ORDER BY director NULLS LAST, minutes DESC NULLS LAST, title;

-- A percent sign that is meant and a cast in HAVING
SELECT distributor, count(*) AS n FROM movies WHERE title NOT LIKE '%!%%' ESCAPE '!' GROUP BY distributor HAVING CAST(avg(minutes) AS INT) BETWEEN 100 AND 130 AND count(minutes) > 10 ORDER BY n DESC, distributor;

-- Values joined to strikes by two columns at once
SELECT v.column1 AS size, v.column2 AS damage, count(b.species) AS n
FROM (VALUES ('Large', 'Minor'), ('Large', 'Substantial'), ('Tiny', 'None')) AS v
LEFT JOIN birdstrikes b ON (b.size, b.damage) = (v.column1, v.column2)
GROUP BY 1, 2
ORDER BY 1, 2;

-- A word in double quotes that is a column nowhere yet, hence a text
-- refused: captured-name
SELECT "total" AS word, count(*) AS n FROM birdstrikes;

-- Airports whose own name is missing from the films, the NOT IN side bare
SELECT count(*) AS n FROM airports WHERE name NOT IN (SELECT title FROM movies WHERE title IS NOT NULL AND title <> name || '!');

-- An alias in ORDER BY of a compound that is a new name in one part
SELECT species AS code FROM birdstrikes WHERE cost_total > 300000 UNION SELECT name FROM airports WHERE state = 'RI' ORDER BY code DESC;

-- A subquery in ORDER BY over the outer bare name
SELECT iata, name FROM airports WHERE state = 'RI' ORDER BY (SELECT count(*) FROM movies WHERE title < name), iata;

-- A subquery in the ON of a join
SELECT a.iata, z.zip_code FROM airports a JOIN zipcodes z ON z.zip_code = (SELECT min(zip_code) FROM zipcodes WHERE city = a.city AND state = a.state) WHERE a.state = 'ME' ORDER BY iata;

-- CASE on a bare column in the frame of a filter
SELECT origin_state, count(*) FILTER (WHERE CASE size WHEN 'Large' THEN damage <> 'None' ELSE cost_total > 1000 END) AS bad, sum(cost_total) FILTER (WHERE phase = 'Climb') AS climb
FROM birdstrikes GROUP BY origin_state HAVING bad > 2 ORDER BY bad DESC, origin_state;

-- A named window built upon another, with an alias that is a new name in its order
SELECT genre, title, minutes AS runtime, sum(minutes) OVER (g ORDER BY minutes, title) AS so_far
FROM movies WHERE minutes > 165 WINDOW g AS (PARTITION BY genre) ORDER BY genre, runtime, title;

-- Window order by a word that is an alias and will be a column
SELECT title, imdb AS score, dense_rank() OVER (ORDER BY imdb DESC) AS place FROM movies WHERE votes > 200000 ORDER BY score DESC, title;

-- A derived star beside a table with a star
SELECT d.*, m.title FROM (SELECT director, max(imdb) AS imdb FROM movies WHERE director GLOB 'A*' GROUP BY director) AS d JOIN movies m USING (director, imdb) ORDER BY director, title;

-- USING over two derived tables of one name, then the bare name in a subquery
SELECT county, (SELECT count(*) FROM zipcodes AS i WHERE i.county = x.county) AS n
FROM (SELECT DISTINCT county FROM zipcodes WHERE state = 'CT') AS x JOIN (SELECT DISTINCT county FROM zipcodes WHERE state = 'NJ') AS y USING (county)
ORDER BY county;

-- Self join of zip codes by NATURAL over extracts under different aliases
SELECT count(*) AS n FROM (SELECT zip_code, city FROM zipcodes WHERE state = 'VT') NATURAL JOIN (SELECT city, county FROM zipcodes WHERE state = 'NH');

-- Self join by USING of all the names
SELECT count(*) AS n, min(x.city) AS city FROM zipcodes x JOIN zipcodes y USING (zip_code, city, county, state);

-- A CTE with the columns of a table under new names, and the table joined by USING
WITH code(city, state, strikes) AS (SELECT city, state, count(*) FROM airports GROUP BY city, state)
SELECT city, state, strikes, zip_code FROM code JOIN zipcodes USING (city, state) WHERE strikes > 1 ORDER BY zip_code;

-- USING between a CTE's column and a column that is renamed, read bare and qualified
WITH k AS (SELECT 'Newport' AS city UNION SELECT 'Dover') SELECT city, k.city AS c, zipcodes.city AS z, zip_code FROM k JOIN zipcodes USING (city) ORDER BY zip_code;

-- The only column of a star through two layers
SELECT * FROM (SELECT * FROM (SELECT DISTINCT state FROM airports WHERE latitude > 48)) ORDER BY state;

-- A star with more columns in front of it
SELECT 1 AS one, zipcodes.*, county AS district FROM zipcodes WHERE city = 'Barrington' ORDER BY zip_code;

-- A star through two CTEs and a filter by an old name
WITH a AS (SELECT * FROM movies WHERE votes > 250000), b AS (SELECT * FROM a WHERE minutes > 120) SELECT * FROM b WHERE director IS NOT NULL ORDER BY title;

-- Members of a star that are counted only
SELECT count(*) AS n FROM (SELECT * FROM birdstrikes EXCEPT SELECT * FROM birdstrikes WHERE size = 'Small');

-- Two stars in a union of like tables
SELECT * FROM zipcodes WHERE state = 'RI' AND county = 'Kent' UNION SELECT * FROM zipcodes WHERE city = 'Newport' ORDER BY zip_code;

-- Aggregates with DISTINCT over a case and without rows
SELECT count(DISTINCT CASE WHEN imdb > 8 THEN director END) AS good, max(release_date) FILTER (WHERE 0) AS nobody, iif(count(minutes) > 10, 'many', 'few') AS runtime FROM movies;

-- Row values compared, and BETWEEN with columns on both sides
SELECT iata FROM airports WHERE (state, city) > ('WY', 'R') OR latitude BETWEEN longitude + 200 AND latitude ORDER BY iata;

-- Old names as aliases of other columns, used in an outer query
SELECT iata, state FROM (SELECT name AS iata, city AS state, latitude AS name FROM airports WHERE state = 'RI') WHERE name > 41.3 ORDER BY iata;

-- One name of three things: table, alias and column
SELECT zipcodes.zip_code AS zipcodes, city.city AS county FROM zipcodes, (SELECT DISTINCT city FROM airports WHERE state = 'RI') AS city WHERE zipcodes.city = city.city AND zipcodes.state = 'RI' ORDER BY zipcodes;

-- Aliases that are written without AS and are keywords elsewhere
SELECT date.flight_date first, date.species last FROM birdstrikes date WHERE date.cost_total > 250000 ORDER BY first, last;

-- The alias count beside the function count, with the table called total
SELECT total.size, count(*) count, count(total.size) total FROM birdstrikes total GROUP BY total.size ORDER BY total.size;

-- HAVING without GROUP BY and a scalar in LIMIT
SELECT max(cost_total) AS most FROM birdstrikes HAVING count(*) > (SELECT count(*) / 10 FROM movies);

-- A limit that is computed by a query
SELECT title FROM movies WHERE imdb IS NOT NULL ORDER BY imdb DESC, title, votes LIMIT (SELECT count(DISTINCT size) FROM birdstrikes);

-- Members as a CTE, though users turn into members and are not read here
WITH members AS (SELECT director AS id, count(*) AS films FROM movies WHERE director IS NOT NULL GROUP BY director) SELECT id, films FROM members WHERE films > 9 ORDER BY films DESC, id;

-- A bare alias of an outer query in the subquery of its ORDER BY
SELECT state AS region, count(*) AS n FROM airports GROUP BY state HAVING n > 80 ORDER BY (SELECT count(*) FROM zipcodes WHERE zipcodes.state = airports.state) DESC, region;

-- An alias used inside a correlated subquery of the same SELECT's WHERE
SELECT city AS place, zip_code FROM zipcodes WHERE state = 'RI' AND EXISTS (SELECT 1 FROM airports WHERE airports.city = place) ORDER BY zip_code;

-- An outer alias in a subquery whose table will have a column of that name
-- refused: captured-name
SELECT county AS region, zip_code FROM zipcodes WHERE state = 'VT' AND EXISTS (SELECT 1 FROM airports WHERE airports.city = region) ORDER BY zip_code;

-- Compound ORDER BY with an expression's position and a name of the second part
SELECT city FROM zipcodes WHERE state = 'RI' AND city LIKE 'W%' UNION SELECT name FROM airports WHERE state = 'RI' ORDER BY city;

-- A compound in a CTE with a name from the first part that becomes another
WITH all_codes AS (SELECT iata, state FROM airports UNION ALL SELECT zip_code, state FROM zipcodes) SELECT state, min(iata) AS least, count(*) AS n FROM all_codes GROUP BY state ORDER BY n DESC, state LIMIT 20;

-- A compound in FROM whose first part is a star
SELECT city, county FROM (SELECT * FROM zipcodes WHERE state = 'RI' UNION ALL SELECT iata, latitude, longitude, city, state, country FROM airports WHERE state = 'RI') ORDER BY city, county, zip_code;

-- VALUES first, then the table, columns by position
SELECT column1, column2 FROM (VALUES ('code', 'region') UNION ALL SELECT iata, state FROM airports WHERE state = 'RI') ORDER BY column1;

-- Union's first part made by a CTE without column names
WITH x AS (SELECT director, imdb FROM movies WHERE imdb > 8.7), y AS (SELECT x.director, x.imdb, 'x' AS source FROM x) SELECT y.director, y.imdb, source FROM y ORDER BY imdb, director;

-- Recursion that begins from a renamed column without a column list
WITH RECURSIVE up AS (SELECT zip_code, city, 0 AS depth FROM zipcodes WHERE zip_code = '02802' UNION ALL SELECT (SELECT min(z.zip_code) FROM zipcodes z WHERE z.zip_code > up.zip_code), up.city, depth + 1 FROM up WHERE depth < 5) SELECT zip_code, city, depth FROM up ORDER BY depth;

-- IN with a tuple of a self join and the bare names inside
SELECT title, release_date FROM movies WHERE (title, release_date) IN (SELECT a.title, a.release_date FROM movies a JOIN movies b USING (title) WHERE a.release_date <> b.release_date) ORDER BY title, release_date;

-- A left side alias that equals the right side's new table
SELECT postcodes.iata, films.zip_code FROM airports AS postcodes, zipcodes AS films WHERE postcodes.city = films.city AND postcodes.state = films.state AND films.state = 'RI' ORDER BY 1, 2;

-- Two subqueries deep, the alias of the middle one is the outer table's new name
SELECT movies.title FROM movies WHERE movies.imdb > 8 AND EXISTS (SELECT 1 FROM (SELECT 1 AS one) AS films WHERE films.one < length(movies.director)) ORDER BY movies.title;

-- The alias of a table-valued function is a column of the table
SELECT m.title, size.value AS word FROM movies AS m, json_each(json_array(m.director, m.minutes)) AS size WHERE m.imdb > 8.7 AND size.key = 0 ORDER BY m.title;

-- Columns of json_each bare beside columns of the movies
SELECT title, key, value FROM movies, json_each(json_array(director, distributor)) WHERE imdb > 8.8 ORDER BY title, key;

-- Strikes counted by the word of their size through a lookup with the new name
WITH lookup(count, label) AS (VALUES ('Large', 3), ('Medium', 2), ('Small', 1)) SELECT lookup.count, label, count(b.size) AS n FROM lookup JOIN birdstrikes b ON b.size = lookup.count GROUP BY lookup.count, label ORDER BY label;

-- The lookup's name bare, where the strikes have no alias
WITH lookup(harm, label) AS (VALUES ('Minor', 'm'), ('Substantial', 's')) SELECT label, count(*) AS n FROM lookup JOIN birdstrikes ON damage = harm GROUP BY label ORDER BY label;

-- Window partition by a bare alias-like word of a derived table
SELECT region, n, sum(n) OVER (PARTITION BY substr(region, 1, 1) ORDER BY region) AS total FROM (SELECT state AS region, count(*) AS n FROM airports GROUP BY state) ORDER BY region;

-- Long names by GROUP BY in any case with a renamed column in a function call's ORDER
SELECT PHASE, MAX(LENGTH(Make_Model)) AS "Aircraft", MIN("FLIGHT_DATE") AS [Date] FROM BIRDSTRIKES GROUP BY Phase ORDER BY phase;

-- A CTE that is called as its own table will be
WITH strikes AS (SELECT airport_name, cost_total FROM birdstrikes WHERE cost_total > 0)
SELECT airport_name, sum(cost_total) AS total FROM strikes GROUP BY airport_name ORDER BY total DESC, airport_name LIMIT 10;

-- A CTE that is called as its table will be, joined to that table by a name
WITH films AS (SELECT distributor, avg(imdb) AS score FROM movies WHERE imdb IS NOT NULL GROUP BY distributor)
SELECT m.title, round(films.score, 3) AS usual, m.imdb FROM movies m JOIN films USING (distributor) WHERE m.imdb > films.score + 2.2 ORDER BY m.title, m.imdb;

-- Two CTEs with names that tables get, whose columns trade places
WITH films(name) AS (SELECT title FROM movies UNION SELECT director FROM movies),
     fields(title) AS (SELECT name FROM airports UNION SELECT city FROM airports)
SELECT count(*) AS n FROM films LEFT JOIN fields ON name = title;

-- A CTE called as a table is that only a subquery reads
WITH plays AS (SELECT count(*) AS n FROM movies) SELECT n, (SELECT count(*) FROM streams) AS streams FROM plays;

-- An airport of which nothing is known beside an alias that the airports get
SELECT airports.iata FROM airports WHERE airports.state = 'MA' AND NOT EXISTS (SELECT 1 FROM zipcodes AS fields WHERE fields.city = airports.city AND fields.state = airports.state) ORDER BY airports.iata;

-- Directors' initials under the name that the column gets
SELECT substr(director, 1, 1) AS person, count(*) AS films FROM movies WHERE director IS NOT NULL GROUP BY person HAVING films > 20 ORDER BY films DESC, person;

-- Operators with damage of more than two kinds, counted under the new name of the column
SELECT operator, count(DISTINCT damage) AS harm, group_concat(DISTINCT damage) IS NOT NULL AS some FROM birdstrikes WHERE damage != 'None' GROUP BY operator HAVING harm > 2 ORDER BY operator;

-- Speed of strikes in bands, filtered by a number that is called as a column will be
SELECT time_of_day, speed / 50 * 50 AS band, count(*) AS count, max(cost_total) AS total FROM birdstrikes WHERE speed IS NOT NULL GROUP BY time_of_day, band HAVING count >= 10 AND total > 0 ORDER BY time_of_day, band;

-- Two aliases that trade the names of columns, in WHERE and within ORDER BY
SELECT title AS name, imdb * 10 AS score, minutes / 60.0 AS runtime FROM movies WHERE score > 70 AND runtime > 2 ORDER BY -score, runtime + 1, name;

-- Natural join of two renamed tables, of which other columns get one name
SELECT iata, zip_code, city FROM airports NATURAL LEFT JOIN zipcodes WHERE state = 'RI' ORDER BY iata;

-- All strikes joined to themselves
SELECT count(*) AS n FROM birdstrikes a NATURAL JOIN birdstrikes b WHERE a.cost_total > 50000;

-- All columns, no order, joined by USING
SELECT * FROM airports JOIN zipcodes USING (city, state) WHERE zip_code LIKE '028%';

-- All columns by nature
SELECT * FROM airports NATURAL LEFT JOIN zipcodes WHERE state IN ('RI', 'DE') ORDER BY iata, zip_code;
