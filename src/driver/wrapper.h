/* wrapper.h - what all wrappers of a driver's pointers look at first, and say when something fails. */
#pragma once

#include "driver/driver.h"

/* Fails with ERR_UNSUPPORTED: the store cannot ROLE ("move rows"). Always false. */
bool fail_role(const Conn *conn, const char *role, GError **error);

/* An object's name comes from a person or a plan; NUL cannot be in it, an empty one names nothing. */
bool check_object(const Conn *conn, const char *object, GError **error);

/* What the error happened to: "cannot VERB 'OBJECT' in store 'STORE': …". Always false. */
bool fail_object(const Conn *conn, const char *verb, const char *object, GError **error);

/* Callers make writers, never people: what is missing in one is a fault of ours. */
void check_writer(const Writer *writer);
