/* lapack.h: what linalg.c calls of LAPACK, which comes with OpenBLAS and is loaded with it. On one thread.
 *
 * Matrices lie column after column; the strings that say how are one letter each. info: 0, or what went wrong. */
#ifndef TM_LAPACK_H
#define TM_LAPACK_H

/* F(type, name, parameters) for each function. */
#define TM_LAPACK(T, F)                                                                                                \
    F(T, getrf, (const int *m, const int *n, T *a, const int *lda, int *pivots, int *info))                            \
    F(T, getrs,                                                                                                        \
      (const char *trans, const int *n, const int *columns, const T *a, const int *lda, const int *pivots, T *b,       \
       const int *ldb, int *info))                                                                                     \
    F(T, trtrs,                                                                                                        \
      (const char *uplo, const char *trans, const char *diag, const int *n, const int *columns, const T *a,            \
       const int *lda, T *b, const int *ldb, int *info))                                                               \
    F(T, potrf, (const char *uplo, const int *n, T *a, const int *lda, int *info))                                     \
    F(T, geqrf, (const int *m, const int *n, T *a, const int *lda, T *tau, T *work, const int *lwork, int *info))      \
    F(T, orgqr,                                                                                                        \
      (const int *m, const int *n, const int *k, T *a, const int *lda, const T *tau, T *work, const int *lwork,        \
       int *info))                                                                                                     \
    F(T, syevd,                                                                                                        \
      (const char *jobz, const char *uplo, const int *n, T *a, const int *lda, T *values, T *work, const int *lwork,   \
       int *iwork, const int *liwork, int *info))                                                                      \
    F(T, gesdd,                                                                                                        \
      (const char *jobz, const int *m, const int *n, T *a, const int *lda, T *values, T *u, const int *ldu, T *vt,     \
       const int *ldvt, T *work, const int *lwork, int *iwork, int *info))

#define TM_LAPACK_MEMBER(T, name, parameters) void(*name) parameters;
typedef struct tm_lapack {
    struct {
        TM_LAPACK(float, TM_LAPACK_MEMBER)
    } f32;
    struct {
        TM_LAPACK(double, TM_LAPACK_MEMBER)
    } f64;
} tm_lapack;

const tm_lapack *tm_lapack_load(void); /* NULL where there is none */

#endif
