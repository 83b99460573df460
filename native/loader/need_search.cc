// native/loader/need_search.cc: where in its archive a DT_NEEDED is found.
#include "loader/need_search.h"

#include <algorithm>

#include "loader/object_bytes.h"

namespace inmem::loader {
namespace {

// The first piece of `text` up to `separator`, which is cut off with it.
std::string_view CutPiece(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const std::string_view piece = text.substr(0, at);
  text =
      at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return piece;
}

// What follows $ORIGIN in `path`, without '/' at its start; nullopt where the
// path does not begin so and hence lies on the host.
std::optional<std::string_view> AfterOrigin(std::string_view path) {
  for (const std::string_view token : {"$ORIGIN", "${ORIGIN}"}) {
    if (!path.starts_with(token)) continue;
    std::string_view rest = path.substr(token.size());
    if (!rest.empty() && rest.front() != '/') return std::nullopt;
    while (!rest.empty() && rest.front() == '/') rest.remove_prefix(1);
    return rest;
  }
  return std::nullopt;
}

class Search {
 public:
  Search(const vfs::Mount& mount, std::string_view need, bool by_soname)
      : mount_(mount), need_(need), by_soname_(by_soname) {}

  NeedFound Run(const Seeker& seeker) {
    if (need_.find('/') != std::string_view::npos) {
      // A path: ld.so opens it as it is, after expanding $ORIGIN.
      if (const auto rest = AfterOrigin(need_)) {
        Try(JoinInArchive(FolderOf(seeker.entry), *rest));
      }
      return std::move(found_);
    }
    if (!TryRunPaths(seeker) && !TryFolder(FolderOf(seeker.entry), ".")) {
      TryLibsFolders(seeker);
    }
    return std::move(found_);
  }

 private:
  bool Try(const std::optional<std::string>& entry) {
    if (!entry) return false;
    auto& looked_for = found_.looked_for;
    if (std::find(looked_for.begin(), looked_for.end(), *entry) !=
        looked_for.end()) {
      return false;
    }
    looked_for.push_back(*entry);
    if (!mount_.FindFile(*entry)) return false;
    found_.entry = *entry;
    return true;
  }

  bool TryFolder(std::string_view folder, std::string_view relative) {
    std::string path(relative);
    path += '/';
    path += need_;
    return Try(JoinInArchive(folder, path));
  }

  bool TryPathList(std::string_view entry, std::string_view list) {
    while (!list.empty()) {
      const auto rest = AfterOrigin(CutPiece(list, ':'));
      if (!rest) continue;
      if (TryFolder(FolderOf(entry), rest->empty() ? "." : *rest)) return true;
    }
    return false;
  }

  bool TryRunPaths(const Seeker& seeker) {
    if (seeker.runpath) return TryPathList(seeker.entry, *seeker.runpath);
    for (const Seeker* at = &seeker; at != nullptr; at = at->loader) {
      // ld.so ignores the RPATH of an object that has a RUNPATH too.
      if (at->runpath || !at->rpath) continue;
      if (TryPathList(at->entry, *at->rpath)) return true;
    }
    return false;
  }

  bool TryLibsFolders(const Seeker& seeker) {
    const std::vector<std::string> folders = LibsFolders(seeker.entry);
    for (const std::string& folder : folders) {
      if (TryFolder(folder, ".")) return true;
    }
    if (!by_soname_) return false;
    return std::any_of(
        folders.begin(), folders.end(),
        [this](const std::string& folder) { return TrySonames(folder); });
  }

  // Folders that end with ".libs" in each folder above `entry`, nearest first.
  [[nodiscard]] std::vector<std::string> LibsFolders(
      std::string_view entry) const {
    std::vector<std::string> folders;
    std::string_view below = entry;
    do {
      const std::string_view child = BaseNameOf(below);  // on the way to entry
      below = FolderOf(below);
      std::vector<std::string> here;
      for (std::string_view name :
           mount_.List(below).value_or(std::vector<std::string_view>())) {
        if (name.ends_with('/')) name.remove_suffix(1);
        if (!name.ends_with(".libs")) continue;
        if (auto folder = JoinInArchive(below, name)) here.push_back(*folder);
      }
      const std::string own = std::string(child) + ".libs";
      std::stable_partition(
          here.begin(), here.end(),
          [&own](const std::string& path) { return BaseNameOf(path) == own; });
      folders.insert(folders.end(), here.begin(), here.end());
    } while (!below.empty());
    return folders;
  }

  // The last resort: reads every library of the folder for its soname.
  bool TrySonames(const std::string& folder) {
    for (const std::string_view name :
         mount_.List(folder).value_or(std::vector<std::string_view>())) {
      if (name.find(".so") == std::string_view::npos) continue;
      const auto entry = JoinInArchive(folder, name);
      const auto index = entry ? mount_.FindFile(*entry) : std::nullopt;
      if (!index) continue;
      // Of what is stored in a file only the tables are read.
      const auto bytes = ReadObject(mount_, *index, TierChoice(), *entry);
      if (!bytes.ok() || bytes.value().file->soname() != need_) continue;
      found_.entry = *entry;
      return true;
    }
    found_.looked_for.push_back(folder + "/* by soname");
    return false;
  }

  const vfs::Mount& mount_;
  std::string_view need_;
  bool by_soname_;
  NeedFound found_;
};

}  // namespace

std::string_view FolderOf(std::string_view entry) {
  const auto slash = entry.rfind('/');
  return slash == std::string_view::npos ? std::string_view()
                                         : entry.substr(0, slash);
}

std::string_view BaseNameOf(std::string_view entry) {
  const auto slash = entry.rfind('/');
  return slash == std::string_view::npos ? entry : entry.substr(slash + 1);
}

std::optional<std::string> JoinInArchive(std::string_view folder,
                                         std::string_view relative) {
  std::string path(folder);
  while (!relative.empty()) {
    const std::string_view piece = CutPiece(relative, '/');
    if (piece.empty() || piece == ".") continue;
    if (piece == "..") {
      if (path.empty()) return std::nullopt;
      path.resize(FolderOf(path).size());
      continue;
    }
    if (!path.empty()) path += '/';
    path += piece;
  }
  if (path.empty()) return std::nullopt;
  return path;
}

NeedFound FindNeed(const vfs::Mount& mount, const Seeker& seeker,
                   std::string_view need, bool by_soname) {
  return Search(mount, need, by_soname).Run(seeker);
}

}  // namespace inmem::loader
