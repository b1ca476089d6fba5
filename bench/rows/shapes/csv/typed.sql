INSERT INTO users_v2 (user_id, full_name, email, country, signed_up, birth_year, tier, origin)
SELECT id, first_name || ' ' || last_name, email,
       CASE country_code WHEN 'UK' THEN 'GB' WHEN 'EL' THEN 'GR' ELSE country_code END,
       printf('%s-%02d-%s 00:00:00', substr(created, 8, 4),
              (instr('JanFebMarAprMayJunJulAugSepOctNovDec', substr(created, 1, 3)) + 2) / 3,
              substr(created, 5, 2)),
       nullif(birth_year, ''),
       CASE plan WHEN 'prem' THEN 'premium' WHEN 'fam' THEN 'family' WHEN 'stud' THEN 'student' ELSE plan END,
       'listening-v1'
FROM imported;
