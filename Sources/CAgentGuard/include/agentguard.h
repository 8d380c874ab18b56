/* What an agent gives up for good: thin, each call one thing, 0 or a negative errno. */
#ifndef AGENTGUARD_H
#define AGENTGUARD_H
#include <stdint.h>

/* No new privileges, no capabilities; nobody may trace this process or find its keys in a core file. */
int ag_drop_rights(void);
/* Most bytes of memory of its own; a process that asks for more ends. */
int ag_limit_memory(uint64_t bytes);
/* For all threads, those to come too: no other program or process, no listening, no reaching into other processes or the kernel. */
int ag_filter_calls(void);
#endif
