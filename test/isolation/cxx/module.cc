// test/isolation/cxx/module.cc: the extension module of the C++ test; each function gives a text that must be disk's.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <new>
#include <sstream>
#include <thread>
#include <typeinfo>

#include "shapes.h"

extern "C" char** environ;

namespace {

template <typename Call>
std::string Caught(Call call) {
  try {
    call();
  } catch (const shapes::HeaderError& error) {
    return std::string("HeaderError: ") + error.what();
  } catch (const std::out_of_range&) {
    return "out_of_range";
  } catch (const std::logic_error& error) {
    return std::string("logic_error: ") + error.what();
  } catch (const std::exception& error) {
    return std::string("another exception: ") + typeid(error).name();
  } catch (...) {
    return "something else";
  }
  return "nothing";
}

PyObject* Exceptions(PyObject*, PyObject*) {
  std::ostringstream text;
  text << Caught(shapes::ThrowHeaderError) << "; " << Caught(shapes::ThrowStandardError) << "; "
       << Caught([] {
            shapes::ThrowThroughCallback([] { throw shapes::HeaderError("of the module"); });
          });
  // Carried to another thread and back, by libstdc++'s exception_ptr.
  std::exception_ptr carried;
  std::thread([&carried] {
    try {
      shapes::ThrowHeaderError();
    } catch (...) {
      carried = std::current_exception();
    }
  }).join();
  text << "; " << Caught([&carried] { std::rethrow_exception(carried); });
  volatile std::size_t huge = static_cast<std::size_t>(1) << 60;
  text << "; " << Caught([huge] { ::operator delete(::operator new(huge)); });
  return PyUnicode_FromString(text.str().c_str());
}

PyObject* Casts(PyObject*, PyObject*) {
  std::unique_ptr<shapes::Shape> square(shapes::MakeSquare());
  std::unique_ptr<shapes::Shape> circle(shapes::MakeCircle());
  std::ostringstream text;
  text << square->Name() << ' ' << (dynamic_cast<shapes::Square*>(square.get()) != nullptr) << ' '
       << (dynamic_cast<shapes::Circle*>(square.get()) != nullptr) << ' ' << circle->Name() << ' '
       << (dynamic_cast<shapes::Circle*>(circle.get()) != nullptr) << ' '
       << (dynamic_cast<shapes::Round*>(circle.get()) != nullptr) << ' '
       << shapes::IsCircleInThrower(circle.get()) << ' '
       << (typeid(*circle) == typeid(shapes::Circle));
  shapes::Circle mine;
  text << ' ' << shapes::IsCircleInThrower(&mine);
  return PyUnicode_FromString(text.str().c_str());
}

PyObject* Uniques(PyObject*, PyObject*) {
  std::ostringstream text;
  text << shapes::Count() << ' ' << shapes::CountInShapes() << ' ' << shapes::CountInThrower()
       << ' ' << (&shapes::EntriesInShapes() == &shapes::EntriesInThrower()) << ' '
       << (&shapes::EntriesInShapes() == &shapes::Registry<shapes::Shape>::entries);
  return PyUnicode_FromString(text.str().c_str());
}

PyObject* Streams(PyObject*, PyObject*) {
  std::cout << "std::cout of the module " << 1.25 << std::endl;
  std::cerr << "std::cerr of the module" << std::endl;
  std::wcout.flush();
  // stdio's objects are the process's: what is buffered here comes out in order.
  std::printf("printf of the module\n");
  std::fputs("fputs of the module\n", stdout);
  std::fflush(stdout);
  return PyUnicode_FromString(shapes::GetShapesLog().c_str());
}

PyObject* Environment(PyObject*, PyObject* name) {
  const char* text = PyUnicode_AsUTF8(name);
  if (text == nullptr) return nullptr;
  const char* value = std::getenv(text);
  // The variable itself, which Node has copied into its own data.
  std::string prefix = std::string(text) + '=';
  const char* found = nullptr;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    if (std::string(*at).rfind(prefix, 0) == 0) found = *at + prefix.size();
  }
  return Py_BuildValue("(zzi)", value, found, environ != nullptr);
}

PyMethodDef methods[] = {
    {"exceptions", Exceptions, METH_NOARGS, nullptr},
    {"casts", Casts, METH_NOARGS, nullptr},
    {"uniques", Uniques, METH_NOARGS, nullptr},
    {"streams", Streams, METH_NOARGS, nullptr},
    {"environment", Environment, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef_Slot slots[] = {{0, nullptr}};

PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_cxx", nullptr, 0, methods, slots, nullptr, nullptr, nullptr,
};

}  // namespace

PyMODINIT_FUNC PyInit__cxx() { return PyModuleDef_Init(&definition); }
