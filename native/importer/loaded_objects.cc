// native/importer/loaded_objects.cc: what the loader has loaded, for Python.
#include "importer/loaded_objects.h"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "cpython/gil.h"
#include "cpython/owned.h"
#include "cpython/strings.h"
#include "importer/state.h"
#include "loader/loaded_object_fields.h"
#include "loader/loader.h"
#include "os/dynamic_linker.h"

namespace inmem::importer {
namespace {

using cpython::Owned;

// A dict that is filled key by key; the first failure is kept as the exception.
class Dict {
 public:
  Dict() : dict_(Owned::Steal(PyDict_New())) {}

  void Set(const char* key, std::string_view text) {
    SetObject(key, cpython::PathText(text));
  }
  void Set(const char* key, double number) {
    SetObject(key, Owned::Steal(PyFloat_FromDouble(number)));
  }
  void Set(const char* key, std::uint64_t number) {
    SetObject(key, Owned::Steal(PyLong_FromUnsignedLongLong(number)));
  }
  void SetObject(const char* key, Owned value) {
    if (!dict_) return;
    if (!value || PyDict_SetItemString(dict_.get(), key, value.get()) != 0) {
      dict_ = Owned();
    }
  }
  Owned Take() { return std::move(dict_); }

 private:
  Owned dict_;
};

template <typename Items, typename Describe>
Owned ListOf(const Items& items, const Describe& describe) {
  Owned list = Owned::Steal(PyList_New(0));
  for (const auto& item : items) {
    Owned dict = describe(item);
    if (!list || !dict || PyList_Append(list.get(), dict.get()) != 0) return {};
  }
  return list;
}

Owned DescribeRebinding(const loader::Rebinding& rebinding) {
  Dict dict;
  dict.Set("symbol", rebinding.symbol);
  dict.Set("from", os::ObjectAt(rebinding.from));
  dict.Set("to", std::string_view(rebinding.to));
  return dict.Take();
}

struct Counted {
  loader::LoadedObject loaded;
  std::uint64_t violations;
};

Owned DescribeObject(const Counted& object) {
  Dict dict;
  loader::VisitFields(object.loaded, [&](const char* name, auto value) {
    dict.Set(name, value);
  });
  dict.SetObject("rebindings",
                 ListOf(object.loaded.rebindings, DescribeRebinding));
  dict.Set("violations", object.violations);
  return dict.Take();
}

}  // namespace

PyObject* SharedObjects(PyObject* /*module*/, PyObject* /*unused*/) {
  const std::vector<Counted> objects = [] {
    // Counting waits for whoever loads, whose constructors may want the GIL.
    cpython::GilRelease release;
    const loader::Loader& loader = State::Get().loader();
    std::vector<Counted> counted;
    for (loader::LoadedObject& loaded : loader.loaded()) {
      const std::uint64_t violations = loader.CountViolations(loaded.path);
      counted.push_back({std::move(loaded), violations});
    }
    return counted;
  }();
  return ListOf(objects, DescribeObject).release();
}

}  // namespace inmem::importer
