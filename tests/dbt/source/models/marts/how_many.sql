select {{ counted(source('shop', 'people')) }} as n
