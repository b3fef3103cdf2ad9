/* special.h: functions that the C library has only one at a time, or not at all, as words for vocabulary.h.
 *
 * They are computed in double for either float type, and without branches (but polygamma), so that loops over them are
 * vectorised. Largest errors seen against 40 digits, relative to the larger of the result and 1:
 *   lgamma 6e-15   digamma 1e-15   polygamma 4e-14 of the result   erfinv 1e-15 of the result, also near 0 and 1
 * In float32 they are rounded once; erfinv is within 3 ulp there. */
#ifndef TM_SPECIAL_H
#define TM_SPECIAL_H

#define TM_PI 3.14159265358979323846

/* What x is away from the nearest integer: exact, so that sin(pi x) and tan(pi x) keep their zeros. */
TM_INLINE double tm_off_integer(double x) { return x - rint(x); }

/* --- lgamma ------------------------------------------------------------------------------------------------------ */

/* The sum over k = 2 .. of (-1)^k (zeta(k) - 1) / k w^(k - 2), from the rest behind k = 16 down (Horner). */
TM_INLINE double tm_lgamma_terms(double s, double w) {
    s = s * w + 9.55141213040742e-07;
    s = s * w - 2.039215753801366e-06;
    s = s * w + 4.374866789907488e-06;
    s = s * w - 9.439488275268397e-06;
    s = s * w + 2.050721277567069e-05;
    s = s * w - 4.492623673813314e-05;
    s = s * w + 9.945751278180853e-05;
    s = s * w - 0.00022315475845357939;
    s = s * w + 0.0005096695247430425;
    s = s * w - 0.001192753911703261;
    s = s * w + 0.0028905103307415234;
    s = s * w - 0.007385551028673986;
    s = s * w + 0.020580808427784546;
    s = s * w - 0.0673523010531981;
    s = s * w + 0.3224670334241132;
    return s;
}

/* lgamma(2 + w) for |w| <= 0.5: w (1 - gamma) + sum over k = 2 .. 28 of (-1)^k (zeta(k) - 1) / k w^k
 * (Abramowitz and Stegun 6.1.33). */
TM_INLINE double tm_lgamma_about_2(double w) {
    double s = 1.330476437424449e-10;
    s = s * w - 2.7595228851242334e-10;
    s = s * w + 5.731367241678862e-10;
    s = s * w - 1.1921401405860912e-09;
    s = s * w + 2.4836745438024785e-09;
    s = s * w - 5.183475041970047e-09;
    s = s * w + 1.0838659214896955e-08;
    s = s * w - 2.2711094608943164e-08;
    s = s * w + 4.7698101693639804e-08;
    s = s * w - 1.0043224823968099e-07;
    s = s * w + 2.1207184805554665e-07;
    s = s * w - 4.492469198764566e-07;
    return w * (0.42278433509846714 + w * tm_lgamma_terms(s, w));
}

/* Stirling's series minus its leading terms: 1/(12 t) - 1/(360 t^3) + ... (6.1.41), for t >= 10. */
TM_INLINE double tm_stirling(double t) {
    const double r = 1 / (t * t);
    double s = 1.0 / 156;
    s = s * r - 691.0 / 360360;
    s = s * r + 1.0 / 1188;
    s = s * r - 1.0 / 1680;
    s = s * r + 1.0 / 1260;
    s = s * r - 1.0 / 360;
    return (s * r + 1.0 / 12) / t;
}

/* Stirling's for float32, within 1e-10: 1/(12 t) - 1/(360 t^3) + 1/(1260 t^5). */
TM_INLINE double tm_stirling_brief(double t) {
    const double r = 1 / (t * t);
    return ((r / 1260 - 1.0 / 360) * r + 1.0 / 12) / t;
}

/* lgamma(2 + w) for float32, within 1e-10: up to k = 16. */
TM_INLINE double tm_lgamma_about_2_brief(double w) { return w * (0.42278433509846714 + w * tm_lgamma_terms(0, w)); }

/* sin(pi f) for |f| <= 1/2, by its series. */
TM_INLINE double tm_sin_pi(double f) {
    const double t = TM_PI * f, r = t * t;
    double s = 1.0 / 51090942171709440000.0;
    s = s * r - 1.0 / 121645100408832000.0;
    s = s * r + 1.0 / 355687428096000.0;
    s = s * r - 1.0 / 1307674368000.0;
    s = s * r + 1.0 / 6227020800.0;
    s = s * r - 1.0 / 39916800;
    s = s * r + 1.0 / 362880;
    s = s * r - 1.0 / 5040;
    s = s * r + 1.0 / 120;
    s = s * r - 1.0 / 6;
    return t + t * (s * r);
}

/* Left of 0 by reflection (6.1.17), left of 1/2 by lgamma(x + 1) - log x, near 1 and 2 by the series, whose zeros there
 * are exact, up to 10 by lgamma(x + 8) - log(x (x + 1) ... (x + 7)). All that is taken away as a logarithm is one
 * factor. brief: for float32. */
TM_INLINE double tm_lgamma_by(double x, const int brief) {
    const double z = x < 0 ? 1 - x : x < 0.5 ? 1 + x : x;
    const double far = z < 2.5 ? 10 : z, small = far < 10 ? far : 1;
    double product = small * (small + 1) * (small + 2) * (small + 3);
    product *= (small + 4) * (small + 5) * (small + 6) * (small + 7);
    const double t = far < 10 ? far + 8 : far, near_2 = z < 1.5 ? z - 1 : z < 2.5 ? z - 2 : 0;
    const double series = brief ? tm_lgamma_about_2_brief(near_2) : tm_lgamma_about_2(near_2);
    const double rest = brief ? tm_stirling_brief(t) : tm_stirling(t);
    const double stirling = (t - 0.5) * (log(t) - 1) + (0.918938533204672742 - 0.5) + rest;
    const double core = z < 2.5 ? series : stirling;
    const double divisor = z < 1.5 ? z : z < 2.5 ? 1 : far < 10 ? product : 1;
    const double sine = fabs(tm_sin_pi(tm_off_integer(x)));
    const double factor = x <= 0 ? sine / (TM_PI * divisor) : x < 0.5 ? x * divisor : divisor;
    const double y = (x <= 0 ? -core : core) - log(factor);
    return fabs(x) == INFINITY || x == 0 ? INFINITY : y;
}

TM_INLINE double tm_lgamma_f64(double x) { return tm_lgamma_by(x, 0); }

/* --- digamma and polygamma --------------------------------------------------------------------------------------- */

/* The asymptotic series at t >= 10 (6.3.18), the recurrence below it (6.3.5), reflection left of 0 (6.3.7). */
TM_INLINE double tm_digamma_f64(double x) {
    const double z = x < 0 ? 1 - x : x;
    const int small = z < 10;
    const double a = small ? z : 1, t = small ? z + 10 : z;
    double steps = 1 / a + 1 / (a + 1) + 1 / (a + 2) + 1 / (a + 3) + 1 / (a + 4);
    steps += 1 / (a + 5) + 1 / (a + 6) + 1 / (a + 7) + 1 / (a + 8) + 1 / (a + 9);
    const double r = 1 / (t * t);
    double s = -1.0 / 12;
    s = s * r + 691.0 / 32760;
    s = s * r - 1.0 / 132;
    s = s * r + 1.0 / 240;
    s = s * r - 1.0 / 252;
    s = s * r + 1.0 / 120;
    s = s * r - 1.0 / 12;
    const double core = log(t) - 0.5 / t + s * r - (small ? steps : 0);
    const double f = tm_off_integer(x);
    const double mirrored = core - TM_PI / tan(TM_PI * f);
    const double left = f == 0 ? NAN : mirrored;
    return x == 0 ? copysign(INFINITY, -x) : x < 0 ? left : core;
}

/* The n-th derivative of digamma, n = 1, 2 ..: (-1)^(n+1) n! zeta(n + 1, x), with Hurwitz's zeta function by Euler and
 * Maclaurin from the first x + k >= 10 on (DLMF 25.11.5); trigamma left of 0 by reflection. Between the poles left of
 * -1000 the higher ones are NaN. */
TM_INLINE double tm_polygamma_f64(double x, double n) {
    static const double bernoulli[] = {/* B(2j) / (2j)! */
                                       1.0 / 12,
                                       -1.0 / 720,
                                       1.0 / 30240,
                                       -1.0 / 1209600,
                                       1.0 / 47900160,
                                       -691.0 / 1307674368000.0,
                                       1.0 / 74724249600.0,
                                       -3617.0 / 10670622842880000.0};
    if (n == 0) return tm_digamma_f64(x);
    if (!(n > 0) || n != floor(n) || x != x || n > 170) return NAN;
    if (x <= 0 && x == floor(x)) return n == floor(n / 2) * 2 ? -INFINITY : INFINITY; /* from the right */
    const int mirror = n == 1 && x < 0;
    const double s = n + 1;
    double t = mirror ? 1 - x : x, sum = 0, factorial = 1;
    if (t < -1000) return NAN;
    for (; t < 10; t += 1) sum += pow(t, -s);
    sum += pow(t, 1 - s) / n + 0.5 * pow(t, -s);
    double rising = s, power = pow(t, -s - 1);
    for (int j = 0; j < 8; j++) {
        sum += bernoulli[j] * rising * power;
        rising *= (s + 2 * j + 1) * (s + 2 * j + 2);
        power /= t * t;
    }
    for (double k = 2; k <= n; k += 1) factorial *= k;
    const double sine = sin(TM_PI * tm_off_integer(x));
    if (mirror) return TM_PI * TM_PI / (sine * sine) - sum;
    return n == floor(n / 2) * 2 ? -factorial * sum : factorial * sum;
}

/* --- erfinv ------------------------------------------------------------------------------------------------------ */

/* A guess within 0.2 % (Winitzki, "A handy approximation for the error function and its inverse", 2008), then two of
 * Halley's steps, with erfc of 1 - x where erf would cancel. */
TM_INLINE double tm_erfinv_f64(double x) {
    const double m = fabs(x), w = log1p(-m * m), b = 4.330746750799873 + w / 2, c = w / 0.147;
    double y = sqrt(-c / (sqrt(b * b - c) + b));
    for (int step = 0; step < 2; step++) {
        const double off = m < 0.5 ? erf(y) - m : (1 - m) - erfc(y);
        const double slope = 1.1283791670955126 * exp(-y * y), f = off / slope;
        y -= f / (1 + y * f);
    }
    y = m == 1 ? INFINITY : y;
    return copysign(y, x);
}

/* For float32 from w = -log(1 - x^2), by polynomials in w below 5 and in its root above, which were fitted to x's share
 * of the result at Chebyshev's nodes: within 7e-9 of it (the form is that of Giles, "Approximating the erfinv
 * function", 2012). */
TM_INLINE float tm_erfinv_f32(float x) {
    const float w = -logf((1 - x) * (1 + x)), u = w - 2.5f, v = sqrtf(w) - 3.115f;
    float near = -8.93192597e-9f, far = 1.29998288e-4f;
    near = near * u + 2.33359672e-8f;
    near = near * u + 4.68131348e-7f;
    near = near * u - 3.46398527e-6f;
    near = near * u - 4.97241969e-6f;
    near = near * u + 2.18349386e-4f;
    near = near * u - 1.25272639e-3f;
    near = near * u - 4.17739288e-3f;
    near = near * u + 0.246640279f;
    near = near * u + 1.50140936f;
    far = far * v - 1.86406568e-4f;
    far = far * v - 3.10086163e-4f;
    far = far * v + 1.33438771e-3f;
    far = far * v - 2.59958087e-3f;
    far = far * v + 3.90891183e-3f;
    far = far * v - 5.45498859e-3f;
    far = far * v + 7.2104914e-3f;
    far = far * v + 1.00357612f;
    far = far * v + 2.94828365f;
    const float y = x * (w < 5 ? near : far);
    return fabsf(x) == 1 ? copysignf(INFINITY, x) : y;
}

TM_INLINE float tm_lgamma_f32(float x) { return (float)tm_lgamma_by(x, 1); }
TM_INLINE float tm_digamma_f32(float x) { return (float)tm_digamma_f64(x); }
TM_INLINE float tm_polygamma_f32(float x, float n) { return (float)tm_polygamma_f64(x, n); }

#endif
