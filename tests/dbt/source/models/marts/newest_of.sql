with n as ({{ newest(source('shop', 'people'), 'id', 'created') }})
select * from n
