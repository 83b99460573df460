// native/bridge/limit_operations.cc: JavaScript limits its calls, and ends
// them.
#include "cpython/python_setup.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "bridge/frame.h"
#include "bridge/interpreter.h"
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
    interrupt_ = std::make_shared<Limit>(interpreter());
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

napi_value BeginLimit(napi_env env, napi_callback_info info) {
  const Frame frame(env, info);
  auto limit = std::make_shared<Limit>(frame.realm->interpreter());
  limit->EnterHere();
  frame.realm->AddLimit(frame.Number(0), std::move(limit), frame.Double(1, -1));
  return nullptr;
}

napi_value EndLimit(napi_env env, napi_callback_info info) {
  const Frame frame(env, info);
  End why = End::kNone;
  if (auto limit = frame.realm->LimitOf(frame.Number(0))) {
    if (limit->Finish()) {
      Entry entry(*frame.realm);
      limit->Leave();
    }
    why = limit->why();
    frame.realm->DropLimit(frame.Number(0));
  }
  napi_value told = nullptr;
  napi_create_int32(env, static_cast<std::int32_t>(why), &told);
  return told;
}

napi_value EndCall(napi_env env, napi_callback_info info) {
  const Frame frame(env, info);
  if (auto limit = frame.realm->LimitOf(frame.Number(0))) {
    limit->EndNow(static_cast<End>(frame.Integer(1)));
  }
  return nullptr;
}

napi_value Interrupt(napi_env env, napi_callback_info info) {
  const Frame frame(env, info);
  frame.realm->InterruptAll();
  return nullptr;
}

}  // namespace inmem::bridge
