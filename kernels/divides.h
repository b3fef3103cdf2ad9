/* divides.h: which formulas of ops.def divide integers, so that a device looks for zeros before it runs them. */
#ifndef TM_DIVIDES_H
#define TM_DIVIDES_H

#include <string.h>

static inline int tm_formula_divides(const char *formula) {
    return strstr(formula, "div_trunc(") || strstr(formula, "div_floor(") || strstr(formula, "fmod(") ||
           strstr(formula, "remainder(");
}

#endif
