"""player - what was played? GET /listeners/ID/streams."""
from serve import Service

player = Service("player", ["STREAMS"], {"recent": {"user": 1}, "on": {"user": 1}})
player.route("GET", "/listeners/{}/streams",
             lambda ident, _body: (200, {"recent": player.ask("recent", user=ident), "on": player.ask("on", user=ident)}))
player.serve()
