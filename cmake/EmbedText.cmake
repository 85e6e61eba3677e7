# cmake -DIN=FILE -DOUT=FILE.cc -DHEADER=PATH -DFUNCTION=NAME -P EmbedText.cmake
#   Writes a source file whose function serin::app::NAME gives the bytes of IN.
file(READ "${IN}" BYTES HEX)
string(REGEX REPLACE "(..)" "'\\\\x\\1'," BYTES "${BYTES}")
string(REPEAT "'[^']+'," 16 LINE)
string(REGEX REPLACE "(${LINE})" "\\1\n" BYTES "${BYTES}")
file(WRITE "${OUT}" "#include \"${HEADER}\"\n
namespace serin::app {
namespace {
constexpr char kBytes[] = {
${BYTES}
};
}  // namespace
std::string_view ${FUNCTION}() { return {kBytes, sizeof kBytes}; }
}  // namespace serin::app
")
