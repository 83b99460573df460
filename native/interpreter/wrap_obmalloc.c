// native/interpreter/wrap_obmalloc.c: memory of an interpreter that has ended.
//
// CPython 3.13 keeps all arenas of one in which a block is left, and its
// interned strings always are. The addon is linked with --wrap of where it
// decides that: pages with no block in them go back to the system. Nothing
// allocates there any more.
//
// C, with CPython's internal headers, as exit_functions.c.
#include <Python.h>  // IWYU pragma: keep
#include <internal/pycore_interp.h>
#include <internal/pycore_obmalloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

enum {
  kPages = POOL_SIZE / SYSTEM_PAGE_SIZE,
  kBlocks = POOL_SIZE / ALIGNMENT,
};

// Sets used[i] for each page of the pool that has a part of a block.
static void LookAtPool(const struct pool_header* pool, bool* used) {
  if (pool->ref.count == 0) return;
  const uintptr_t start = (uintptr_t)pool;
  const size_t size = INDEX2SIZE(pool->szidx);
  bool is_free[kBlocks] = {false};
  for (const pymem_block* block = pool->freeblock; block != NULL;
       block = *(pymem_block* const*)block) {
    is_free[((uintptr_t)block - start) / ALIGNMENT] = true;
  }
  // Those behind nextoffset have never been a block.
  for (size_t at = POOL_OVERHEAD;
       at + size <= POOL_SIZE && at < pool->nextoffset; at += size) {
    if (is_free[at / ALIGNMENT]) continue;
    used[at / SYSTEM_PAGE_SIZE] = true;
    used[(at + size - 1) / SYSTEM_PAGE_SIZE] = true;
  }
}

static void GiveBackPages(const struct arena_object* arena) {
  const uintptr_t end = (uintptr_t)arena->pool_address;
  uintptr_t unused = 0;  // where a run of such pages begins
  for (uintptr_t pool = _Py_ALIGN_UP(arena->address, POOL_SIZE); pool < end;
       pool += POOL_SIZE) {
    bool used[kPages] = {false};
    LookAtPool((const struct pool_header*)pool, used);
    for (size_t i = 0; i < kPages; ++i) {
      const uintptr_t page = pool + i * SYSTEM_PAGE_SIZE;
      if (!used[i]) {
        if (unused == 0) unused = page;
      } else if (unused != 0) {
        madvise((void*)unused, page - unused, MADV_DONTNEED);
        unused = 0;
      }
    }
  }
  if (unused != 0) madvise((void*)unused, end - unused, MADV_DONTNEED);
}

// NOLINTBEGIN(readability-identifier-naming): the linker's names
void __real__PyInterpreterState_FinalizeAllocatedBlocks(
    PyInterpreterState* interpreter);
void __wrap__PyInterpreterState_FinalizeAllocatedBlocks(
    PyInterpreterState* interpreter);

void __wrap__PyInterpreterState_FinalizeAllocatedBlocks(
    PyInterpreterState* interpreter) {
  const bool is_left = _PyMem_obmalloc_state_on_heap(interpreter) &&
                       _PyInterpreterState_GetAllocatedBlocks(interpreter) > 0;
  __real__PyInterpreterState_FinalizeAllocatedBlocks(interpreter);
  if (!is_left) return;  // nor are the arenas
  const struct _obmalloc_mgmt* all = &interpreter->obmalloc->mgmt;
  for (unsigned i = 0; i < all->maxarenas; ++i) {
    if (all->arenas[i].address != 0) GiveBackPages(&all->arenas[i]);
  }
}
// NOLINTEND(readability-identifier-naming)
