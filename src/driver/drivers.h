/* drivers.h - one line for each driver; the list itself is in driver.c. */
#pragma once

#include "driver/driver.h"

extern const Driver driver_sqlite, driver_postgres, driver_mariadb, driver_csv, driver_ndjson,
    driver_redis, driver_kafka, driver_memory;
