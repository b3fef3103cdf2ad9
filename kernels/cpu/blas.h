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
    /* LAPACK: all values and vectors of a symmetric matrix. NULL in an OpenBLAS that was built without. */
    void (*ssyevd)(const char *jobz, const char *uplo, const int *n, float *a, const int *lda, float *w, float *work,
                   const int *lwork, int *iwork, const int *liwork, int *info);
    void (*dsyevd)(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
                   const int *lwork, int *iwork, const int *liwork, int *info);
    char description[80]; /* "OpenBLAS 0.3.21 Haswell" */
} tm_blas;

/* NULL where there is no OpenBLAS: then our own tiles compute everything. */
const tm_blas *tm_blas_load(void);

#endif
