/* blas.h: OpenBLAS, loaded when a product first asks for it.
 *
 * Loading takes some milliseconds, and OpenBLAS starts threads of its own; a program that has no large product pays
 * for neither. It runs on one thread: ours share the work, so that results have the same bits for any number. */
#ifndef TM_BLAS_H
#define TM_BLAS_H

#include <cblas.h>

typedef struct tm_blas {
    __typeof__(cblas_sgemm) *sgemm;
    __typeof__(cblas_dgemm) *dgemm;
    char description[80]; /* "OpenBLAS 0.3.21 Haswell" */
} tm_blas;

/* NULL where there is no OpenBLAS: then our own tiles compute everything. */
const tm_blas *tm_blas_load(void);
void *tm_blas_symbol(const char *name); /* another function of the library; NULL if it has none of that name */

#endif
