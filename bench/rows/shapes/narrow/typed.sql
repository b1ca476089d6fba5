INSERT INTO target (sensor_id, measured_at, value, quality, batch)
SELECT sensor, at, value, CASE quality WHEN 0 THEN 'bad' WHEN 1 THEN 'fair' WHEN 2 THEN 'good' END, batch FROM source;
