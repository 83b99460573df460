// native/bridge/limit_operations.cc: JavaScript limits its calls, and ends
// them.
#include "cpython/python_setup.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "bridge/limit.h"
#include "bridge/realm.h"

namespace inmem::bridge {

void Realm::AddLimit(std::uint32_t number, std::shared_ptr<Limit> limit,
                     double milliseconds) {
  if (milliseconds >= 0) {
    constexpr double kMost = 1e12;  // a time that a clock can hold
    const std::chrono::duration<double, std::milli> after(
        milliseconds < kMost ? milliseconds : kMost);
    limit->EndAt(Limit::Clock::now() +
                 std::chrono::duration_cast<Limit::Clock::duration>(after));
  }
  limits_[number] = std::move(limit);
}

std::shared_ptr<Limit> Realm::LimitOf(std::uint32_t number) const {
  const auto found = limits_.find(number);
  return found == limits_.end() ? nullptr : found->second;
}

void Realm::DropLimit(std::uint32_t number) { limits_.erase(number); }

// From a callback of Python's there are calls below on this thread, which need
// not have limits of their own.
void Realm::InterruptAll() {
  if (!progress.in_python()) {
    for (const auto& [number, limit] : limits_) {
      limit->EndNow(End::kInterrupted);
    }
    return;
  }
  Entry entry(*this);
  if (!interrupt_) {
    interrupt_ = std::make_shared<Limit>();
    interrupt_->EnterHere();
  }
  interrupt_->InterruptHere();
  for (const auto& [number, limit] : limits_) {
    if (limit->IsHere()) {
      limit->InterruptHere();
    } else {
      limit->EndNow(End::kInterrupted);
    }
  }
}

void Realm::ForgetInterrupt() {
  if (interrupt_->Finish()) interrupt_->Leave();
  interrupt_.reset();
}

namespace {

struct Arguments {
  Realm* realm = nullptr;
  std::uint32_t number = 0;
  double value = -1;

  Arguments(napi_env env, napi_callback_info info) {
    void* data = nullptr;
    std::size_t argc = 2;
    std::array<napi_value, 2> argv = {};
    napi_get_cb_info(env, info, &argc, argv.data(), nullptr, &data);
    realm = static_cast<Realm*>(data);
    if (argc > 0) napi_get_value_uint32(env, argv[0], &number);
    if (argc > 1) napi_get_value_double(env, argv[1], &value);
  }
};

}  // namespace

napi_value BeginLimit(napi_env env, napi_callback_info info) {
  Arguments given(env, info);
  auto limit = std::make_shared<Limit>();
  limit->EnterHere();
  given.realm->AddLimit(given.number, std::move(limit), given.value);
  return nullptr;
}

napi_value EndLimit(napi_env env, napi_callback_info info) {
  Arguments given(env, info);
  End why = End::kNone;
  if (auto limit = given.realm->LimitOf(given.number)) {
    if (limit->Finish()) {
      Entry entry(*given.realm);
      limit->Leave();
    }
    why = limit->why();
    given.realm->DropLimit(given.number);
  }
  napi_value told = nullptr;
  napi_create_int32(env, static_cast<std::int32_t>(why), &told);
  return told;
}

napi_value EndCall(napi_env env, napi_callback_info info) {
  Arguments given(env, info);
  if (auto limit = given.realm->LimitOf(given.number)) {
    limit->EndNow(static_cast<End>(static_cast<std::int32_t>(given.value)));
  }
  return nullptr;
}

napi_value Interrupt(napi_env env, napi_callback_info info) {
  Arguments given(env, info);
  given.realm->InterruptAll();
  return nullptr;
}

}  // namespace inmem::bridge
