with l as ({{ latest_rows(source('shop', 'people'), ['plan'], at='created') }})
select id, name, plan, how_often from l
