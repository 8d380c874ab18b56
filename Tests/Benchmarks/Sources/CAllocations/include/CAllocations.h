#pragma once
#include <stddef.h>

/// How often memory was asked for since the process began.
unsigned long allocations_so_far(void);

/// How many bytes are in use now.
size_t bytes_in_use(void);
