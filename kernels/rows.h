/* rows.h: ops.def as a plain list. Define TM_ROW(name) before including it; it is undefined afterwards. */
#define TM_UNARY(name, ...) TM_ROW(name)
#define TM_BINARY(name, ...) TM_ROW(name)
#define TM_TERNARY(name, ...) TM_ROW(name)
#define TM_STRUCTURED(name, ...) TM_ROW(name)
#define TM_PLAIN(name, ...) TM_ROW(name)
#define TM_INTERNAL(name, ...) TM_ROW(name)
#include "ops.def"
#undef TM_ROW
