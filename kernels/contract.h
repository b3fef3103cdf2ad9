/* contract.h: one number for the contract between the engine and a device that was built separately.
 *
 * It hashes (FNV-1a) the names of the ops in their order and the sizes of the structs that cross the border.
 * A device whose tm_device.contract differs from the engine's tm_contract() is refused. */
#ifndef TM_CONTRACT_H
#define TM_CONTRACT_H

#include "kernel.h"

static inline uint64_t tm_contract_text(uint64_t hash, const char *text) {
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash * UINT64_C(0x100000001b3); /* the end of a word counts */
}

static inline uint64_t tm_contract_size(uint64_t hash, size_t size) { return (hash ^ size) * UINT64_C(0x100000001b3); }

static inline uint64_t tm_contract(void) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
#define TM_ROW(name) hash = tm_contract_text(hash, #name);
#include "rows.h"
    hash = tm_contract_size(hash, sizeof(tm_call));
    hash = tm_contract_size(hash, sizeof(tm_arg));
    hash = tm_contract_size(hash, sizeof(tm_slot));
    hash = tm_contract_size(hash, sizeof(tm_device));
    hash = tm_contract_size(hash, sizeof(tm_work));
    hash = tm_contract_size(hash, sizeof(tm_remote));
    return tm_contract_size(hash, TM_DTYPES);
}

#endif
