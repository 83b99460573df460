// native/interpreter/wrap_databases.cc: users and services, asked for by two
// interpreters at once.
//
// The C library answers these in memory that the process has once, and CPython
// calls them as if one GIL were all there is: another interpreter's call, or,
// for services, another thread's, changes the answer as it is read. The addon
// is linked with --wrap of them: each thread has answers of its own.
#include <netdb.h>
#include <pwd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace {

constexpr std::size_t kFirst = 1024;
constexpr std::size_t kLargest = 1u << 20;

// Calls `call(buffer, size)` with more and more room while that says ERANGE.
template <typename Call>
void WithRoom(std::unique_ptr<char[]>& buffer, Call call) {
  int error = ERANGE;
  for (std::size_t size = kFirst; error == ERANGE && size <= kLargest;
       size *= 2) {
    buffer.reset(new (std::nothrow) char[size]);
    if (buffer == nullptr) return;
    error = call(buffer.get(), size);
  }
}

template <typename Entry>
struct Answer {
  Entry entry;
  std::unique_ptr<char[]> text;
};

template <typename Entry, typename Call>
Entry* Find(Answer<Entry>& answer, Call call) {
  Entry* found = nullptr;
  WithRoom(answer.text, [&](char* buffer, std::size_t size) {
    return call(&answer.entry, buffer, size, &found);
  });
  return found;
}

thread_local Answer<servent> service;
thread_local Answer<protoent> protocol;
thread_local std::vector<Answer<passwd>> users;
thread_local std::size_t next_user = 0;

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the linker's names
extern "C" {

void __real_setpwent();
void __real_endpwent();

servent* __wrap_getservbyname(const char* name, const char* of) {
  return Find(service,
              [=](auto... room) { return getservbyname_r(name, of, room...); });
}

servent* __wrap_getservbyport(int port, const char* of) {
  return Find(service,
              [=](auto... room) { return getservbyport_r(port, of, room...); });
}

protoent* __wrap_getprotobyname(const char* name) {
  return Find(protocol,
              [=](auto... room) { return getprotobyname_r(name, room...); });
}

// The place in the list is the process's, too: all of it is read by one thread
// at a time, without Python in between.
void __wrap_setpwent() {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  __real_setpwent();
  users.clear();
  next_user = 0;
  do {
    users.emplace_back();
  } while (Find(users.back(), getpwent_r) != nullptr);
  users.pop_back();
  __real_endpwent();
}

passwd* __wrap_getpwent() {
  return next_user < users.size() ? &users[next_user++].entry : nullptr;
}

void __wrap_endpwent() { users.clear(); }

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
