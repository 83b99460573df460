// native/base/sanitizers_for_test.h: what a test may ask of its process.
//
// Test only.
#pragma once

namespace inmem::testing {

// AddressSanitizer's malloc, which ends the process where it gets no memory,
// and whose locks a child of fork may find taken by another thread.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kHasSanitizerMalloc = true;
#elif defined(__has_feature)
inline constexpr bool kHasSanitizerMalloc = __has_feature(address_sanitizer);
#else
inline constexpr bool kHasSanitizerMalloc = false;
#endif

}  // namespace inmem::testing
