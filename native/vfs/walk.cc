// native/vfs/walk.cc: a path below a mount point, component by component.
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "archive/archive.h"
#include "base/status.h"
#include "vfs/tree.h"

namespace inmem::vfs {
namespace {

// As the kernel has it (MAXSYMLINKS, NAME_MAX, PATH_MAX).
constexpr int kLinkLimit = 40;
constexpr std::size_t kNameLimitBytes = 255;
constexpr std::size_t kPathLimitBytes = 4096;

// What is left of a path: components come off its front.
class Rest {
 public:
  explicit Rest(std::string_view path) : path_(path) {}

  // The next component that means something; empty at the end. Valid until
  // Prepend.
  std::string_view Take() {
    while (true) {
      SkipSlashes();
      const std::size_t end = path_.find('/', at_);
      const std::string_view component =
          std::string_view(path_).substr(at_, end - at_);
      at_ = end == std::string::npos ? path_.size() : end;
      if (component != ".") return component;
    }
  }

  // Whether the last component was taken, and whether only '/' and "." follow
  // it: these ask for a folder.
  bool IsLast() const {
    return path_.find_first_not_of("/.", at_) == std::string::npos &&
           path_.find("..", at_) == std::string::npos;
  }
  bool AsksForFolder() const { return at_ < path_.size(); }

  void Prepend(std::string_view link) {
    path_.replace(0, at_, link);
    at_ = 0;
  }
  std::string Text() {
    SkipSlashes();
    return path_.substr(at_);
  }

 private:
  void SkipSlashes() {
    while (at_ < path_.size() && path_[at_] == '/') ++at_;
  }

  std::string path_;
  std::size_t at_ = 0;
};

void ToParent(std::string& name) {
  const std::size_t slash = name.rfind('/');
  name.resize(slash == std::string::npos ? 0 : slash);
}

}  // namespace

Result<std::string> Mount::ReadLink(archive::Archive::Index index) const {
  const auto bytes = archive_->Read(index);
  if (!bytes.ok()) return bytes.status();
  const auto span = bytes.value().span();
  return std::string(reinterpret_cast<const char*>(span.data()), span.size());
}

Mount::Walked Mount::Walk(std::string_view path, bool follow_last) const {
  Walked walked;
  const auto end = [&walked](End how) {
    walked.end = how;
    return std::move(walked);
  };
  if (path.size() >= kPathLimitBytes) return end(End::kTooLong);
  Rest rest(path);
  int links = 0;
  walked.found.kind = Kind::kDirectory;
  // A component at a time; walked.name is where we stand, a folder.
  for (std::string_view component = rest.Take(); !component.empty();
       component = rest.Take()) {
    if (component == "..") {
      if (!walked.name.empty()) {
        ToParent(walked.name);
        continue;
      }
      // Nothing in an archive may lead out of it.
      if (links > 0) return end(End::kMissing);
      walked.rest = rest.Text();
      return end(End::kLeft);
    }
    if (component.size() > kNameLimitBytes) return end(End::kTooLong);
    const std::size_t folder_size = walked.name.size();
    if (folder_size != 0) walked.name += '/';
    walked.name += component;
    const Found found = Find(walked.name);
    const bool is_last = rest.IsLast();
    const bool needs_folder = !is_last || rest.AsksForFolder();
    if (found.kind == Kind::kNone) {
      walked.in_folder = is_last;
      return end(End::kMissing);
    }
    if (found.kind == Kind::kSymlink && (follow_last || needs_folder)) {
      if (++links > kLinkLimit) return end(End::kLoop);
      const Result<std::string> text = ReadLink(found.index);
      if (!text.ok()) return end(End::kDamaged);
      const std::string& link = text.value();
      // "" and what is absolute lead nowhere; a NUL ends no path here.
      if (link.empty() || link.front() == '/' ||
          link.find('\0') != std::string::npos) {
        return end(End::kMissing);
      }
      if (link.size() >= kPathLimitBytes) return end(End::kTooLong);
      walked.name.resize(folder_size);
      rest.Prepend(link);
      continue;
    }
    if (found.kind != Kind::kDirectory && needs_folder) {
      return end(End::kNotDirectory);
    }
    if (is_last) {
      walked.found = found;
      return end(End::kFound);
    }
  }
  return end(End::kFound);  // the path ended in the folder where we stand
}

}  // namespace inmem::vfs
