INSERT INTO target (customer_id, code, name, address, zip, city, region, country, phone, mail, web, contact, note, segment,
                    visits, orders, rating, spent, is_active, origin)
SELECT id, code, name, street || ' ' || house, zip, city, region, country, phone, mail, web, contact, note,
       CASE segment WHEN 'S' THEN 'small' WHEN 'M' THEN 'medium' WHEN 'L' THEN 'large' ELSE segment END,
       visits, orders, rating, spent, is_active, 'crm'
FROM source;
