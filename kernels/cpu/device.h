/* device.h: the CPU as a device; the only header of this folder that others include. */
#ifndef TM_CPU_DEVICE_H
#define TM_CPU_DEVICE_H

#include "../kernel.h"

/* Filled at the first call; call it from one thread first. */
const tm_device *tm_cpu_device(void);

#endif
