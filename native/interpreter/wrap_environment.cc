// native/interpreter/wrap_environment.cc: variables of the environment, set in
// one interpreter and read in another.
//
// The C library moves its list of variables when one is added, and reads it
// without a lock: for the time zone, and the locale. One GIL kept these apart;
// several do not. The addon is linked with --wrap of both sides.
#include <pthread.h>

#include <clocale>
#include <cstdlib>
#include <ctime>
#include <cwchar>
#include <mutex>
#include <new>
#include <shared_mutex>

namespace {

// Never destroyed. A forked child has it free: nobody writes meanwhile.
std::shared_mutex& Mutex() {
  static auto* mutex = [] {
    auto* made = new std::shared_mutex();
    pthread_atfork([] { Mutex().lock_shared(); },
                   [] { Mutex().unlock_shared(); },
                   [] { new (&Mutex()) std::shared_mutex(); });
    return made;
  }();
  return *mutex;
}

template <typename Call>
auto Reading(Call call) {
  std::shared_lock lock(Mutex());
  return call();
}

template <typename Call>
auto Writing(Call call) {
  std::unique_lock lock(Mutex());
  return call();
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the linker's names
extern "C" {

int __real_setenv(const char* name, const char* value, int replace);
int __real_unsetenv(const char* name);
char* __real_getenv(const char* name);
char* __real_secure_getenv(const char* name);
char* __real_setlocale(int category, const char* name);
void __real_tzset();
std::time_t __real_mktime(std::tm* time);
std::tm* __real_localtime_r(const std::time_t* time, std::tm* result);
std::size_t __real_wcsftime(wchar_t* text, std::size_t size,
                            const wchar_t* format, const std::tm* time);
std::size_t __real_strftime(char* text, std::size_t size, const char* format,
                            const std::tm* time);

int __wrap_setenv(const char* name, const char* value, int replace) {
  return Writing([=] { return __real_setenv(name, value, replace); });
}

int __wrap_unsetenv(const char* name) {
  return Writing([=] { return __real_unsetenv(name); });
}

char* __wrap_getenv(const char* name) {
  return Reading([=] { return __real_getenv(name); });
}

char* __wrap_secure_getenv(const char* name) {
  return Reading([=] { return __real_secure_getenv(name); });
}

char* __wrap_setlocale(int category, const char* name) {
  return Reading([=] { return __real_setlocale(category, name); });
}

void __wrap_tzset() {
  Reading([] { __real_tzset(); });
}

std::time_t __wrap_mktime(std::tm* time) {
  return Reading([=] { return __real_mktime(time); });
}

std::tm* __wrap_localtime_r(const std::time_t* time, std::tm* result) {
  return Reading([=] { return __real_localtime_r(time, result); });
}

std::size_t __wrap_wcsftime(wchar_t* text, std::size_t size,
                            const wchar_t* format, const std::tm* time) {
  return Reading([=] { return __real_wcsftime(text, size, format, time); });
}

std::size_t __wrap_strftime(char* text, std::size_t size, const char* format,
                            const std::tm* time) {
  return Reading([=] { return __real_strftime(text, size, format, time); });
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
