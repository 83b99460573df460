// native/bridge/handles.h: Python objects that JavaScript holds, by number.
#pragma once

#include "cpython/python_setup.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <unordered_map>
#include <vector>

#include "bridge/pages.h"
#include "cpython/owned.h"

namespace inmem::bridge {

// An object has one number while JavaScript holds it, however often it is sent:
// so the other side can keep one proxy for it. JavaScript gives back as many
// times as it was sent; what is on its way is never lost to that.
// REQUIRES: the GIL.
class Handles {
 public:
  // Holds the object until it is released as often as it was sent.
  std::uint32_t Send(PyObject* object);

  // Borrowed; null where the number stands for nothing.
  PyObject* Get(std::uint32_t index) const {
    return index < slots_.size() ? slots_[index].object : nullptr;
  }

  // Takes back `times` sendings.
  void Release(std::uint32_t index, std::uint32_t times);

  // Lets all go: the environment has ended.
  void Clear();

  std::size_t held() const { return table_->numbers.size(); }

 private:
  // By identity; but a bound method is made anew each time that it is asked
  // for, and one to JavaScript: `on(object.method)` and `off(object.method)`.
  struct Hash {
    std::size_t operator()(PyObject* object) const;
  };
  struct IsSame {
    bool operator()(PyObject* one, PyObject* other) const;
  };

  // Many small nodes: in blocks of their own, which go back to the system as a
  // whole, where malloc's would lie between others.
  struct Table {
    std::pmr::unsynchronized_pool_resource pool{&Pages()};
    std::pmr::unordered_map<PyObject*, std::uint32_t, Hash, IsSame> numbers{
        &pool};
  };
  std::uint32_t FreeIndex();
  void Shrink();

  struct Slot {
    PyObject* object = nullptr;
    std::uint32_t sent = 0;
  };
  std::pmr::vector<Slot> slots_{&Pages()};
  std::pmr::vector<std::uint32_t> free_{&Pages()};
  std::unique_ptr<Table> table_ = std::make_unique<Table>();
};

}  // namespace inmem::bridge
