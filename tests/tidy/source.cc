#include "tidy/source.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace serin::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> kProductFolders = {
    "base", "queries", "analysis", "rollout", "providers", "drivers", "app"};
constexpr std::array<std::string_view, 7> kForeignFolders = {
    ".git", "build", "node_modules", "dist", ".cache", "__pycache__", ".venv"};

bool is_identifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class Blanker {
 public:
  Blanker(std::string_view text, std::set<int>* quoted)
      : text_(text), out_(text), quoted_(quoted) {}

  std::string run() {
    while (at_ < text_.size()) {
      if (starts("//")) {
        blank_to(text_.find('\n', at_));
      } else if (starts("/*")) {
        blank_to(after(text_.find("*/", at_ + 2), 2));
      } else if (starts("R\"") && !(at_ > 0 && is_identifier(text_[at_ - 1]))) {
        raw_string();
      } else if (text_[at_] == '"' || (text_[at_] == '\'' && !is_separator())) {
        quoted(text_[at_]);
      } else {
        ++at_;
      }
    }
    return std::move(out_);
  }

 private:
  bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  static std::size_t after(std::size_t found, std::size_t length) {
    return found == std::string_view::npos ? found : found + length;
  }
  // The ' of 10'000.
  bool is_separator() const { return at_ > 0 && is_identifier(text_[at_ - 1]); }

  void blank_to(std::size_t end) {
    end = std::min(end, text_.size());
    for (; at_ < end; ++at_) {
      if (text_[at_] != '\n') out_[at_] = ' ';
    }
  }

  void raw_string() {
    const std::size_t open = text_.find('(', at_);
    if (open == std::string_view::npos) return blank_to(text_.size());
    const std::string end = ")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"";
    const std::size_t begin = at_;
    blank_to(after(text_.find(end, open), end.size()));
    if (quoted_ == nullptr) return;
    int line = 1 + static_cast<int>(std::ranges::count(text_.substr(0, begin), '\n'));
    for (const char c : text_.substr(begin, at_ - begin)) {
      if (c == '\n') quoted_->insert(++line);
    }
  }

  // An unterminated one ends with its line, so that a slip here hides no more than that.
  void quoted(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2U : 1U;
    }
    blank_to(end + 1);
  }

  std::string_view text_;
  std::string out_;
  std::set<int>* quoted_;
  std::size_t at_ = 0;
};

bool is_foreign(const fs::path& folder) {
  return std::ranges::find(kForeignFolders, folder.filename().string()) != kForeignFolders.end();
}

}  // namespace

std::string to_string(const Finding& finding) {
  const std::string line = finding.line > 0 ? ":" + std::to_string(finding.line) : "";
  return finding.path + line + ": " + finding.what;
}

std::string blank_comments_and_literals(std::string_view text, std::set<int>* quoted) {
  return Blanker(text, quoted).run();
}

SourceFile source(std::string path, std::string text) {
  SourceFile file{.path = std::move(path), .text = std::move(text), .code = {}, .quoted = {}};
  file.code = is_cxx(file) ? blank_comments_and_literals(file.text, &file.quoted) : file.text;
  return file;
}

Tree load_tree(const std::string& root) {
  Tree tree;
  auto entry = fs::recursive_directory_iterator(root);
  for (; entry != fs::recursive_directory_iterator(); ++entry) {
    if (entry->is_directory()) {
      if (is_foreign(entry->path())) entry.disable_recursion_pending();
      continue;
    }
    const std::string path = fs::relative(entry->path(), root).generic_string();
    if (!entry->is_regular_file() || path == ".git") continue;  // .git: a file in a work tree
    std::ifstream stream(entry->path(), std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    if (text.find('\0') != std::string::npos) continue;
    tree.push_back(source(path, std::move(text)));
  }
  std::ranges::sort(tree, {}, &SourceFile::path);
  return tree;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(path.substr(0, slash == std::string_view::npos ? 0 : slash));
}

std::string_view top_of(std::string_view path) {
  const std::size_t slash = path.find('/');
  return path.substr(0, slash == std::string_view::npos ? 0 : slash);
}

bool is_header(const SourceFile& file) {
  return file.path.ends_with(".h");
}
bool is_cxx(const SourceFile& file) {
  return is_header(file) || file.path.ends_with(".cc");
}
bool is_cmake(const SourceFile& file) {
  return file.path.ends_with("CMakeLists.txt") || file.path.ends_with(".cmake");
}
bool is_product(const SourceFile& file) {
  return std::ranges::find(kProductFolders, top_of(file.path)) != kProductFolders.end();
}

}  // namespace serin::tidy
