INSERT INTO streams_v2 (stream_id, user_id, track_uri, started_at, seconds_played, device, is_shuffle)
SELECT id, user_id, 'track:' || track,
       substr(started, 7, 4) || '-' || substr(started, 4, 2) || '-' || substr(started, 1, 2) || substr(started, 11),
       ms_played / 1000, coalesce(device, 'unknown'), shuffle = 'yes'
FROM streams_v1;
