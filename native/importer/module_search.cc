// native/importer/module_search.cc: which entries make up a Python module.
#include "importer/module_search.h"

#include <optional>
#include <string>
#include <string_view>

#include "vfs/tree.h"

namespace inmem::importer {
namespace {

using Index = ModuleEntries::Index;

// One growing buffer a thread: a search makes up to ten names.
class Candidate {
 public:
  Candidate(std::string& buffer, std::string_view folder, std::string_view tail)
      : buffer_(buffer) {
    buffer_.assign(folder);
    if (!folder.empty()) buffer_ += '/';
    buffer_ += tail;
    stem_ = buffer_.size();
  }

  std::optional<Index> Find(const vfs::Mount& mount, std::string_view suffix) {
    buffer_.resize(stem_);
    buffer_ += suffix;
    return mount.FindFile(buffer_);
  }

  void Extend(std::string_view text) {
    buffer_.resize(stem_);
    buffer_ += text;
    stem_ = buffer_.size();
  }

 private:
  std::string& buffer_;
  std::size_t stem_ = 0;
};

bool FindFiles(const vfs::Mount& mount, Candidate& candidate,
               std::string_view ext_suffix, ModuleEntries& out) {
  for (std::string_view suffix :
       {ext_suffix, std::string_view(".abi3.so"), std::string_view(".so")}) {
    if ((out.extension = candidate.Find(mount, suffix))) return true;
  }
  out.source = candidate.Find(mount, ".py");
  out.bytecode = candidate.Find(mount, ".pyc");
  return out.source || out.bytecode;
}

}  // namespace

std::optional<ModuleEntries> FindModule(const vfs::Mount& mount,
                                        std::string_view folder,
                                        std::string_view tail,
                                        std::string_view ext_suffix) {
  // FileFinder looks for it among the names in the folder: none has a slash.
  if (tail.find('/') != tail.npos) return std::nullopt;
  static thread_local std::string buffer;
  ModuleEntries entries;
  Candidate candidate(buffer, folder, tail);
  Candidate package = candidate;
  package.Extend("/__init__");
  if (!tail.empty() && FindFiles(mount, package, ext_suffix, entries)) {
    entries.is_package = true;
    return entries;
  }
  buffer.assign(folder);
  if (!folder.empty()) buffer += '/';
  buffer += tail;
  if (FindFiles(mount, candidate, ext_suffix, entries)) return entries;
  return std::nullopt;
}

}  // namespace inmem::importer
