/* files.h - the reader of real files for catalog_read(). */
#pragma once

#include "catalog/catalog.h"

extern const CatalogReader catalog_files;
