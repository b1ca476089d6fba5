"""profile - who is a listener? GET /listeners/ID, GET /listeners/british."""
from serve import Refused, Service

profile = Service("profile", ["USERS"], {"listener": {"id": 1}, "british": {}})


def listener(ident, _body):
    found = profile.ask("listener", id=ident)
    if not found:
        raise Refused(404, f"there is no listener {ident}")
    return 200, found[0]


def count(_body):
    return 200, profile.ask("british")[0]


profile.route("GET", "/listeners/{}", listener)
profile.route("GET", "/listeners/british", count)
profile.serve()
